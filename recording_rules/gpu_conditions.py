"""What is wrong with a GPU, or why it idles, as conditions. Alerts fire on them, and the diagnosis weighs them."""

from collections.abc import Sequence
from functools import reduce

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import avg_by, duration_seconds, instant, max_by, over_steps, over_time
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.query.selectors import Source
from glassbox.settings.model import Gpu, Settings
from recording_rules import gpu, gpu_faults, gpu_users
from recording_rules.levels import CARD, GPU, WITH_UUID, WITHOUT_UUID
from recording_rules.targets import BRIDGE

# Graphics exception, memory page fault, channel stopped, its clean-up, video processor exception.
APPLICATION_XIDS = (13, 31, 43, 45, 68)
# The same card at its fastest: a day contains busy and quiet hours.
OWN_MAXIMUM_WINDOW = "1d"
# A GPU that is busy is so for a while, now and then. Reading every sample of a day would cost more than all other rules.
_OWN_MAXIMUM_STEP = "20m"

# A GPU that does nothing for so long is reserved for nothing: it covers the breaks of a working day.
PAID_WINDOW = "6h"

# A GPU that was there for less of the window may still be loading its first model.
_PAID_WINDOW_SEEN_RATIO = 0.9
_SEEN_STEP = "20m"

_UNKNOWN = " of which it is not known that they serve a model"

THROTTLED = Series("gpu:throttled_clock:ratio5m", Unit.RATIO, GPU)
IDLE_BUT_PAID = Series("gpu:idle_but_paid_activity:avg6h", Unit.RATIO, GPU)


def groups(settings: Settings) -> tuple[RecordGroup, ...]:
    """How active GPUs are together; and GPUs that are slowed down or do nothing: what looks back over hours is read once, and rarely."""
    rare = settings.rare_interval_seconds
    slowed = THROTTLED.recorded(
        _throttled(settings.gpu),
        "Clock of GPUs that are slowed down, as a share of their own maximum. There is no series for other GPUs.",
    )
    idle = IDLE_BUT_PAID.recorded(
        _idle_but_paid(settings.gpu),
        "Mean activity of GPUs that do nothing, hold memory, and were there the whole time. There is no series for other GPUs.",
    )
    return (
        RecordGroup("gpu-activity", (*_activity_records(settings.gpu.queue_labels), *_activity_of_models())),
        RecordGroup("gpu-throttled", (slowed,), rare),
        RecordGroup("gpu-idle", (idle,), rare),
    )


def new_hardware_xid() -> Expr:
    """New XID codes without those that NVIDIA's "XID Errors" lists as caused by applications: they mean nothing for the GPU."""
    return reduce(lambda seen, code: binary(seen, "!=", code), APPLICATION_XIDS, instant(gpu_faults.NEW_XID))


def _throttled(limits: Gpu) -> Expr:
    """Clock of busy GPUs as a share of their own maximum, where both clock and power are far below it.

    A low clock at full power means that the board is at its power limit. Many boards run like that under full load.
    """
    clock, power = map(_share_of_own_maximum, (gpu.SM_CLOCK, gpu.POWER))
    busy = over_time("avg", gpu.ACTIVITY, "5m") > limits.busy_ratio
    slow = (clock < limits.throttled_clock_ratio).and_(busy)
    # The windows still contain a GPU that has gone; its current clock does not.
    return slow.unless(power >= limits.power_limited_ratio).and_(gpu.bridged(gpu.SM_CLOCK))


def _share_of_own_maximum(source: Source) -> Expr:
    """A card is the same one under another address, where its UUID says so."""
    now, most = over_time("avg", source, "5m"), over_steps("max", source, OWN_MAXIMUM_WINDOW, _OWN_MAXIMUM_STEP)
    of_card = max_by(CARD, most.filtered(WITH_UUID))
    known = binary(now.filtered(WITH_UUID), "/", of_card, matching=many_to_one(CARD), unit=Unit.RATIO)
    return known.or_(now.filtered(WITHOUT_UUID) / most.filtered(WITHOUT_UUID))


def _idle_but_paid(limits: Gpu) -> Expr:
    idle = activity(PAID_WINDOW) < limits.idle_ratio
    occupied = gpu.bridged(gpu.MEMORY_USED) / gpu.bridged(gpu.MEMORY_TOTAL) > limits.idle_memory_ratio
    looks = duration_seconds(PAID_WINDOW) / duration_seconds(_SEEN_STEP) * _PAID_WINDOW_SEEN_RATIO
    seen = instant(gpu.MEMORY_USED).or_(over_time("last", gpu.MEMORY_USED, BRIDGE))
    return idle.and_(occupied).and_(over_steps("count", seen, PAID_WINDOW, _SEEN_STEP) >= looks)


def lost() -> Expr:
    """1 for each GPU that was measured within the hour and is not measured now, while its exporter answers."""
    return instant(gpu_faults.LOST)


def activity(window: str) -> Expr:
    """Mean share of time in which each GPU that is still measured was active."""
    return over_time("avg", gpu.ACTIVITY, window).and_(gpu.bridged(gpu.ACTIVITY))


def busiest(labels: Sequence[str]) -> Series:
    """Activity of the busiest GPU over 5 minutes: if it is below a bound, no GPU is above it."""
    return Series("gpus:activity_ratio:max5m", Unit.RATIO, tuple(labels))


def mean_activity(labels: Sequence[str]) -> Series:
    """Mean activity of all GPUs over 5 minutes, where each GPU weighs the same."""
    return Series("gpus:activity_ratio:avg5m", Unit.RATIO, tuple(labels))


def _activity_records(labels: Sequence[str]) -> tuple[Record, Record]:
    """The rules of both, for GPUs that share these labels: several signals and an alert read them."""
    by_labels = f"of all GPUs with equal {' and '.join(labels)}" if labels else "of all GPUs"
    free = gpu_users.of_no_model(activity("5m"))
    return (
        busiest(labels).recorded(max_by(labels, free), f"Activity of the busiest {by_labels}{_UNKNOWN}."),
        mean_activity(labels).recorded(avg_by(labels, free), f"Mean activity {by_labels}{_UNKNOWN}."),
    )


def _activity_of_models() -> tuple[Record, Record]:
    of_each = gpu_users.activity("5m")
    return (
        gpu_users.OWN_BUSIEST.recorded(
            gpu_users.largest_of_models(of_each),
            "Activity of the busiest GPU that the model's pods have. There is no series outside of Kubernetes.",
        ),
        gpu_users.OWN_MEAN.recorded(
            gpu_users.mean_of_models(of_each),
            "Mean activity of the GPUs that the model's pods have. There is no series outside of Kubernetes.",
        ),
    )


def most_are_below(limits: Gpu, models: Expr, ratio: float) -> Expr:
    """Those of the models of which even the busiest GPU that may serve them is below a share of activity."""
    own, of_any = (instant(each) < ratio for each in (gpu_users.OWN_BUSIEST, busiest(limits.queue_labels)))
    return gpu_users.judged(models, own, of_any, limits.queue_labels)
