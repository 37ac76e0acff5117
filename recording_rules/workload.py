"""What the engine's work consists of: time by phase, lengths, caches and steps, and requests that are refused, deferred, preempted or stuck."""

from functools import partial

from glassbox.metrics import roles
from glassbox.metrics.roles import Role
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, max_by, max_without, over_time, rate, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules import sources
from recording_rules.histograms import engine_histogram
from recording_rules.levels import MODEL, TARGET
from recording_rules.memory import LAST_MINUTE
from recording_rules.sources import OF_CALLERS, bridged, through_gaps

GROUP = RecordGroup("workload")

# One engine: a data-parallel rank of one server.
ENGINE = (*TARGET, "engine", *MODEL[1:])

# Scrapes are at most 30 s apart, so a window of 2 minutes just holds two where every other one fails; else the longer one counts.
STALL_WINDOW, _LONGER_WINDOW = "2m", "4m"


def _growth(name: str, source: Role, help: str, *, window: str = "5m") -> Record:
    return Record(f"model:inference_{name}:rate{window}", sum_by(MODEL, rate(source, window)), help)


def _frontend_time() -> Expr:
    """Arrival is stamped before media are fetched and preprocessed, and the queue begins in the engine: this is the time in between.

    All three are observed when a request finishes, so they are about the same requests (vLLM 0.33, `v1/metrics/stats.py`).
    """
    every, queued, inferred = (
        rate(histogram.sum, "5m") for histogram in (roles.LATENCY, roles.QUEUE_TIME, roles.INFERENCE_TIME)
    )
    # Wall clock minus monotonic clock: a corrected wall clock must not give a negative time.
    return clamp_min(sum_by(MODEL, every - queued - inferred), 0)


def _tokens(window: str) -> Expr:
    read, written = (
        sum_by(ENGINE, rate(role, window)) for role in (roles.LIVE_PROMPT_TOKENS, roles.LIVE_GENERATION_TOKENS)
    )
    return read + written


def _stalled_requests() -> Expr:
    """The most requests of the last minute in engines that had some two minutes ago, were awake, and neither read nor wrote a token since.

    Callers of a hung engine give up, so that nothing runs for a moment, until others come.
    """
    read = partial(max_without, sources.PROCESSES)
    there = read(bridged(roles.RUNNING, **sources.OF_ENGINES))
    running = read(over_time("max", roles.RUNNING, LAST_MINUTE)) > 0
    # An engine that is new, or was idle, has been stuck for as long as it has requests.
    before = read(over_time("max", roles.RUNNING, STALL_WINDOW, offset=STALL_WINDOW)) > 0
    tokens = through_gaps(_tokens(STALL_WINDOW), _tokens(_LONGER_WINDOW))
    slept = over_time("min", roles.SLEEP_STATE, STALL_WINDOW, sleep_state="awake").equals(0)
    stuck = running.and_(tokens.equals(0), on=ENGINE).and_(before).and_(there)
    return max_by(ENGINE, stuck.unless(slept, on=ENGINE))


FRONTEND_TIME = Record(
    "model:inference_frontend_time_seconds_sum:rate5m",
    _frontend_time(),
    "Time before the engine: template, media download, preprocessing. Its count is that of the queue time.",
)
REQUEST_TIME = Record(
    "model:inference_end_to_end_time_seconds_sum:rate5m",
    sum_by(MODEL, rate(roles.LATENCY.sum, "5m")),
    "Time of all requests that an engine finished: the whole of which the phases are parts.",
)
TIME_PER_OUTPUT_TOKEN = engine_histogram("model:inference_time_per_output_token_seconds", roles.TIME_PER_OUTPUT_TOKEN)
PROMPT_LENGTH = engine_histogram("model:inference_prompt_length_tokens", roles.PROMPT_LENGTH)
OUTPUT_LENGTH = engine_histogram("model:inference_output_length_tokens", roles.OUTPUT_LENGTH)

PREFIX_CACHE_QUERIES = _growth(
    "prefix_cache_queries", roles.PREFIX_CACHE_QUERIES, "Prompt tokens looked up in the prefix cache, per second."
)
PREFIX_CACHE_HITS = _growth(
    "prefix_cache_hits", roles.PREFIX_CACHE_HITS, "Prompt tokens per second that need no prefill."
)
MM_CACHE_QUERIES = _growth("mm_cache_queries", roles.MM_CACHE_QUERIES, "Media looked up in the cache, per second.")
MM_CACHE_HITS = _growth("mm_cache_hits", roles.MM_CACHE_HITS, "Media per second that need no preprocessing.")
STEP_TOKENS = _growth("step_tokens_sum", roles.STEP_TOKENS.sum, "Tokens per second that engine steps worked on.")
STEPS = _growth("step_tokens_count", roles.STEP_TOKENS.count, "Engine steps per second.")

ADMISSION_REJECTIONS = Record(
    "model:inference_admission_rejections:rate5m",
    sum_by((*MODEL, "reason"), rate(roles.REJECTIONS, "5m")),
    "Requests refused per second because a queue limit was reached.",
)
PREEMPTIONS = _growth("preemptions", roles.PREEMPTIONS, "Preemptions per second.", window="10m")
FINISHED = Record(
    "model:inference_engine_requests:rate10m",
    sum_by(MODEL, rate(roles.FINISHED, "10m", **OF_CALLERS)),
    "Requests that engines finished, per second.",
)
DEFERRED = Record(
    "model:inference_requests_waiting_deferred:sum",
    sum_by(
        MODEL,
        max_without((*sources.PROCESSES, "reason"), bridged(roles.WAITING_BY_REASON, reason="deferred")),
    ),
    "Requests that wait for an adapter or a KV transfer, not for capacity.",
)
STALLED = Record(
    "engine:inference_stalled_requests:max",
    _stalled_requests(),
    "Running requests of an engine that neither reads nor writes tokens. There is no series for healthy engines.",
)
