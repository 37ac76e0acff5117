"""Signals of the diagnosis: yes or no for each model, from which the verdict and the idle cause are read.

One series for each model and signal, 1 where it holds, else 0, so that the evidence of any verdict can be seen and looked up
later. Conditions that raise an alert are the alert's own, without its `for`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, regex
from glassbox.query.promql import avg_by, count_by, group_by, instant, max_by, over_time, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record, Series
from glassbox.settings.model import Gpu, Jobs, Settings, Thresholds
from recording_rules import conditions, engine, gpu, gpu_conditions, instances, requests, targets, workload
from recording_rules.levels import MODEL, SERVED
from recording_rules.memory import GONE_REMEMBERED, day_before

_WINDOW = "5m"
# Longer than any rate's window: an even load seldom keeps a batch at one size for so long, a full batch does.
_BATCH_WINDOW = "10m"
_SEEN_BEFORE = "1m"

# A batch limit below what the GPU can do shows as a GPU not busy beside a KV cache half empty.
_GPU_HALF_IDLE_RATIO = 0.6
_KV_CACHE_HALF_EMPTY_RATIO = 0.5
# A fifth of the time: a GPU that is used less for long is worth a question.
_GPU_UNUSED_RATIO = 0.2
# Three quarters of what can be had: NVIDIA's DCGM guide ("Profiling Metrics", PROF_DRAM_ACTIVE) puts the peak at about 0.8.
_MEMORY_BOUND_RATIO = 0.6
# Busiest replica over the mean one; requests few enough are never even.
_UNEVEN_FACTOR, _UNEVEN_REQUESTS = 1.5, 2
_LONGER_FACTOR = 1.5
_SLOWER_FACTOR = 1.25
# A GPU reads all weights for each step: batches of up to four leave most of its compute idle.
_SMALL_BATCH_REQUESTS = 4

KNOWN = Series("model:diagnosis_known:group", Unit.BOOLEAN, MODEL)
SIGNAL = Series("model:diagnosis_signal:bool", Unit.BOOLEAN, (*MODEL, "signal"))


@dataclass(frozen=True)
class Signal:
    """One observation: where `condition` returns a series of the model, it holds."""

    name: str
    condition: Expr
    means: str

    def recorded(self) -> Record:
        """The rule: 1 or 0 for every known model."""
        holds = group_by(MODEL, self.condition).measured_in(Unit.BOOLEAN).and_(instant(KNOWN))
        return SIGNAL.recorded(holds.or_(instant(KNOWN) * 0), self.means, signal=self.name)


def records(settings: Settings) -> tuple[Record, ...]:
    """All signals with this installation's thresholds, and what they need first."""
    known = KNOWN.recorded(_known(settings.jobs), "Models that are served, and those that should be.")
    return (known, *(signal.recorded() for signal in signals(settings)))


def _known(jobs: Jobs) -> Expr:
    """What is served now, for an hour what was, and for as long as it lasts what nothing but dead targets served.

    Jobs that are scaled to zero on purpose are forgotten at once.
    """
    wanted = regex(jobs.wanted_regex)
    lately = over_time("last", engine.RUNNING, GONE_REMEMBERED, job=wanted)
    dead = (instant(targets.TARGETS, job=wanted) > 0).unless(instant(targets.TARGETS_UP) > 0)
    still = over_time("last", KNOWN, _WINDOW).and_(dead, on=("job",))
    return group_by(MODEL, instant(engine.RUNNING).or_(lately).or_(still)).measured_in(Unit.BOOLEAN)


def signals(settings: Settings) -> Iterator[Signal]:
    """Every signal there is."""
    yield from _outages(settings.thresholds)
    yield from _of_the_load(settings)
    yield from _of_the_engine(settings.thresholds)
    yield from _of_the_gpus(settings.gpu)


def _outages(limits: Thresholds) -> Iterator[Signal]:
    """What callers feel at once."""
    yield Signal("down", instant(KNOWN).unless(instant(engine.RUNNING)), "Nothing serves the model any more.")
    stalled = group_by(MODEL, instant(workload.STALLED)).or_(group_by(MODEL, conditions.nothing_finishes()))
    yield Signal("stalled", stalled, "Requests run, and no token or no answer comes.")
    yield Signal("failing", conditions.failing(limits), "More than 5 % of the answers are server errors.")


def _of_the_load(settings: Settings) -> Iterator[Signal]:
    """What callers ask for, and how it is spread."""
    # Short requests run between two scrapes, and are seen only when they finish.
    working = (over_time("max", engine.RUNNING, _WINDOW) > 0).or_(over_time("max", requests.REQUESTS, _WINDOW) > 0)
    yield Signal("working", working, "A request was in work within 5 minutes.")
    yield Signal("slow", conditions.slow(settings, MODEL), "More answers are slow than may be.")
    yield Signal("longer_requests", _longer(), "Prompts or answers are half as long again as the day before.")
    yield Signal("slower_tokens", _slower_tokens(), "Each token takes a quarter longer than the day before.")
    yield Signal("uneven", _uneven(), "The busiest replica has half as many requests again as the mean one.")
    yield Signal("small_batches", _small_batches(), "Replicas work on fewer than four requests at a time.")


