"""Signals of what the GPUs do that belong to a model, or may: those of its pods, else those that share `queue_labels` with it, or all."""

from functools import reduce

from glassbox.metrics import dcgm
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, group_by, instant
from glassbox.query.wording import percent
from glassbox.settings.model import Gpu, Settings
from recording_rules import gpu, gpu_conditions, gpu_users
from recording_rules.known_models import KNOWN
from recording_rules.memory import GONE_REMEMBERED
from recording_rules.signal_rule import signal
from recording_rules.targets import BRIDGE

# A batch limit below what the GPU can do: the GPU is not busy, and the KV cache is half empty.
_GPU_HALF_IDLE_RATIO = 0.6
# A GPU that is active less than a fifth of the time for long is worth a question.
GPU_UNUSED_RATIO = 0.2
# Three quarters of what is possible: NVIDIA's DCGM guide ("Profiling Metrics", PROF_DRAM_ACTIVE) puts the peak at about 0.8.
MEMORY_BOUND_RATIO = 0.6


@signal("A GPU has a new hardware XID, has broken memory, or is gone.")
def gpu_faulty(settings: Settings) -> Expr:
    by = ("job",)
    faults = tuple((each, BRIDGE) for each in (gpu_conditions.new_hardware_xid(), gpu.bridged(gpu.ROW_REMAP_FAILURE)))
    # No pod has a GPU that has gone.
    faults = (*faults, (gpu_conditions.lost(), GONE_REMEMBERED))
    own = reduce(Expr.or_, (gpu_users.served_by(faulty, within) for faulty, within in faults))
    of_any = reduce(Expr.or_, (group_by(by, gpu_users.of_no_model(faulty, within)) for faulty, within in faults))
    return _of_model(own, group_by(settings.gpu.queue_labels, of_any), settings.gpu)


@signal("A busy GPU runs far below its own highest clock.")
def gpu_slowed(settings: Settings) -> Expr:
    slowed = instant(gpu_conditions.THROTTLED)
    of_any = group_by(settings.gpu.queue_labels, gpu_users.of_no_model(slowed))
    return _of_model(gpu_users.served_by(slowed), of_any, settings.gpu)


@signal("The GPUs are busy on average.")
def gpu_busy(settings: Settings) -> Expr:
    own, of_any = (each > settings.gpu.busy_ratio for each in _mean_activity(settings.gpu))
    return _of_model(own, of_any, settings.gpu)


@signal(f"The GPUs are active less than {percent(_GPU_HALF_IDLE_RATIO)} of the time on average.")
def gpu_half_idle(settings: Settings) -> Expr:
    own, of_any = (each < _GPU_HALF_IDLE_RATIO for each in _mean_activity(settings.gpu))
    return _of_model(own, of_any, settings.gpu)


@signal("Even the busiest GPU is mostly idle.")
def gpu_idle(settings: Settings) -> Expr:
    return gpu_conditions.most_are_below(settings.gpu, instant(KNOWN), settings.gpu.idle_while_queueing_ratio)


@signal(f"Even the busiest GPU is active less than {percent(GPU_UNUSED_RATIO)} of the time.")
def gpu_unused(settings: Settings) -> Expr:
    return gpu_conditions.most_are_below(settings.gpu, instant(KNOWN), GPU_UNUSED_RATIO)


@signal("No GPU that may serve the model reports its activity.")
def gpu_not_measured(settings: Settings) -> Expr:
    return instant(KNOWN).unless(_of_model(*_mean_activity(settings.gpu), settings.gpu))


@signal(f"The GPUs' memory moves data more than {percent(MEMORY_BOUND_RATIO)} of the time.")
def memory_bound(settings: Settings) -> Expr:
    of_any = avg_by(settings.gpu.queue_labels, gpu_users.of_no_model(gpu.DRAM_ACTIVE)) > MEMORY_BOUND_RATIO
    own = gpu_users.mean_of_models(gpu_users.of_pods(dcgm.DRAM_ACTIVE))
    return _of_model(own > MEMORY_BOUND_RATIO, of_any, settings.gpu)


def _of_model(own: Expr, of_any: Expr, limits: Gpu) -> Expr:
    return gpu_users.judged(instant(KNOWN), own, of_any, limits.queue_labels)


def _mean_activity(limits: Gpu) -> tuple[Expr, Expr]:
    """That of each model's own GPUs, and that of all others."""
    return instant(gpu_users.OWN_MEAN), instant(gpu_conditions.mean_activity(limits.queue_labels))
