"""What llama.cpp's `llama-server` exposes at /metrics on its API port, as far as any query here uses it; only with --metrics.

Names and kinds were read from `tools/server` of its main branch, commits 00dc8057 (README) and 001d906a (handler); nothing was run.
No series has a label: a label of the target names the model. There is no histogram and no counter of requests. Tokens and times
are counted when a request ends. Its two gauges of tokens per second are averages since the last scrape, so that a second scraper
spoils them: they are not read.
"""

from glassbox.metrics import roles
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, Gauge, Unit

REQUESTS_PROCESSING = Gauge(
    name="llamacpp:requests_processing",
    unit=Unit.REQUESTS,
    help="Requests that have a slot.",
)
REQUESTS_DEFERRED = Gauge(
    name="llamacpp:requests_deferred",
    unit=Unit.REQUESTS,
    help="Requests that wait for a slot.",
)
PROMPT_TOKENS = Counter(
    name="llamacpp:prompt_tokens_total",
    unit=Unit.TOKENS,
    help="Prompt tokens that were read, without those from the cache.",
)
TOKENS_PREDICTED = Counter(
    name="llamacpp:tokens_predicted_total",
    unit=Unit.TOKENS,
    help="Generated tokens of finished requests.",
)
TOKENS_PREDICTED_SECONDS = Counter(
    name="llamacpp:tokens_predicted_seconds_total",
    unit=Unit.SECONDS,
    help="Time of generating, of finished requests.",
)

_SPECULATION = "only with speculation, in servers of 2026"
SPEC_DECODE_NUM_DRAFT_TOKENS = Counter(
    name="llamacpp:spec_decode_num_draft_tokens_total",
    unit=Unit.TOKENS,
    help="Tokens of all drafts.",
    often_absent=_SPECULATION,
)
SPEC_DECODE_NUM_ACCEPTED_TOKENS = Counter(
    name="llamacpp:spec_decode_num_accepted_tokens_total",
    unit=Unit.TOKENS,
    help="Tokens of drafts that the model accepted.",
    often_absent=_SPECULATION,
)

_NO_HISTOGRAM = "There is no histogram at all."
_NO_REQUESTS = "Requests are not counted."
_AT_THE_END = "Tokens are counted when their prompt or their answer ends."

ENGINE = Engine(
    name="llamacpp",
    title="llama.cpp",
    reports={
        roles.RUNNING: Reading(metric=REQUESTS_PROCESSING),
        roles.WAITING: Reading(metric=REQUESTS_DEFERRED),
        roles.PROMPT_TOKENS: Reading(metric=PROMPT_TOKENS),
        roles.GENERATION_TOKENS: Reading(metric=TOKENS_PREDICTED),
        roles.DRAFT_TOKENS: Reading(metric=SPEC_DECODE_NUM_DRAFT_TOKENS),
        roles.ACCEPTED_TOKENS: Reading(metric=SPEC_DECODE_NUM_ACCEPTED_TOKENS),
        # All time between tokens over all tokens: the mean that its histogram would have.
        roles.INTER_TOKEN_LATENCY.sum: Reading(metric=TOKENS_PREDICTED_SECONDS),
        roles.INTER_TOKEN_LATENCY.count: Reading(metric=TOKENS_PREDICTED),
    },
    not_reported={
        roles.WAITING_BY_REASON: "All that wait count as waiting for capacity.",
        roles.KV_CACHE_USAGE: "The gauge was removed in 2025.",
        roles.SLEEP_STATE: "There is no such gauge.",
        roles.LIVE_PROMPT_TOKENS: _AT_THE_END,
        roles.LIVE_GENERATION_TOKENS: _AT_THE_END,
        roles.PREEMPTIONS: "There is no such counter.",
        roles.FINISHED: _NO_REQUESTS,
        roles.PREFIX_CACHE_QUERIES: "There is no such counter.",
        roles.PREFIX_CACHE_HITS: "There is no such counter.",
        roles.MM_CACHE_QUERIES: "There is no such counter.",
        roles.MM_CACHE_HITS: "There is no such counter.",
        roles.STEP_DRAFT: "Drafts are counted.",
        roles.STEP_YIELD: "Drafts are counted.",
        roles.REJECTIONS: _NO_REQUESTS,
        roles.ANSWERED: _NO_REQUESTS,
        roles.FAILED: _NO_REQUESTS,
        roles.ANSWERED_BY_PROCESS: _NO_REQUESTS,
        roles.FAILED_BY_PROCESS: _NO_REQUESTS,
        roles.LATENCY: _NO_HISTOGRAM,
        roles.TIME_TO_FIRST_TOKEN: _NO_HISTOGRAM,
        roles.INTER_TOKEN_LATENCY.bucket: "The mean alone is known.",
        roles.TIME_PER_OUTPUT_TOKEN: "Only the mean of all tokens is known, which is the time between two tokens.",
        roles.QUEUE_TIME: _NO_HISTOGRAM,
        roles.PREFILL_TIME: "The time of all prompts is known, but not of how many requests.",
        roles.DECODE_TIME: "The time of all answers is known, but not of how many requests.",
        roles.INFERENCE_TIME: _NO_HISTOGRAM,
        roles.PROMPT_LENGTH: _NO_REQUESTS,
        roles.OUTPUT_LENGTH: _NO_REQUESTS,
        roles.STEP_TOKENS: _NO_HISTOGRAM,
    },
)
