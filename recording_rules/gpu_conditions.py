"""What is wrong with a GPU, or why it idles, as conditions. Alerts fire on them, and the diagnosis weighs them."""

from collections.abc import Sequence
from functools import reduce

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, Source, regex
from glassbox.query.promql import avg_by, instant, max_by, over_steps, over_time
from glassbox.query.rules import RecordGroup, Series
from glassbox.settings.model import Gpu, Settings
from recording_rules import gpu
from recording_rules.levels import GPU
from recording_rules.memory import GONE_REMEMBERED

# Graphics exception, memory page fault, channel stopped, its clean-up, video processor exception.
APPLICATION_XIDS = (13, 31, 43, 45, 68)
# How long a changed code counts as new.
NEW_XID_WINDOW = "10m"
# The same card at its fastest: a day contains busy and quiet hours.
OWN_MAXIMUM_WINDOW = "1d"
# Clock and power of a busy GPU stay for minutes. Reading every sample of a day would cost more than all other rules.
_OWN_MAXIMUM_STEP = "5m"

# A GPU that does nothing for so long is reserved for nothing: it covers the breaks of a working day.
PAID_WINDOW = "6h"

THROTTLED = Series("gpu:throttled_clock:ratio5m", Unit.RATIO, GPU)


def group(settings: Settings) -> RecordGroup:
    """GPUs that are slowed down. They are recorded, so that the alert and the diagnosis read a whole day only once, and rarely."""
    slowed = THROTTLED.recorded(
        _throttled(settings.gpu),
        "Clock of GPUs that are slowed down, as a share of their own maximum. There is no series for other GPUs.",
    )
    return RecordGroup("gpu-throttled", (slowed,), settings.rare_interval_seconds)


def new_xid() -> Expr:
    """The last XID code, where it changed to another one within the window. 0 is what a driver reports after its restart."""
    # Not `changes`: in VictoriaMetrics a series that begins is a change, and after each gap an old code would look new.
    newest_differs = over_time("max", gpu.XID_LAST, NEW_XID_WINDOW) > over_time("min", gpu.XID_LAST, NEW_XID_WINDOW)
    return (instant(gpu.XID_LAST) > 0).and_(newest_differs)


def new_hardware_xid() -> Expr:
    """The same without the codes that NVIDIA's "XID Errors" lists as caused by applications: they mean nothing for the GPU."""
    return reduce(lambda seen, code: seen.unless(instant(gpu.XID_LAST).equals(code)), APPLICATION_XIDS, new_xid())


def _throttled(limits: Gpu) -> Expr:
    """Clock of busy GPUs as a share of their own maximum, where both clock and power are far below it.

    A low clock at full power means that the board is at its power limit. Many boards run like that under full load.
    """
    clock, power = (over_time("avg", of, "5m") / _own_maximum(of) for of in (gpu.SM_CLOCK, gpu.POWER))
    busy = over_time("avg", gpu.ACTIVITY, "5m") > limits.busy_ratio
    slow = (clock < limits.throttled_clock_ratio).and_(busy)
    # The windows still contain a GPU that has gone; its current clock does not.
    return slow.unless(power >= limits.power_limited_ratio).and_(instant(gpu.SM_CLOCK))


def _own_maximum(source: Source) -> Expr:
    return over_steps("max", source, OWN_MAXIMUM_WINDOW, _OWN_MAXIMUM_STEP)


def lost() -> Expr:
    """GPUs that were measured lately and are not measured now, while their exporter answers. It may be one GPU, or all of a mute exporter."""
    known = over_time("last", gpu.MEMORY_USED, GONE_REMEMBERED)
    # GPU exporters are not service jobs, so the jobs are those that have measured GPUs.
    answers = instant(scrape.UP, job=regex(".+")) > 0
    return known.unless(instant(gpu.MEMORY_USED)).and_(answers, on=("job", "instance"))


def activity(window: str) -> Expr:
    """Mean share of time in which each GPU that is still measured was active."""
    return over_time("avg", gpu.ACTIVITY, window).and_(instant(gpu.MEMORY_USED))


def busiest(labels: Sequence[str]) -> Expr:
    """Activity of the busiest GPU over 5 minutes: if it is below a bound, no GPU is above it."""
    return max_by(labels, activity("5m"))


def mean_activity(labels: Sequence[str]) -> Expr:
    """Mean activity of all GPUs over 5 minutes, where each GPU weighs the same."""
    return avg_by(labels, activity("5m"))
