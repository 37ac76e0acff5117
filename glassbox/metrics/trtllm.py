"""What TensorRT-LLM's `trtllm-serve` exposes at /prometheus/metrics on its API port, as far as any query here uses it.

Names, labels and buckets were read from `tensorrt_llm/metrics/collector.py` of its main branch, commit 050f80de; the newest release,
1.2.1, was not read, and nothing was run. /metrics is JSON and no exposition. Gauges need `enable_iter_perf_stats`, all else
`return_perf_metrics`. Tokens and times are counted when a request ends.
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Histogram, Unit

_SERVER = ("model_name", "engine_type")

REQUEST_SECONDS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680)
PREFILL_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 640, 2560)
FIRST_TOKEN_SECONDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
)  # fmt: skip  # a grid reads as one line
TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80)

NUM_REQUESTS_RUNNING = Gauge(
    name="trtllm_num_requests_running",
    unit=Unit.REQUESTS,
    labels=_SERVER,
    help="Requests that the engine works on.",
)
NUM_REQUESTS_WAITING = Gauge(
    name="trtllm_num_requests_waiting",
    unit=Unit.REQUESTS,
    labels=_SERVER,
    help="Requests that are queued.",
)
KV_CACHE_UTILIZATION = Gauge(
    name="trtllm_kv_cache_utilization",
    unit=Unit.RATIO,
    labels=_SERVER,
    help="Share of KV-cache blocks in use.",
)
PROMPT_TOKENS = Counter(
    name="trtllm_prompt_tokens_total",
    unit=Unit.TOKENS,
    labels=_SERVER,
    help="Prompt tokens of finished requests, those from caches included.",
)
PROMPT_CACHED_TOKENS = Counter(
    name="trtllm_prompt_cached_tokens_total",
    unit=Unit.TOKENS,
    labels=_SERVER,
    help="Prompt tokens of finished requests that were in the KV cache.",
)
GENERATION_TOKENS = Counter(
    name="trtllm_generation_tokens_total",
    unit=Unit.TOKENS,
    labels=_SERVER,
    help="Generated tokens of finished requests.",
)
REQUEST_SUCCESS = Counter(
    name="trtllm_request_success_total",
    unit=Unit.REQUESTS,
    labels=(*_SERVER, "finished_reason"),
    help="Finished requests by reason.",
)
REQUEST_ERROR = Counter(
    name="trtllm_request_error_total",
    unit=Unit.REQUESTS,
    labels=(*_SERVER, "http_code"),
    help="Requests that were answered with an error, by its HTTP status.",
    often_absent="appears with the first error",
)
E2E_REQUEST_LATENCY = Histogram(
    name="trtllm_e2e_request_latency_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=REQUEST_SECONDS,
    help="Arrival to the last token.",
)
TIME_TO_FIRST_TOKEN = Histogram(
    name="trtllm_time_to_first_token_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=FIRST_TOKEN_SECONDS,
    help="Arrival to the first token, observed when the request ends.",
)
TIME_PER_OUTPUT_TOKEN = Histogram(
    name="trtllm_time_per_output_token_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=TOKEN_SECONDS,
    help="Decode time for each token after the first, one observation a request.",
)
REQUEST_QUEUE_TIME = Histogram(
    name="trtllm_request_queue_time_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=REQUEST_SECONDS,
    help="Arrival to first scheduled.",
)
REQUEST_PREFILL_TIME = Histogram(
    name="trtllm_request_prefill_time_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=PREFILL_SECONDS,
    help="First scheduled to first token.",
)
REQUEST_DECODE_TIME = Histogram(
    name="trtllm_request_decode_time_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=REQUEST_SECONDS,
    help="First token to last token; not observed where an answer has one token.",
)
REQUEST_INFERENCE_TIME = Histogram(
    name="trtllm_request_inference_time_seconds",
    unit=Unit.SECONDS,
    labels=_SERVER,
    bounds=REQUEST_SECONDS,
    help="First scheduled to last token: prefill and decode.",
)


_SPECULATION = "only with speculation"
SPEC_DECODE_NUM_DRAFT_TOKENS = Counter(
    name="trtllm_spec_decode_num_draft_tokens_total",
    unit=Unit.TOKENS,
    labels=_SERVER,
    help="Tokens of all drafts.",
    often_absent=_SPECULATION,
)
SPEC_DECODE_NUM_ACCEPTED_TOKENS = Counter(
    name="trtllm_spec_decode_num_accepted_tokens_total",
    unit=Unit.TOKENS,
    labels=_SERVER,
    help="Tokens of drafts that the model accepted.",
    often_absent=_SPECULATION,
)


def _errors(**where: str) -> Reading:
    return Reading(metric=REQUEST_ERROR, where=where, renamed={"http_code": "status"})


_AT_THE_END = "Tokens are counted when their request ends."

ENGINE = Engine(
    name="trtllm",
    title="TensorRT-LLM",
    reports={
        roles.RUNNING: Reading(metric=NUM_REQUESTS_RUNNING),
        roles.WAITING: Reading(metric=NUM_REQUESTS_WAITING),
        roles.KV_CACHE_USAGE: Reading(metric=KV_CACHE_UTILIZATION),
        roles.PROMPT_TOKENS: Reading(metric=PROMPT_TOKENS),
        roles.GENERATION_TOKENS: Reading(metric=GENERATION_TOKENS),
        roles.FINISHED: Reading(metric=REQUEST_SUCCESS),
        roles.PREFIX_CACHE_QUERIES: Reading(metric=PROMPT_TOKENS),
        roles.PREFIX_CACHE_HITS: Reading(metric=PROMPT_CACHED_TOKENS),
        roles.DRAFT_TOKENS: Reading(metric=SPEC_DECODE_NUM_DRAFT_TOKENS),
        roles.ACCEPTED_TOKENS: Reading(metric=SPEC_DECODE_NUM_ACCEPTED_TOKENS),
        roles.ANSWERED: Reading(metric=REQUEST_SUCCESS, also=(_errors(),)),
        roles.FAILED: _errors(http_code="5.."),
        roles.LATENCY: Reading(metric=E2E_REQUEST_LATENCY),
        roles.TIME_TO_FIRST_TOKEN: Reading(metric=TIME_TO_FIRST_TOKEN),
        roles.TIME_PER_OUTPUT_TOKEN: Reading(metric=TIME_PER_OUTPUT_TOKEN),
        roles.QUEUE_TIME: Reading(metric=REQUEST_QUEUE_TIME),
        roles.PREFILL_TIME: Reading(metric=REQUEST_PREFILL_TIME),
        roles.DECODE_TIME: Reading(metric=REQUEST_DECODE_TIME),
        roles.INFERENCE_TIME: Reading(metric=REQUEST_INFERENCE_TIME),
        # Both count finished requests only, so that one over the other is the mean.
        roles.PROMPT_LENGTH.sum: Reading(metric=PROMPT_TOKENS),
        roles.PROMPT_LENGTH.count: Reading(metric=REQUEST_SUCCESS),
        roles.OUTPUT_LENGTH.sum: Reading(metric=GENERATION_TOKENS),
        roles.OUTPUT_LENGTH.count: Reading(metric=REQUEST_SUCCESS),
    },
    not_reported={
        roles.WAITING_BY_REASON: "All that wait count as waiting for capacity.",
        roles.SLEEP_STATE: "There is no such gauge.",
        roles.LIVE_PROMPT_TOKENS: _AT_THE_END,
        roles.LIVE_GENERATION_TOKENS: _AT_THE_END,
        roles.PREEMPTIONS: "Paused requests are only a gauge of those that are paused now.",
        roles.MM_CACHE_QUERIES: "There is no such counter.",
        roles.MM_CACHE_HITS: "There is no such counter.",
        roles.STEP_DRAFT: "Drafts are counted.",
        roles.STEP_YIELD: "Drafts are counted.",
        roles.REJECTIONS: "There is no such counter.",
        roles.ANSWERED_BY_PROCESS: "Answers are counted with their model.",
        roles.FAILED_BY_PROCESS: "Answers are counted with their model.",
        roles.INTER_TOKEN_LATENCY: "There is one observation a request: the time per output token.",
        roles.PROMPT_LENGTH.bucket: "Lengths have a sum and a count only.",
        roles.OUTPUT_LENGTH.bucket: "Lengths have a sum and a count only.",
        roles.STEP_TOKENS: "There is no such histogram.",
    },
)
