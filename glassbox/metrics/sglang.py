"""What SGLang 0.5.8 to 0.5.23 exposes at /metrics on its API port, as far as any query here uses it; only with --enable-metrics.

Names, labels, buckets and versions were read from the released packages (`sglang/srt/observability/metrics_collector.py`; until
0.5.8 `sglang/srt/metrics/collector.py`). The names hold a colon, which Prometheus 2 stores as an underscore
(prometheus/client_python, issue 1177).

Gauges of the scheduler are written at each of its log intervals, and so are old while it is idle. Tokens of requests are counted
when a request finishes, those of the scheduler as it works. Drafts and accepted tokens are not counted: before 0.5.12, the rate
of accepted ones (`spec_accept_rate`, not read here) was a share of other tokens.
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Histogram, Unit

OLDEST, NEWEST = "0.5.8", "0.5.23"

# Of the scheduler: one series for each rank. With priorities, each of these has a series of its own beside that of all.
_SCHEDULER = ("model_name", "engine_type", "tp_rank", "pp_rank", "moe_ep_rank", "dp_rank", "priority")
# Of the tokenizer: one series for each server.
_REQUEST = ("model_name", "engine_type")
_STREAMED = (*_REQUEST, "is_streaming")

REQUEST_SECONDS = (
    0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400, 600, 1200, 1800, 2400,
)  # fmt: skip  # a grid reads as one line
FIRST_TOKEN_SECONDS = (0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400)
TOKEN_SECONDS = (
    0.002, 0.004, 0.006, 0.008, 0.010, 0.015, 0.020, 0.025, 0.030, 0.035, 0.040, 0.060, 0.080,
    0.100, 0.200, 0.400, 0.600, 0.800, 1, 2, 4, 6, 8,
)  # fmt: skip  # a grid reads as one line
QUEUE_SECONDS = (
    0, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100,
    200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000,
)  # fmt: skip  # a grid reads as one line
REQUEST_TOKENS = (
    100, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 12_500, 15_000, 17_500,
    20_000, 22_500, 25_000, 27_500, 30_000, 35_000, 40_000, 60_000, 80_000, 100_000, 200_000, 300_000, 400_000,
    600_000, 800_000, 1_000_000, 1_100_000,
)  # fmt: skip  # a grid reads as one line

NUM_RUNNING_REQS = Gauge(
    name="sglang:num_running_reqs",
    unit=Unit.REQUESTS,
    labels=_SCHEDULER,
    help="Requests in the running batch of one rank.",
)
NUM_QUEUE_REQS = Gauge(
    name="sglang:num_queue_reqs",
    unit=Unit.REQUESTS,
    labels=_SCHEDULER,
    help="Requests in the waiting queue of one rank.",
)
FULL_TOKEN_USAGE = Gauge(
    name="sglang:full_token_usage",
    unit=Unit.RATIO,
    labels=_SCHEDULER,
    help="Share of the KV cache of full attention that is in use.",
    since="0.5.12",
)
TOKEN_USAGE = Gauge(
    name="sglang:token_usage",
    unit=Unit.RATIO,
    labels=_SCHEDULER,
    help="The fullest of the memory pools, rounded to two digits.",
)
REALTIME_TOKENS = Counter(
    name="sglang:realtime_tokens_total",
    unit=Unit.TOKENS,
    labels=(*_SCHEDULER, "mode"),
    help="Tokens as the scheduler works on them: mode is decode, prefill_compute or prefill_cache.",
)
PROMPT_TOKENS = Counter(
    name="sglang:prompt_tokens_total",
    unit=Unit.TOKENS,
    labels=_STREAMED,
    help="Prompt tokens of finished requests, those from caches included.",
)
CACHED_TOKENS = Counter(
    name="sglang:cached_tokens_total",
    unit=Unit.TOKENS,
    labels=(*_REQUEST, "cache_source"),
    help="Prompt tokens of finished requests that were in a cache, by where it is: device, host, storage, or total.",
)
NUM_RETRACTED_REQUESTS = Counter(
    name="sglang:num_retracted_requests_total",
    unit=Unit.EVENTS,
    labels=_SCHEDULER,
    help="Requests pushed out of the running batch.",
)
NUM_REQUESTS = Counter(
    name="sglang:num_requests_total",
    unit=Unit.REQUESTS,
    labels=_STREAMED,
    help="Finished requests, for whatever reason.",
)
NUM_ABORTED_REQUESTS = Counter(
    name="sglang:num_aborted_requests_total",
    unit=Unit.REQUESTS,
    labels=_REQUEST,
    help="Requests that were told to end; some of them had ended already.",
)
SPEC_NUM_DRAFT_TOKENS = Gauge(
    name="sglang:spec_num_draft_tokens",
    unit=Unit.TOKENS,
    labels=_SCHEDULER,
    help="Tokens that a step of speculation checks: one, and those of its draft. 0 without speculation.",
    since="0.5.16",
)
SPEC_ACCEPT_LENGTH = Gauge(
    name="sglang:spec_accept_length",
    unit=Unit.TOKENS,
    labels=_SCHEDULER,
    help="Mean tokens that a step of speculation yielded in the last log interval: one, and the accepted ones. 0 without speculation.",
)
HTTP_RESPONSES = Counter(
    name="sglang:http_responses_total",
    unit=Unit.REQUESTS,
    labels=("endpoint", "method", "status_code"),
    help="HTTP answers by status.",
    since="0.5.23",
    often_absent="appears with the first request",
)
E2E_REQUEST_LATENCY = Histogram(
    name="sglang:e2e_request_latency_seconds",
    unit=Unit.SECONDS,
    labels=_STREAMED,
    bounds=REQUEST_SECONDS,
    help="Arrival to the last token, observed when a request finishes.",
)
TIME_TO_FIRST_TOKEN = Histogram(
    name="sglang:time_to_first_token_seconds",
    unit=Unit.SECONDS,
    labels=_STREAMED,
    bounds=FIRST_TOKEN_SECONDS,
    help="Arrival to the first token, queueing included.",
)
INTER_TOKEN_LATENCY = Histogram(
    name="sglang:inter_token_latency_seconds",
    unit=Unit.SECONDS,
    labels=_REQUEST,
    bounds=TOKEN_SECONDS,
    help="Time between two tokens of one request; n tokens that come together count as n times their part of it.",
)
REQUEST_TIME_PER_OUTPUT_TOKEN = Histogram(
    name="sglang:request_time_per_output_token_seconds",
    unit=Unit.SECONDS,
    labels=_STREAMED,
    bounds=TOKEN_SECONDS,
    help="Decode time for each token after the first, one observation a request.",
    since="0.5.23",
)
QUEUE_TIME = Histogram(
    name="sglang:queue_time_seconds",
    unit=Unit.SECONDS,
    labels=_SCHEDULER,
    bounds=QUEUE_SECONDS,
    help="Time in the waiting queue, observed when a request leaves it.",
)
REQUEST_PROMPT_TOKENS = Histogram(
    name="sglang:prompt_tokens_histogram",
    unit=Unit.TOKENS,
    labels=_REQUEST,
    bounds=REQUEST_TOKENS,
    help="Prompt tokens of a finished request.",
    often_absent="only with a setting of the server",
)
REQUEST_GENERATION_TOKENS = Histogram(
    name="sglang:generation_tokens_histogram",
    unit=Unit.TOKENS,
    labels=_REQUEST,
    bounds=REQUEST_TOKENS,
    help="Generated tokens of a finished request.",
    often_absent="only with a setting of the server",
)


def _of_ranks(metric: Gauge | Counter, **where: str) -> Reading:
    """Ranks of one batch report the same. The total of all priorities is the series without one."""
    return Reading(
        metric=metric,
        where={"priority": "", **where},
        over=("tp_rank", "pp_rank", "moe_ep_rank"),
        renamed={"dp_rank": "engine"},
    )


def _answers(**where: str) -> Reading:
    """Answers to requests for the model. Health checks and scrapes are none."""
    return Reading(
        metric=HTTP_RESPONSES, where={"endpoint": "/v1/.+|/generate.*", **where}, renamed={"status_code": "status"}
    )


ENGINE = Engine(
    name="sglang",
    title="SGLang",
    reports={
        roles.RUNNING: _of_ranks(NUM_RUNNING_REQS),
        roles.WAITING: _of_ranks(NUM_QUEUE_REQS),
        roles.KV_CACHE_USAGE: (_of_ranks(FULL_TOKEN_USAGE), _of_ranks(TOKEN_USAGE)),
        roles.PROMPT_TOKENS: _of_ranks(REALTIME_TOKENS, mode="prefill_.*"),
        roles.GENERATION_TOKENS: _of_ranks(REALTIME_TOKENS, mode="decode"),
        roles.LIVE_PROMPT_TOKENS: _of_ranks(REALTIME_TOKENS, mode="prefill_.*"),
        roles.LIVE_GENERATION_TOKENS: _of_ranks(REALTIME_TOKENS, mode="decode"),
        roles.PREEMPTIONS: _of_ranks(NUM_RETRACTED_REQUESTS),
        roles.STEP_DRAFT: _of_ranks(SPEC_NUM_DRAFT_TOKENS),
        roles.STEP_YIELD: _of_ranks(SPEC_ACCEPT_LENGTH),
        roles.FINISHED: Reading(metric=NUM_REQUESTS),
        roles.PREFIX_CACHE_QUERIES: Reading(metric=PROMPT_TOKENS),
        roles.PREFIX_CACHE_HITS: Reading(metric=CACHED_TOKENS),
        roles.LATENCY: Reading(metric=E2E_REQUEST_LATENCY),
        roles.TIME_TO_FIRST_TOKEN: Reading(metric=TIME_TO_FIRST_TOKEN),
        roles.INTER_TOKEN_LATENCY: Reading(metric=INTER_TOKEN_LATENCY),
        roles.TIME_PER_OUTPUT_TOKEN: Reading(metric=REQUEST_TIME_PER_OUTPUT_TOKEN),
        roles.ANSWERED_BY_PROCESS: _answers(),
        roles.FAILED_BY_PROCESS: _answers(status_code="5.."),
        roles.QUEUE_TIME.bucket: _of_ranks(QUEUE_TIME.bucket),
        roles.QUEUE_TIME.sum: _of_ranks(QUEUE_TIME.sum),
        # Its own count grows when a request leaves the queue. The role's is that of finished requests.
        roles.QUEUE_TIME.count: Reading(metric=E2E_REQUEST_LATENCY.count),
        roles.PROMPT_LENGTH: Reading(metric=REQUEST_PROMPT_TOKENS),
        roles.OUTPUT_LENGTH: Reading(metric=REQUEST_GENERATION_TOKENS),
    },
    not_reported={
        roles.ANSWERED: "Answers are counted without the model.",
        roles.FAILED: "Answers are counted without the model.",
        roles.WAITING_BY_REASON: "All that wait count as waiting for capacity.",
        roles.SLEEP_STATE: "There is no such gauge.",
        roles.MM_CACHE_QUERIES: "There is no such counter.",
        roles.MM_CACHE_HITS: "There is no such counter.",
        roles.DRAFT_TOKENS: "They are worked out from the tokens and from what a step checks and yields.",
        roles.ACCEPTED_TOKENS: "They are worked out from the tokens and from what a step yields.",
        roles.REJECTIONS: "There is no such counter.",
        roles.PREFILL_TIME: "Only stages of the scheduler have a time.",
        roles.DECODE_TIME: "Only stages of the scheduler have a time.",
        roles.INFERENCE_TIME: "Only stages of the scheduler have a time.",
        roles.STEP_TOKENS: "There is no such histogram.",
    },
)
