"""What vLLM 0.8.3 to 0.33 exposes at /metrics on its API port: its core here, the rest in `of_vllm/`.

Names, labels, buckets and versions were read from the released sources (`vllm/v1/metrics/loggers.py`, `vllm/entrypoints/serve/instrumentator`),
0.8.3 being the first version whose series carry the label `engine`. `demo/expositions/` holds captures of real servers that a test compares.
Counters carry `_total` on the wire, whatever the source calls them. The engine's are there from its start, with every reason;
those of the HTTP server begin with their first request.
"""

from glassbox.metrics import roles
from glassbox.metrics.of_vllm import http, kv_offload, kv_transfer, work
from glassbox.metrics.roles import Engine, Reading
from glassbox.metrics.types import Counter, FormerEnd, FormerName, Gauge, Histogram, Metric, Unit

OLDEST, NEWEST = "0.8.3", "0.33.0"
# What it exposes besides: the catalogue lists their metrics as this module's.
PARTS = (work, kv_transfer, kv_offload, http)

_ENGINE = ("model_name", "engine")
# The router of vLLM's production stack exposes what it sent to each server under the engine's names, with the server's URL
# (`src/vllm_router/services/metrics_service`, its main branch of 2026).
_OF_ROUTERS = ("server",)

# The grids are fixed from 0.8.4 on; --custom-histogram-buckets may replace them from 0.32 on. 0.8.3 has the first part of each.
# The first versions took the batch sizes of their CUDA graphs for the steps', so nothing here reads bounds of those.
REQUEST_SECONDS = (0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680)
FIRST_TOKEN_SECONDS = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
)  # fmt: skip  # a grid reads as one line
TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80)
REQUEST_END, FIRST_TOKEN_END, TOKEN_END = (FormerEnd(bound, last="0.8.3") for bound in (60, 10, 2.5))
STEP_TOKENS = (1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
# 1, 2, 5, 10, ... as far as --max-model-len goes.
REQUEST_TOKENS = (
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000,
    10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
)  # fmt: skip  # a grid reads as one line

NUM_REQUESTS_RUNNING = Gauge(
    name="vllm:num_requests_running",
    unit=Unit.REQUESTS,
    labels=_ENGINE,
    namesake_labels=_OF_ROUTERS,
    help="Requests in the running batch of one engine.",
)
NUM_REQUESTS_WAITING = Gauge(
    name="vllm:num_requests_waiting",
    unit=Unit.REQUESTS,
    labels=_ENGINE,
    namesake_labels=_OF_ROUTERS,
    help="Requests that wait to be scheduled by one engine; from 0.20.0 on with the deferred ones.",
)
NUM_REQUESTS_WAITING_BY_REASON = Gauge(
    name="vllm:num_requests_waiting_by_reason",
    unit=Unit.REQUESTS,
    labels=(*_ENGINE, "reason"),
    help="Waiting requests by reason: capacity, or deferred (LoRA budget, KV transfer).",
    since="0.20.0",
)
KV_CACHE_USAGE = Gauge(
    name="vllm:kv_cache_usage_perc",
    unit=Unit.RATIO,
    labels=_ENGINE,
    help="Share of KV-cache blocks in use, 0..1 in spite of its name; 0.9.2 to 0.11.0 add a label pid with several API servers.",
    since="0.9.2",
    formerly=(FormerName("vllm:gpu_cache_usage_perc", last="0.11.2"),),
)
PROMPT_TOKENS = Counter(
    name="vllm:prompt_tokens_total", unit=Unit.TOKENS, labels=_ENGINE, help="Prompt tokens, those from caches included."
)
GENERATION_TOKENS = Counter(
    name="vllm:generation_tokens_total", unit=Unit.TOKENS, labels=_ENGINE, help="Generated tokens."
)
NUM_PREEMPTIONS = Counter(
    name="vllm:num_preemptions_total",
    unit=Unit.EVENTS,
    labels=_ENGINE,
    help="Requests pushed out of the running batch.",
)
REQUEST_SUCCESS = Counter(
    name="vllm:request_success_total",
    unit=Unit.REQUESTS,
    labels=(*_ENGINE, "finished_reason"),
    help="Finished requests by reason: stop, length, abort; error from 0.13 and repetition from 0.17 on.",
)
E2E_REQUEST_LATENCY = Histogram(
    name="vllm:e2e_request_latency_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=REQUEST_SECONDS,
    formerly_ended=REQUEST_END,
    help="Arrival at the front end to the last token, observed when a request finishes.",
)
TIME_TO_FIRST_TOKEN = Histogram(
    name="vllm:time_to_first_token_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=FIRST_TOKEN_SECONDS,
    formerly_ended=FIRST_TOKEN_END,
    help="Arrival at the front end to the first token, queueing included.",
)
INTER_TOKEN_LATENCY = Histogram(
    name="vllm:inter_token_latency_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=TOKEN_SECONDS,
    formerly_ended=TOKEN_END,
    help="Time between two tokens of one request; one observation a decode step.",
    since="0.10.2",
    formerly=(FormerName("vllm:time_per_output_token_seconds", last="0.14.1"),),
)
REQUEST_QUEUE_TIME = Histogram(
    name="vllm:request_queue_time_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=REQUEST_SECONDS,
    formerly_ended=REQUEST_END,
    help="Queued in the engine to first scheduled; requeueing after a preemption is not counted.",
)
REQUEST_PREFILL_TIME = Histogram(
    name="vllm:request_prefill_time_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=REQUEST_SECONDS,
    formerly_ended=REQUEST_END,
    help="First scheduled to first token.",
)
REQUEST_DECODE_TIME = Histogram(
    name="vllm:request_decode_time_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=REQUEST_SECONDS,
    formerly_ended=REQUEST_END,
    help="First token to last token.",
)
CACHE_CONFIG_INFO = Gauge(
    name="vllm:cache_config_info",
    unit=Unit.NONE,
    labels=("engine", "block_size", "num_gpu_blocks", "gpu_memory_utilization", "cache_dtype", "enable_prefix_caching"),
    help="1, with the cache's settings as labels; no model_name. 0.10.2 with several API servers does not report num_gpu_blocks.",
    open_labels=True,
)
HTTP_REQUESTS = Counter(
    name="http_requests_total",
    unit=Unit.REQUESTS,
    labels=("handler", "method", "status"),
    shared_name=True,
    help="HTTP requests by handler; status is grouped (2xx, 5xx), handler is `none` where the router hides the path.",
    often_absent="appears with the first request",
)

REQUEST_INFERENCE_TIME = Histogram(
    name="vllm:request_inference_time_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=REQUEST_SECONDS,
    formerly_ended=REQUEST_END,
    help="First scheduled to last token: prefill and decode.",
)
REQUEST_TIME_PER_OUTPUT_TOKEN = Histogram(
    name="vllm:request_time_per_output_token_seconds",
    unit=Unit.SECONDS,
    labels=_ENGINE,
    bounds=TOKEN_SECONDS,
    help="Decode time for each token after the first, one observation a request; 0 where an answer has one token.",
    since="0.11.0",
)
PREFIX_CACHE_QUERIES = Counter(
    name="vllm:prefix_cache_queries_total",
    unit=Unit.TOKENS,
    labels=_ENGINE,
    help="Prompt tokens looked up in the prefix cache; before 0.9.0 blocks of tokens.",
    since="0.9.2",
    formerly=(FormerName("vllm:gpu_prefix_cache_queries_total", last="0.11.2"),),
)
PREFIX_CACHE_HITS = Counter(
    name="vllm:prefix_cache_hits_total",
    unit=Unit.TOKENS,
    labels=_ENGINE,
    help="Prompt tokens found in the prefix cache; before 0.9.0 blocks of tokens.",
    since="0.9.2",
    formerly=(FormerName("vllm:gpu_prefix_cache_hits_total", last="0.11.2"),),
)
MM_CACHE_QUERIES = Counter(
    name="vllm:mm_cache_queries_total",
    unit=Unit.EVENTS,
    labels=_ENGINE,
    help="Images and other media looked up in the cache of preprocessed input.",
    since="0.11.1",
)
MM_CACHE_HITS = Counter(
    name="vllm:mm_cache_hits_total",
    unit=Unit.EVENTS,
    labels=_ENGINE,
    help="Images and other media found in the cache of preprocessed input.",
    since="0.11.1",
)
ITERATION_TOKENS = Histogram(
    name="vllm:iteration_tokens_total",
    unit=Unit.TOKENS,
    labels=_ENGINE,
    bounds=STEP_TOKENS,
    help="Tokens that one engine step worked on, without cached ones from 0.23.0 on; several API servers count a step several times.",
)
REQUEST_PROMPT_TOKENS = Histogram(
    name="vllm:request_prompt_tokens",
    unit=Unit.TOKENS,
    labels=_ENGINE,
    bounds=REQUEST_TOKENS,
    ends_at="--max-model-len",
    help="Prompt tokens of a finished request.",
)
REQUEST_GENERATION_TOKENS = Histogram(
    name="vllm:request_generation_tokens",
    unit=Unit.TOKENS,
    labels=_ENGINE,
    bounds=REQUEST_TOKENS,
    ends_at="--max-model-len",
    help="Generated tokens of a finished request.",
)
ADMISSION_REJECTIONS = Counter(
    name="vllm:admission_rejections_total",
    unit=Unit.REQUESTS,
    labels=("model_name", "reason"),
    help="Requests refused with 503 because a queue limit was reached: max_num_queued_reqs or max_num_queued_tokens.",
    since="0.32.0",
)
ENGINE_SLEEP_STATE = Gauge(
    name="vllm:engine_sleep_state",
    unit=Unit.BOOLEAN,
    labels=(*_ENGINE, "sleep_state"),
    help="1 for the state the engine is in: awake, weights_offloaded or discard_all.",
    since="0.11.1",
)


def _with_model(metric: Metric) -> Reading:
    """Triton's vLLM backend uses the same name, and calls the model otherwise."""
    return Reading(metric=metric, where={"model_name": ".+"})


ENGINE = Engine(
    name="vllm",
    title="vLLM",
    stamped=False,
    reports={
        roles.RUNNING: Reading(metric=NUM_REQUESTS_RUNNING),
        roles.WAITING: Reading(metric=NUM_REQUESTS_WAITING),
        roles.WAITING_BY_REASON: Reading(metric=NUM_REQUESTS_WAITING_BY_REASON),
        roles.KV_CACHE_USAGE: Reading(metric=KV_CACHE_USAGE),
        roles.SLEEP_STATE: Reading(metric=ENGINE_SLEEP_STATE),
        roles.PROMPT_TOKENS: _with_model(PROMPT_TOKENS),
        roles.GENERATION_TOKENS: _with_model(GENERATION_TOKENS),
        roles.LIVE_PROMPT_TOKENS: _with_model(PROMPT_TOKENS),
        roles.LIVE_GENERATION_TOKENS: _with_model(GENERATION_TOKENS),
        roles.PREEMPTIONS: Reading(metric=NUM_PREEMPTIONS),
        roles.FINISHED: Reading(metric=REQUEST_SUCCESS),
        roles.PREFIX_CACHE_QUERIES: Reading(metric=PREFIX_CACHE_QUERIES),
        roles.PREFIX_CACHE_HITS: Reading(metric=PREFIX_CACHE_HITS),
        roles.MM_CACHE_QUERIES: Reading(metric=MM_CACHE_QUERIES),
        roles.MM_CACHE_HITS: Reading(metric=MM_CACHE_HITS),
        roles.DRAFT_TOKENS: Reading(metric=work.DRAFT_TOKENS),
        roles.ACCEPTED_TOKENS: Reading(metric=work.ACCEPTED_TOKENS),
        roles.REJECTIONS: Reading(metric=ADMISSION_REJECTIONS),
        roles.LATENCY: _with_model(E2E_REQUEST_LATENCY),
        roles.TIME_TO_FIRST_TOKEN: _with_model(TIME_TO_FIRST_TOKEN),
        roles.INTER_TOKEN_LATENCY: _with_model(INTER_TOKEN_LATENCY),
        roles.TIME_PER_OUTPUT_TOKEN: Reading(metric=REQUEST_TIME_PER_OUTPUT_TOKEN),
        roles.QUEUE_TIME: Reading(metric=REQUEST_QUEUE_TIME),
        roles.PREFILL_TIME: Reading(metric=REQUEST_PREFILL_TIME),
        roles.DECODE_TIME: Reading(metric=REQUEST_DECODE_TIME),
        roles.INFERENCE_TIME: Reading(metric=REQUEST_INFERENCE_TIME),
        roles.PROMPT_LENGTH: _with_model(REQUEST_PROMPT_TOKENS),
        roles.OUTPUT_LENGTH: _with_model(REQUEST_GENERATION_TOKENS),
        roles.STEP_TOKENS: Reading(metric=ITERATION_TOKENS),
    },
    not_reported={
        roles.ANSWERED: "Its HTTP server counts answers without the model.",
        roles.FAILED: "Its HTTP server counts answers without the model.",
        roles.ANSWERED_BY_PROCESS: "Read from http_requests_total, whose paths need a choice of their own.",
        roles.FAILED_BY_PROCESS: "Read from http_requests_total, whose paths need a choice of their own.",
        roles.STEP_DRAFT: "Drafts are counted.",
        roles.STEP_YIELD: "Drafts are counted.",
    },
)
