"""What the front end of NVIDIA Dynamo 1.6.1 exposes at /metrics on its HTTP port, as far as any query here uses it.

Names, labels and buckets are those of the released front end, which was run before its mocker; those of what the mocker does not
bring about, such as refusals, are from `dynamo/prometheus_names.py` of the package. Requests for a model that it does not have are
of the model `unknown_model`, which is not one. DYN_METRICS_PREFIX replaces `dynamo_frontend`, which is
not read then. The engines behind it expose their own metrics on ports of their own, with labels such as `dynamo_namespace`, so that
a request is counted twice: the front end is not read of what they report. Buckets can be chosen by the environment.
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, FormerName, Gauge, Histogram, Metric, Unit

_MODEL = ("model",)

REQUEST_SECONDS = (0, 2, 4, 8, 16, 32, 64, 130, 260, 510)
FIRST_TOKEN_SECONDS = (
    0, 0.0022, 0.0047, 0.01, 0.022, 0.047, 0.1, 0.22, 0.47, 1, 2.2, 4.7, 10, 22, 48, 100, 220, 480,
)  # fmt: skip  # a grid reads as one line
TOKEN_SECONDS = (
    0, 0.0018, 0.0033, 0.0059, 0.011, 0.02, 0.035, 0.064, 0.12, 0.21, 0.38, 0.69, 1.2, 2.3, 4.1, 7.4, 13, 24, 44, 80,
)  # fmt: skip  # a grid reads as one line
INPUT_TOKENS = (0, 100, 210, 430, 870, 1800, 3600, 7400, 15_000, 31_000, 63_000, 130_000)
OUTPUT_TOKENS = (0, 100, 210, 430, 880, 1800, 3700, 7600, 16_000, 32_000)

ACTIVE_REQUESTS = Gauge(
    name="dynamo_frontend_active_requests",
    unit=Unit.REQUESTS,
    labels=_MODEL,
    help="Requests inside the front end and behind it, those that wait included.",
    formerly=(FormerName("dynamo_frontend_inflight_requests", last="1.6.1"),),
)
REQUESTS = Counter(
    name="dynamo_frontend_requests_total",
    unit=Unit.REQUESTS,
    labels=(*_MODEL, "endpoint", "request_type", "status", "error_type"),
    help="Finished requests: status is success or error, error_type says which.",
)
MODEL_REJECTION = Counter(
    name="dynamo_frontend_model_rejection_total",
    unit=Unit.REQUESTS,
    labels=(*_MODEL, "endpoint"),
    help="Requests that were refused because workers or the front end are overloaded.",
    often_absent="appears with the first refusal",
)
OUTPUT_TOKENS_COUNTER = Counter(
    name="dynamo_frontend_output_tokens_total",
    unit=Unit.TOKENS,
    labels=_MODEL,
    help="Generated tokens as they pass.",
)
REQUEST_DURATION = Histogram(
    name="dynamo_frontend_request_duration_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=REQUEST_SECONDS,
    help="Arrival to the end of the answer.",
)
TIME_TO_FIRST_TOKEN = Histogram(
    name="dynamo_frontend_time_to_first_token_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=FIRST_TOKEN_SECONDS,
    help="Arrival to the first token, queueing included.",
)
INTER_TOKEN_LATENCY = Histogram(
    name="dynamo_frontend_inter_token_latency_seconds",
    unit=Unit.SECONDS,
    labels=_MODEL,
    bounds=TOKEN_SECONDS,
    help="Time between two tokens of one request, as they pass.",
)
INPUT_SEQUENCE_TOKENS = Histogram(
    name="dynamo_frontend_input_sequence_tokens",
    unit=Unit.TOKENS,
    labels=_MODEL,
    bounds=INPUT_TOKENS,
    help="Prompt tokens of a request, those from caches included.",
)
CACHED_TOKENS = Histogram(
    name="dynamo_frontend_cached_tokens",
    unit=Unit.TOKENS,
    labels=_MODEL,
    bounds=INPUT_TOKENS,
    help="Prompt tokens of a request that were in a cache, of requests whose engine says it.",
)
OUTPUT_SEQUENCE_TOKENS = Histogram(
    name="dynamo_frontend_output_sequence_tokens",
    unit=Unit.TOKENS,
    labels=_MODEL,
    bounds=OUTPUT_TOKENS,
    help="Generated tokens of a request.",
)


_NO_MODEL = {"model": "unknown_model"}


def _of_model(metric: Metric, **where: str) -> Reading:
    return Reading(metric=metric, where=where, apart_from=_NO_MODEL, renamed={"model": "model_name"})


# What the service is to blame for, and what it is not; `cancelled` is a client that left.
_OF_SERVICE = "internal|not_implemented|overload|response_timeout|unavailable"
_OF_CALLER = "validation|not_found"
_BEHIND = "The engines behind it know."

ENGINE = Engine(
    name="dynamo",
    title="Dynamo",
    in_front_of="dynamo_namespace",
    reports={
        roles.RUNNING: _of_model(ACTIVE_REQUESTS),
        roles.PROMPT_TOKENS: _of_model(INPUT_SEQUENCE_TOKENS.sum),
        roles.GENERATION_TOKENS: _of_model(OUTPUT_TOKENS_COUNTER),
        roles.FINISHED: _of_model(REQUESTS, status="success"),
        roles.PREFIX_CACHE_QUERIES: _of_model(INPUT_SEQUENCE_TOKENS.sum),
        roles.PREFIX_CACHE_HITS: _of_model(CACHED_TOKENS.sum),
        roles.REJECTIONS: _of_model(MODEL_REJECTION),
        roles.ANSWERED: _of_model(REQUESTS, error_type=f"|{_OF_CALLER}|{_OF_SERVICE}"),
        roles.FAILED: _of_model(REQUESTS, error_type=_OF_SERVICE),
        roles.LATENCY: _of_model(REQUEST_DURATION),
        roles.TIME_TO_FIRST_TOKEN: _of_model(TIME_TO_FIRST_TOKEN),
        roles.INTER_TOKEN_LATENCY: _of_model(INTER_TOKEN_LATENCY),
        roles.PROMPT_LENGTH: _of_model(INPUT_SEQUENCE_TOKENS),
        roles.OUTPUT_LENGTH: _of_model(OUTPUT_SEQUENCE_TOKENS),
    },
    not_reported={
        roles.WAITING: "Its queued requests are those without a first token: prefill is among them.",
        roles.WAITING_BY_REASON: _BEHIND,
        roles.KV_CACHE_USAGE: _BEHIND,
        roles.SLEEP_STATE: _BEHIND,
        roles.LIVE_PROMPT_TOKENS: "Prompts are counted whole.",
        roles.LIVE_GENERATION_TOKENS: "Without live prompt tokens, a long prefill would look like a stall.",
        roles.PREEMPTIONS: "Its migrations are of requests whose worker was lost.",
        roles.MM_CACHE_QUERIES: _BEHIND,
        roles.MM_CACHE_HITS: _BEHIND,
        roles.DRAFT_TOKENS: _BEHIND,
        roles.ACCEPTED_TOKENS: _BEHIND,
        roles.STEP_DRAFT: _BEHIND,
        roles.STEP_YIELD: _BEHIND,
        roles.ANSWERED_BY_PROCESS: "Answers are counted with their model.",
        roles.FAILED_BY_PROCESS: "Answers are counted with their model.",
        roles.TIME_PER_OUTPUT_TOKEN: "Only the time between two tokens is observed.",
        roles.QUEUE_TIME: _BEHIND,
        roles.PREFILL_TIME: _BEHIND,
        roles.DECODE_TIME: _BEHIND,
        roles.INFERENCE_TIME: _BEHIND,
        roles.STEP_TOKENS: _BEHIND,
    },
)
