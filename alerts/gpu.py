"""Alerts on GPUs: broken, slowed down, gone, or idle while they are needed or paid for."""

from kit.expr import Expr, regex
from kit.promql import duration_seconds, instant, max_by, over_time
from kit.rules import Alert, AlertGroup, Severity, Subject
from kit.settings import Gpu, Settings
from metrics import scrape
from recording_rules import engine, gpu

_WHICH = "GPU {{ $labels.gpu }} of {{ $labels.instance }}"

# The same card at its fastest: a day holds its busy and its quiet hours.
_OWN_MAXIMUM_WINDOW = "1d"
# As for vanished jobs: long enough to be noticed, short enough that a board taken out is forgotten the same day.
_LOST_GPUS_REMEMBERED = "1h"
_PAID_WINDOW = "6h"
# A GPU that has been there for less of the window may still be loading its first model.
_PAID_WINDOW_SEEN_RATIO = 0.9


def _new_xid() -> Expr:
    """The last XID code, where it became another one within ten minutes. 0 is what a driver says after its restart."""
    return (instant(gpu.XID_LAST) > 0).and_(instant(gpu.XID_CHANGES) > 0)


def _throttled(limits: Gpu) -> Expr:
    """Clock of busy GPUs as a share of their own maximum, where both clock and power are far below it.

    Low clock at full power is a board at its power limit, which is how many boards run under full load.
    """
    clock = over_time("avg", gpu.SM_CLOCK, "5m") / over_time("max", gpu.SM_CLOCK, _OWN_MAXIMUM_WINDOW)
    power = over_time("avg", gpu.POWER, "5m") / over_time("max", gpu.POWER, _OWN_MAXIMUM_WINDOW)
    busy = over_time("avg", gpu.UTILIZATION, "5m") > limits.busy_ratio
    slow = (clock < limits.throttled_clock_ratio).and_(busy)
    # The windows remember a GPU that has gone; its clock of this moment does not.
    return slow.unless(power >= limits.power_limited_ratio).and_(instant(gpu.SM_CLOCK))


def _lost() -> Expr:
    """GPUs measured within the hour and no longer, while their exporter answers: one of them, or all where it is mute."""
    known = over_time("last", gpu.MEMORY_USED, _LOST_GPUS_REMEMBERED)
    # GPU exporters are no service jobs, so the jobs are those that have measured GPUs.
    answers = instant(scrape.UP, job=regex(".+")) > 0
    return known.unless(instant(gpu.MEMORY_USED)).and_(answers, on=("job", "instance"))


def _activity(window: str) -> Expr:
    """Mean share of time that each GPU there is computed: from profiling, else its utilisation."""
    mean = over_time("avg", gpu.ENGINE_ACTIVE, window).or_(over_time("avg", gpu.UTILIZATION, window))
    return mean.and_(instant(gpu.MEMORY_USED))


def _idle_while_queueing(limits: Gpu) -> Expr:
    """The shortest queue of 5 minutes, where even the busiest GPU that may belong to the model is mostly idle."""
    waiting = (over_time("min", engine.WAITING_FOR_CAPACITY, "5m") > 0).and_(instant(engine.WAITING_FOR_CAPACITY) > 0)
    busiest = max_by(limits.queue_labels, _activity("5m"))
    return waiting.and_(busiest < limits.idle_while_queueing_ratio, on=limits.queue_labels)


def _idle_but_paid(settings: Settings) -> Expr:
    """Mean activity of 6 hours of GPUs that do nothing, hold memory, and have been there all the time."""
    limits = settings.gpu
    idle = _activity(_PAID_WINDOW) < limits.idle_ratio
    occupied = instant(gpu.MEMORY_USED) / instant(gpu.MEMORY_TOTAL) > limits.idle_memory_ratio
    samples = duration_seconds(_PAID_WINDOW) / settings.evaluation_interval_seconds * _PAID_WINDOW_SEEN_RATIO
    there_all_the_time = over_time("count", gpu.MEMORY_USED, _PAID_WINDOW) >= samples
    return idle.and_(occupied).and_(there_all_the_time)


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds."""
    return AlertGroup("inference-gpu", Subject.GPU, (*_faults(settings.gpu), *_waste(settings)))


def _faults(limits: Gpu) -> tuple[Alert, ...]:
    return (
        Alert(
            name="GPUNewXid",
            expr=_new_xid(),
            for_="0s",
            severity=Severity.TICKET,
            panel=("gpu", "Last XID"),
            summary=f"{_WHICH} reports XID {{{{ $value }}}}",
            description=f"The driver's last error on {_WHICH} is XID {{{{ $value }}}}, another code than within the last 10 minutes.",
        ),
        Alert(
            name="GPURowRemapFailure",
            expr=instant(gpu.ROW_REMAP_FAILURE) > 0,
            for_="0s",
            severity=Severity.TICKET,
            panel=("gpu", "Row remapping"),
            summary=f"{_WHICH} cannot replace broken memory",
            description=f"{_WHICH} reports that remapping of a memory row has failed. Drain it: the next error there ends the work that uses it.",
        ),
        Alert(
            name="GPUThrottling",
            expr=_throttled(limits),
            for_="5m",
            severity=Severity.TICKET,
            panel=("gpu", "SM clock, share of its own maximum"),
            summary=f"{_WHICH} is slowed down",
            description=f"{_WHICH} is busy, and its clock averages {{{{ $value | humanizePercentage }}}} of its own maximum of the last day, "
            f"below {limits.throttled_clock_ratio:.0%}, without drawing full power: heat, a lowered limit, or the power supply.",
        ),
        Alert(
            name="GPULost",
            expr=_lost(),
            for_="5m",
            severity=Severity.TICKET,
            panel=("gpu", "GPU memory"),
            summary=f"{_WHICH} is gone",
            description=f"{_WHICH} (job {{{{ $labels.job }}}}) was measured within the last hour and is no longer, while its exporter answers.",
        ),
    )


def _waste(settings: Settings) -> tuple[Alert, ...]:
    limits = settings.gpu
    of_its = f" of its {' and '.join(limits.queue_labels)}" if limits.queue_labels else ""
    return (
        Alert(
            name="GPUIdleWhileQueueing",
            expr=_idle_while_queueing(limits),
            for_="10m",
            severity=Severity.TICKET,
            panel=("llm-serving", "Waiting by reason"),
            summary="Requests for {{ $labels.model_name }} ({{ $labels.job }}) wait while GPUs idle",
            description="Never fewer than {{ $value | humanize }} requests waited for capacity in the last 5 minutes, "
            f"and no measured GPU{of_its} was active for {limits.idle_while_queueing_ratio:.0%} of that time.",
        ),
        Alert(
            name="GPUIdleButPaid",
            expr=_idle_but_paid(settings),
            for_="30m",
            severity=Severity.REPORT,
            panel=("gpu", "Utilisation by GPU"),
            summary=f"{_WHICH} is reserved and does nothing",
            description=f"{_WHICH} was active {{{{ $value | humanizePercentage }}}} of the last 6 hours, below {limits.idle_ratio:.0%}, "
            f"with more than {limits.idle_memory_ratio:.0%} of its memory in use.",
        ),
    )
