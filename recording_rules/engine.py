"""Inside the engine: phases of a request, tokens, scheduler and KV cache, over data-parallel ranks and replicas."""

from glassbox.metrics import roles
from glassbox.query.promql import avg_by, max_by, rate, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules import sources
from recording_rules.histograms import engine_histogram, phase_histogram
from recording_rules.levels import MODEL
from recording_rules.sources import OF_CALLERS, bridged

GROUP = RecordGroup("engine")

# Ten minutes with a queue are not a burst.
QUEUEING_WINDOW = "10m"
KV_CACHE_WINDOW = "5m"
# One sample is not a history.
_SEEN_BEFORE = "1m"

TIME_TO_FIRST_TOKEN = engine_histogram("model:inference_time_to_first_token_seconds", roles.TIME_TO_FIRST_TOKEN)
INTER_TOKEN_LATENCY = engine_histogram("model:inference_inter_token_latency_seconds", roles.INTER_TOKEN_LATENCY)
QUEUE_TIME = phase_histogram("model:inference_queue_time_seconds", roles.QUEUE_TIME)
PREFILL_TIME = phase_histogram("model:inference_prefill_time_seconds", roles.PREFILL_TIME)
DECODE_TIME = phase_histogram("model:inference_decode_time_seconds", roles.DECODE_TIME)

PROMPT_TOKENS = Record(
    "model:inference_prompt_tokens:rate5m",
    sum_by(MODEL, rate(roles.PROMPT_TOKENS, "5m", **OF_CALLERS)),
    "Input tokens per second.",
)
GENERATION_TOKENS = Record(
    "model:inference_generation_tokens:rate5m",
    sum_by(MODEL, rate(roles.GENERATION_TOKENS, "5m", **OF_CALLERS)),
    "Output tokens per second.",
)
PREEMPTIONS = Record(
    "model:inference_preemptions:rate5m",
    sum_by(MODEL, rate(roles.PREEMPTIONS, "5m")),
    "Requests preempted per second: pushed out of the running batch, to be computed again.",
)

RUNNING = Record(
    "model:inference_requests_running:sum",
    sum_by(MODEL, sources.RUNNING),
    "Running requests: in the running batch of all engines, or inside the service.",
    of_one=sum_by(MODEL, sources.RUNNING_OF_ONE),
)
WAITING = Record(
    "model:inference_requests_waiting:sum",
    sum_by(MODEL, sources.WAITING),
    "Requests that wait for the engines.",
    of_one=sum_by(MODEL, sources.WAITING_OF_ONE),
)
WAITING_FOR_CAPACITY = Record(
    "model:inference_requests_waiting_for_capacity:sum",
    sum_by(MODEL, sources.waiting_for_capacity(bridged)),
    "Requests that wait because the engines are full, not for adapters or KV transfers.",
    of_one=sum_by(MODEL, sources.waiting_for_capacity(sources.seen_lately)),
)
KV_CACHE_USAGE_MAX = Record(
    "model:inference_kv_cache_usage_ratio:max",
    max_by(MODEL, sources.KV_CACHE_USAGE),
    "KV cache usage of the fullest engine: one full engine is enough to hurt.",
    of_one=max_by(MODEL, sources.KV_CACHE_USAGE_OF_ONE),
)
KV_CACHE_USAGE_LASTING = Record(
    "model:inference_kv_cache_usage_ratio:max_min1m",
    max_by(MODEL, sources.lowest_kv_cache_usage("1m")),
    "The least that each engine used of its KV cache within the last minute, of the fullest. Caches that are full by turns are not full.",
)
KV_CACHE_USAGE_USUAL = Record(
    "model:inference_kv_cache_usage_ratio:max_median5m",
    max_by(MODEL, sources.usual_kv_cache_usage(KV_CACHE_WINDOW, _SEEN_BEFORE)),
    "The median of what each engine used of its KV cache within five minutes, of the fullest: it used as much or more for half of the time.",
)
KV_CACHE_USAGE_QUEUEING = Record(
    "model:inference_kv_cache_usage_queueing_ratio:max_median10m",
    max_by(
        MODEL,
        sources.usual_kv_cache_usage(QUEUEING_WINDOW, QUEUEING_WINDOW).and_(sources.queued_throughout(QUEUEING_WINDOW)),
    ),
    "The same within ten minutes, of the engines whose own queue for capacity was never empty in them.",
)
KV_CACHE_USAGE_AVG = Record(
    "model:inference_kv_cache_usage_ratio:avg",
    avg_by(MODEL, sources.KV_CACHE_USAGE),
    "Mean KV cache usage of all engines, whose caches are of equal size in one deployment.",
    of_one=avg_by(MODEL, sources.KV_CACHE_USAGE_OF_ONE),
)
