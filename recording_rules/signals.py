"""Signals of the diagnosis: yes or no for each model. The verdict and the idle cause are read from them.

Conditions that raise an alert are the alert's own, without its `for`.
"""

from glassbox.metrics import roles
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, count_by, group_by, instant, max_by, over_time, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record, Series
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings
from recording_rules import (
    abandoned,
    conditions,
    engine,
    gpu_signals,
    instances,
    request_durations,
    requests,
    slowness,
    targets,
    vllm_only,
    workload,
)
from recording_rules.known_models import KNOWN, known, served
from recording_rules.levels import MODEL, SERVED
from recording_rules.memory import (
    LAST_MINUTE,
    USUAL_OUTPUT_LENGTH,
    USUAL_PROMPT_LENGTH,
    USUAL_TIME_PER_OUTPUT_TOKEN,
)
from recording_rules.signal_rule import Signal, signal

WINDOW = "5m"
# Longer than any rate's window: an even load seldom keeps a batch at one size for so long, a full batch does.
_BATCH_WINDOW = "10m"
_SEEN_BEFORE = "1m"

# With a GPU that is half idle: a batch limit below what the GPU can do.
_KV_CACHE_HALF_EMPTY_RATIO = 0.5
# Busiest replica over the mean one. Few requests are never even.
UNEVEN_FACTOR, _UNEVEN_REQUESTS = 1.5, 2
_LONGER_FACTOR = 1.5
_SLOWER_FACTOR = 1.25
_ALL_RATIO = 0.999
# A GPU reads all weights for each step, so small batches leave most of its compute idle.
_SMALL_BATCH_REQUESTS = 4


def signals() -> tuple[Signal, ...]:
    """Every signal that this module or that of the GPUs declares, in the order in which they are recorded."""
    declared = (*globals().values(), *vars(gpu_signals).values())
    return tuple(each for each in declared if isinstance(each, Signal))


def records(settings: Settings) -> tuple[Record, ...]:
    """All signals with this installation's thresholds, and what they need first."""
    models = KNOWN.recorded(known(settings.jobs), "Models that are served, and models that should be.")
    return (models, *(each.recorded(settings) for each in signals()))


# What callers notice at once.


@signal("Nothing serves the model any more.")
def down(_settings: Settings) -> Expr:
    # What runs is remembered through failed scrapes, longer than a page waits.
    silent = over_time("max", targets.TARGETS_UP, _SEEN_BEFORE).equals(0)
    return instant(KNOWN).unless(served().unless(silent, on=("job",)))


@signal("Requests run, but no token or no answer comes.", roles.LIVE_GENERATION_TOKENS)
def stalled(_settings: Settings) -> Expr:
    return group_by(MODEL, instant(workload.STALLED)).or_(group_by(MODEL, conditions.nothing_finishes()))


@signal(
    f"More than {percent(conditions.FAILING_RATIO)} of the answers are server errors.",
    roles.ANSWERED,
    roles.ANSWERED_BY_PROCESS,
    unknown_of=(instant(requests.REQUESTS) > 0).unless(instant(requests.HTTP_REQUESTS)),
)
def failing(settings: Settings) -> Expr:
    return conditions.failing(settings.thresholds)


@signal(
    f"Requests were answered within the {last(WINDOW)}, each with a server error, however few they were.",
    roles.ANSWERED,
    roles.ANSWERED_BY_PROCESS,
)
def only_errors(_settings: Settings) -> Expr:
    # Sums of the same rates in another order differ a little.
    return requests.failed() > instant(requests.HTTP_REQUESTS) * _ALL_RATIO


@signal("Requests are started, and none is answered.", roles.TIME_TO_FIRST_TOKEN.count)
def unanswered(settings: Settings) -> Expr:
    return abandoned.unanswered(settings.thresholds)


@signal("Callers give up more requests than the settings allow.", roles.TIME_TO_FIRST_TOKEN.count)
def abandoning(_settings: Settings) -> Expr:
    return instant(abandoned.ABANDONED) > 0


# What callers send, and how it is spread.


@signal(f"At least one request ran or waited within the {last(WINDOW)}.")
def working(_settings: Settings) -> Expr:
    in_work = (over_time("max", engine.RUNNING, WINDOW) > 0).or_(over_time("max", engine.WAITING, WINDOW) > 0)
    # Short requests run between two scrapes, and are seen only when they end.
    ended = (over_time("max", requests.REQUESTS, WINDOW) > 0).or_(instant(abandoned.CLIENTS_LEFT) > 0)
    return in_work.or_(ended)


@signal(
    f"An HTTP request was answered within the {last(WINDOW)}, whether an engine got it or not.",
    roles.ANSWERED,
    roles.ANSWERED_BY_PROCESS,
)
def arriving(_settings: Settings) -> Expr:
    return instant(requests.HTTP_REQUESTS) > 0


@signal(
    "More requests are slow, wait for too long or are given up than the settings allow.",
    roles.LATENCY.bucket,
    unknown_of=request_durations.without_buckets(),
)
def slow(settings: Settings) -> Expr:
    return slowness.slow(settings.thresholds, MODEL)


@signal(
    f"Prompts or answers of finished requests are more than {_LONGER_FACTOR:g} times as long as usual.",
    roles.PROMPT_LENGTH.sum,
    roles.OUTPUT_LENGTH.sum,
)
def longer_requests(_settings: Settings) -> Expr:
    prompts = _more_than_usual(workload.PROMPT_LENGTH, USUAL_PROMPT_LENGTH, _LONGER_FACTOR)
    return prompts.or_(_more_than_usual(workload.OUTPUT_LENGTH, USUAL_OUTPUT_LENGTH, _LONGER_FACTOR))


