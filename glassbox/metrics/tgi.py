"""What Text Generation Inference 3.3 exposes at /metrics on its API port, as far as any query here uses it.

Names, labels and buckets were read from its sources of January 2026, commit db931fcf (`router/src/server.rs`, `backends/v3/src`);
nothing was run, and the project is in maintenance mode. No label names the model: a label of the target does. Its client library
adds neither `_total` nor a unit. All is counted when a request ends well, except what was refused.
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Histogram, Unit


def _growing(first: float, factor: float, count: int) -> tuple[float, ...]:
    """Bounds as the server multiplies them up, so that each is the same number to its last digit."""
    bounds = [first * factor]
    while len(bounds) < count:
        bounds.append(bounds[-1] * factor)
    return tuple(bounds)


# 0.00015 ... 145.6: none is a round number.
SECONDS = _growing(0.0001, 1.5, 35)
# A hundredth of --max-input-tokens, and of --max-total-tokens, up to all of it: here of 4096.
REQUEST_TOKENS = tuple(4096 / 100 * step for step in range(1, 101))

BATCH_CURRENT_SIZE = Gauge(
    name="tgi_batch_current_size",
    unit=Unit.REQUESTS,
    help="Requests in the running batch; 0 between two batches.",
)
QUEUE_SIZE = Gauge(name="tgi_queue_size", unit=Unit.REQUESTS, help="Requests that wait to be batched.")
REQUEST_SUCCESS = Counter(name="tgi_request_success", unit=Unit.REQUESTS, help="Requests that ended well.")
REQUEST_FAILURE = Counter(
    name="tgi_request_failure",
    unit=Unit.REQUESTS,
    labels=("err",),
    help="Requests that failed: overloaded, validation, template, incomplete, generation, or dropped by the client.",
    often_absent="appears with the first failure",
)
REQUEST_DURATION = Histogram(
    name="tgi_request_duration",
    unit=Unit.SECONDS,
    bounds=SECONDS,
    help="Arrival to the last token.",
)
REQUEST_QUEUE_DURATION = Histogram(
    name="tgi_request_queue_duration",
    unit=Unit.SECONDS,
    bounds=SECONDS,
    help="Time in the queue.",
)
REQUEST_INFERENCE_DURATION = Histogram(
    name="tgi_request_inference_duration",
    unit=Unit.SECONDS,
    bounds=SECONDS,
    help="First batched to last token: prefill and decode.",
)
REQUEST_MEAN_TIME_PER_TOKEN = Histogram(
    name="tgi_request_mean_time_per_token_duration",
    unit=Unit.SECONDS,
    bounds=SECONDS,
    help="Time of prefill and decode for each token, one observation a request: more than decoding alone takes.",
)
REQUEST_INPUT_LENGTH = Histogram(
    name="tgi_request_input_length",
    unit=Unit.TOKENS,
    bounds=REQUEST_TOKENS,
    ends_at="--max-input-tokens",
    help="Prompt tokens of an accepted request; its buckets are hundredths of the longest.",
)
REQUEST_GENERATED_TOKENS = Histogram(
    name="tgi_request_generated_tokens",
    unit=Unit.TOKENS,
    bounds=REQUEST_TOKENS,
    ends_at="--max-total-tokens",
    help="Generated tokens of a finished request; its buckets are hundredths of the longest.",
)


def _failures(*errors: str) -> Reading:
    return Reading(metric=REQUEST_FAILURE, where={"err": "|".join(errors)})


# What the server is to blame for, and what it is not; `dropped` is a client that left.
_OF_SERVER, _OF_CALLER = ("generation", "incomplete"), ("overloaded", "validation", "template")
_AT_THE_END = "Tokens are counted when their request ends."
_WITHOUT_PHASES = "Prefill and decoding have one time together."

ENGINE = Engine(
    name="tgi",
    title="TGI",
    reports={
        roles.RUNNING: Reading(metric=BATCH_CURRENT_SIZE),
        roles.WAITING: Reading(metric=QUEUE_SIZE),
        roles.PROMPT_TOKENS: Reading(metric=REQUEST_INPUT_LENGTH.sum),
        roles.GENERATION_TOKENS: Reading(metric=REQUEST_GENERATED_TOKENS.sum),
        roles.FINISHED: Reading(metric=REQUEST_SUCCESS),
        roles.REJECTIONS: Reading(metric=REQUEST_FAILURE, where={"err": "overloaded"}, renamed={"err": "reason"}),
        roles.ANSWERED: Reading(metric=REQUEST_SUCCESS, also=(_failures(*_OF_SERVER, *_OF_CALLER),)),
        roles.FAILED: _failures(*_OF_SERVER),
        roles.LATENCY: Reading(metric=REQUEST_DURATION),
        roles.TIME_PER_OUTPUT_TOKEN: Reading(metric=REQUEST_MEAN_TIME_PER_TOKEN),
        roles.QUEUE_TIME: Reading(metric=REQUEST_QUEUE_DURATION),
        roles.INFERENCE_TIME: Reading(metric=REQUEST_INFERENCE_DURATION),
        roles.PROMPT_LENGTH: Reading(metric=REQUEST_INPUT_LENGTH),
        roles.OUTPUT_LENGTH: Reading(metric=REQUEST_GENERATED_TOKENS),
    },
    not_reported={
        roles.WAITING_BY_REASON: "All that wait count as waiting for capacity.",
        roles.KV_CACHE_USAGE: "There is only a budget of tokens, and how much of it is promised to the batch.",
        roles.SLEEP_STATE: "There is no such gauge.",
        roles.LIVE_PROMPT_TOKENS: _AT_THE_END,
        roles.LIVE_GENERATION_TOKENS: _AT_THE_END,
        roles.PREEMPTIONS: "There is no such counter.",
        roles.PREFIX_CACHE_QUERIES: "There is no such counter.",
        roles.PREFIX_CACHE_HITS: "There is no such counter.",
        roles.MM_CACHE_QUERIES: "There is no such counter.",
        roles.MM_CACHE_HITS: "There is no such counter.",
        roles.DRAFT_TOKENS: "There is no such metric.",
        roles.ACCEPTED_TOKENS: "There is no such metric.",
        roles.STEP_DRAFT: "There is no such metric.",
        roles.STEP_YIELD: "There is no such metric.",
        roles.ANSWERED_BY_PROCESS: "A process serves one model.",
        roles.FAILED_BY_PROCESS: "A process serves one model.",
        roles.TIME_TO_FIRST_TOKEN: "There is no such histogram.",
        roles.INTER_TOKEN_LATENCY: "There is one observation a request: the mean time per token.",
        roles.PREFILL_TIME: _WITHOUT_PHASES,
        roles.DECODE_TIME: _WITHOUT_PHASES,
        roles.STEP_TOKENS: "There is no such histogram.",
    },
)