def _of_the_engine(limits: Thresholds) -> Iterator[Signal]:
    """Queue, batch, memory and front end."""
    # One sample is no history.
    queueing = conditions.always_queueing().and_(instant(engine.WAITING_FOR_CAPACITY).shifted(_SEEN_BEFORE))
    yield Signal("queueing", queueing, "Requests waited for capacity all the time.")
    queue_takes_time = conditions.queues_without_end(limits)
    yield Signal(
        "queue_takes_time", queue_takes_time, "Requests spend much of their time in a queue that never empties."
    )
    deferred = over_time("min", workload.DEFERRED, _WINDOW) > 0
    yield Signal("deferred", deferred, "Requests waited for adapters or KV transfers all the time.")
    kv_cache = instant(engine.KV_CACHE_USAGE_MAX)
    yield Signal("kv_cache_full", kv_cache > limits.kv_cache_full_ratio, "The fullest engine has no KV cache left.")
    yield Signal(
        "kv_cache_half_empty", kv_cache < _KV_CACHE_HALF_EMPTY_RATIO, "Every engine has half its KV cache left."
    )
    yield Signal("preempting", conditions.preempts_too_often(limits), "Requests are pushed out of the batch too often.")
    yield Signal("batch_constant", _batch_constant(), "The number of running requests has not changed for 10 minutes.")
    frontend = conditions.frontend_bound(limits)
    yield Signal("frontend_bound", frontend, "Much of the requests' time passes before the engine gets them.")


def _of_the_gpus(limits: Gpu) -> Iterator[Signal]:
    """What the GPUs do that may belong to the model: those that share `queue_labels` with it, or all."""
    labels = limits.queue_labels

    def of_model(condition: Expr) -> Expr:
        return instant(KNOWN).and_(condition, on=labels)

    faults = group_by(labels, _faults())
    yield Signal("gpu_faulty", of_model(faults), "A GPU reports a new XID of its own, broken memory, or is gone.")
    slowed = group_by(labels, instant(gpu_conditions.THROTTLED))
    yield Signal("gpu_slowed", of_model(slowed), "A busy GPU runs far below its own clock.")
    mean, most = gpu_conditions.mean_activity(labels), gpu_conditions.busiest(labels)
    yield Signal("gpu_busy", of_model(mean > limits.busy_ratio), "The GPUs are busy on average.")
    half_idle = of_model(mean < _GPU_HALF_IDLE_RATIO)
    yield Signal("gpu_half_idle", half_idle, "The GPUs are active less than 60 % of the time on average.")
    idle = of_model(most < limits.idle_while_queueing_ratio)
    yield Signal("gpu_idle", idle, "Even the busiest GPU is mostly idle.")
    yield Signal("gpu_unused", of_model(most < _GPU_UNUSED_RATIO), "Even the busiest GPU is active less than 20 %.")
    memory_bound = of_model(avg_by(labels, gpu.DRAM_ACTIVE) > _MEMORY_BOUND_RATIO)
    yield Signal("memory_bound", memory_bound, "The GPUs' memory is busy nearly all the time.")


def _faults() -> Expr:
    by = ("job",)
    broken = group_by(by, instant(gpu.ROW_REMAP_FAILURE))
    return group_by(by, gpu_conditions.new_hardware_xid()).or_(broken).or_(group_by(by, gpu_conditions.lost()))


def _longer() -> Expr:
    """Models whose mean prompt or answer is longer than that of the day before."""
    prompts, answers = workload.PROMPT_LENGTH, workload.OUTPUT_LENGTH
    longer = [_mean(lengths) > _baseline(lengths.sum, lengths.count) * _LONGER_FACTOR for lengths in (prompts, answers)]
    return longer[0].or_(longer[1])


def _slower_tokens() -> Expr:
    times = workload.TIME_PER_OUTPUT_TOKEN
    return _mean(times) > _baseline(times.sum, times.count) * _SLOWER_FACTOR


def _mean(histogram: HistogramRecord) -> Expr:
    return ratio(instant(histogram.sum), instant(histogram.count))


def _baseline(total: Record, count: Record) -> Expr:
    """The model's own mean of the day before, a ratio of sums."""
    return ratio(day_before(total), day_before(count))


def _uneven() -> Expr:
    running = over_time("avg", instances.RUNNING, _WINDOW)
    busiest, mean = max_by(SERVED, running), avg_by(SERVED, running)
    uneven = (busiest > mean * _UNEVEN_FACTOR).and_(mean >= _UNEVEN_REQUESTS)
    # Two versions side by side need not be even: one of them is on trial.
    versions = count_by(SERVED, instant(engine.RUNNING)) > 1
    return instant(KNOWN).and_(uneven.unless(versions), on=SERVED)


def _small_batches() -> Expr:
    """Of models that work at all."""
    requests_in_work = sum_by(SERVED, over_time("avg", engine.RUNNING, _WINDOW)) > 0
    small = requests_in_work / count_by(SERVED, instant(instances.RUNNING)) < _SMALL_BATCH_REQUESTS
    return instant(KNOWN).and_(small, on=SERVED)


def _batch_constant() -> Expr:
    largest, smallest = (over_time(end, engine.RUNNING, _BATCH_WINDOW) for end in ("max", "min"))
    return (
        largest.equals(smallest).and_(instant(engine.RUNNING) > 0).and_(instant(engine.RUNNING).shifted(_SEEN_BEFORE))
    )