@signal(
    f"Each token of finished answers takes more than {_SLOWER_FACTOR:g} times as long as usual.",
    roles.TIME_PER_OUTPUT_TOKEN.sum,
)
def slower_tokens(_settings: Settings) -> Expr:
    return _more_than_usual(workload.TIME_PER_OUTPUT_TOKEN, USUAL_TIME_PER_OUTPUT_TOKEN, _SLOWER_FACTOR)


@signal(
    f"The busiest replica has more than {UNEVEN_FACTOR:g} times as many running requests as the mean one.",
    roles.RUNNING,
)
def uneven(_settings: Settings) -> Expr:
    running = over_time("avg", instances.RUNNING, WINDOW)
    busiest, mean = max_by(SERVED, running), avg_by(SERVED, running)
    far_apart = (busiest > mean * UNEVEN_FACTOR).and_(mean >= _UNEVEN_REQUESTS)
    # Two versions side by side need not be even: one of them is on trial.
    versions = count_by(SERVED, instant(engine.RUNNING)) > 1
    return instant(KNOWN).and_(far_apart.unless(versions), on=SERVED)


@signal(f"Replicas run fewer than {_SMALL_BATCH_REQUESTS} requests at a time.", roles.RUNNING)
def small_batches(_settings: Settings) -> Expr:
    # Of models that work at all.
    requests_in_work = sum_by(SERVED, over_time("avg", engine.RUNNING, WINDOW)) > 0
    small = requests_in_work / count_by(SERVED, instant(instances.RUNNING)) < _SMALL_BATCH_REQUESTS
    return instant(KNOWN).and_(small, on=SERVED)


# Queue, batch, memory and front end.


@signal("Requests waited for capacity the whole time.", roles.WAITING, and_needs=(roles.RUNNING,))
def queueing(_settings: Settings) -> Expr:
    # One sample is not a history.
    return conditions.always_queueing().and_(instant(engine.WAITING_FOR_CAPACITY).shifted(_SEEN_BEFORE))


@signal("Requests waited for a minute, and none ran.", roles.WAITING, and_needs=(roles.RUNNING,))
def blocked(_settings: Settings) -> Expr:
    waited = (over_time("min", engine.WAITING, LAST_MINUTE) > 0).and_(instant(engine.WAITING).shifted(_SEEN_BEFORE) > 0)
    return waited.and_(over_time("max", engine.RUNNING, LAST_MINUTE).equals(0)).and_(instant(engine.WAITING))


@signal("Requests spend a large share of their time in a queue that never empties.", roles.QUEUE_TIME.sum)
def queue_takes_time(settings: Settings) -> Expr:
    return conditions.queues_without_end(settings.thresholds)


@signal("Requests waited for adapters or KV transfers the whole time.", roles.WAITING_BY_REASON)
def deferred(_settings: Settings) -> Expr:
    return over_time("min", workload.DEFERRED, WINDOW) > 0


# A series of its own for each model is only for fleets that transfer KV caches.
@signal(
    f"KV transfers take more than {percent(vllm_only.TRANSFER_BOUND_RATIO)} of the time to first token.",
    known_of=vllm_only.TRANSFER_TIME,
)
def transfer_bound(settings: Settings) -> Expr:
    return vllm_only.transfer_bound(settings.thresholds)


@signal(f"One engine's KV cache was full for half of the {last(engine.KV_CACHE_WINDOW)}.", roles.KV_CACHE_USAGE)
def kv_cache_full(settings: Settings) -> Expr:
    return instant(engine.KV_CACHE_USAGE_USUAL) > settings.thresholds.kv_cache_full_ratio


@signal(
    f"No engine used {percent(_KV_CACHE_HALF_EMPTY_RATIO)} of its KV cache for half of the {last(engine.KV_CACHE_WINDOW)}.",
    roles.KV_CACHE_USAGE,
)
def kv_cache_half_empty(_settings: Settings) -> Expr:
    return instant(engine.KV_CACHE_USAGE_USUAL) < _KV_CACHE_HALF_EMPTY_RATIO


@signal("Requests are preempted too often.", roles.PREEMPTIONS)
def preempting(settings: Settings) -> Expr:
    return conditions.preempts_too_often(settings.thresholds)


@signal(f"The number of running requests has not changed for {span(_BATCH_WINDOW)}.", roles.RUNNING)
def batch_constant(_settings: Settings) -> Expr:
    largest, smallest = (over_time(end, engine.RUNNING, _BATCH_WINDOW) for end in ("max", "min"))
    return (
        largest.equals(smallest).and_(instant(engine.RUNNING) > 0).and_(instant(engine.RUNNING).shifted(_SEEN_BEFORE))
    )


@signal("Requests spend a large share of their time before the engine gets them.", roles.INFERENCE_TIME.sum)
def frontend_bound(settings: Settings) -> Expr:
    return conditions.frontend_bound(settings.thresholds)


def _more_than_usual(histogram: HistogramRecord, usual: Series, factor: float) -> Expr:
    """The mean of each version, where it is `factor` times what the model usually does, whatever its version."""
    mean = ratio(instant(histogram.sum), instant(histogram.count))
    return conditions.above_usual(mean, instant(usual) * factor)
