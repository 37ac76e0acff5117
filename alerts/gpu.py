"""Alerts on GPUs: broken, slowed down, gone, or idle while they are needed or paid for."""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr, not_regex, regex
from glassbox.query.promql import duration_seconds, group_by, instant, over_steps, over_time
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.settings.model import Gpu, Jobs, Settings
from recording_rules import gpu
from recording_rules.conditions import always_queueing
from recording_rules.gpu_conditions import THROTTLED, activity, busiest, lost, new_xid
from recording_rules.levels import JOB, TARGET
from recording_rules.memory import GONE_REMEMBERED

_WHICH = "GPU {{ $labels.gpu }} of {{ $labels.instance }}"

# A night and a working day are noticed; what never comes back ends by itself.
_EXPORTERS_REMEMBERED = "6h"

# For hours it is enough to look whether a GPU is there as often as Prometheus remembers one sample.
_SEEN_STEP = "5m"
_PAID_WINDOW = "6h"
# A GPU that has been there for less of the window may still be loading its first model.
_PAID_WINDOW_SEEN_RATIO = 0.9


def _idle_while_queueing(limits: Gpu) -> Expr:
    """The shortest queue of 5 minutes, where even the busiest GPU that may belong to the model is mostly idle."""
    return always_queueing().and_(
        busiest(limits.queue_labels) < limits.idle_while_queueing_ratio, on=limits.queue_labels
    )


def _idle_but_paid(settings: Settings) -> Expr:
    """Mean activity of 6 hours of GPUs that do nothing, hold memory, and have been there all the time."""
    limits = settings.gpu
    idle = activity(_PAID_WINDOW) < limits.idle_ratio
    occupied = instant(gpu.MEMORY_USED) / instant(gpu.MEMORY_TOTAL) > limits.idle_memory_ratio
    samples = duration_seconds(_PAID_WINDOW) / duration_seconds(_SEEN_STEP) * _PAID_WINDOW_SEEN_RATIO
    there_all_the_time = over_steps("count", gpu.MEMORY_USED, _PAID_WINDOW, _SEEN_STEP) >= samples
    return idle.and_(occupied).and_(there_all_the_time)


def _exporter_down(jobs: Jobs) -> Expr:
    """Exporters that measured GPUs and do not answer; jobs, without an instance, all of whose exporters are no longer known.

    A single exporter that is no longer known is left out: hosts are scaled away, and pods return under another address.
    """
    # A service that measures its GPUs itself is InferenceInstanceDown's.
    exporters = not_regex(jobs.services_regex)
    measured = over_steps("last", gpu.MEMORY_USED, _EXPORTERS_REMEMBERED, _SEEN_STEP)
    down = instant(scrape.UP, job=exporters).equals(0).and_(measured, on=TARGET)
    lately = group_by(JOB, over_time("last", gpu.MEMORY_USED, GONE_REMEMBERED, job=exporters))
    # GPUs may be measured without an `up` here, where series are federated or written by others.
    gone = lately.unless(instant(gpu.MEMORY_USED), on=JOB).unless(instant(scrape.UP, job=regex(".+")), on=JOB)
    # The product drops the name `up`, which Grafana would take for a label.
    return (down * 1).or_(gone)


def group(settings: Settings) -> AlertGroup:
    """The alerts with this installation's thresholds."""
    return AlertGroup("inference-gpu", Subject.GPU, (*_faults(settings.gpu), _blind(settings.jobs), *_waste(settings)))


def _faults(limits: Gpu) -> tuple[Alert, ...]:
    return (
        Alert(
            name="GPUNewXid",
            expr=new_xid(),
            for_="0s",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "XID changes, 1 h"),),
            panel=("gpu", "Last XID"),
            summary=f"{_WHICH} reports XID {{{{ $value }}}}",
            description=f"The driver's last error on {_WHICH} is XID {{{{ $value }}}}, another code than within the last 10 minutes.",
        ),
        Alert(
            name="GPURowRemapFailure",
            expr=instant(gpu.ROW_REMAP_FAILURE),
            for_="0s",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "Row remap failures"),),
            panel=("gpu", "Row remapping"),
            summary=f"{_WHICH} cannot replace broken memory",
            description=f"{_WHICH} reports that remapping of a memory row has failed. Drain it: the next error there ends the work that uses it.",
        ),
        Alert(
            name="GPUThrottling",
            expr=instant(THROTTLED),
            for_="5m",
            severity=Severity.TICKET,
            panel=("gpu", "SM clock, share of its own maximum"),
            summary=f"{_WHICH} is slowed down",
            description=f"{_WHICH} is busy, and its clock averages {{{{ $value | humanizePercentage }}}} of its own maximum of the last day, "
            f"below {limits.throttled_clock_ratio:.0%}, without drawing full power: heat, a lowered limit, or the power supply.",
        ),
        Alert(
            name="GPULost",
            expr=lost(),
            for_="5m",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "GPUs"),),
            panel=("gpu", "GPU memory"),
            summary=f"{_WHICH} is gone",
            description=f"{_WHICH} (job {{{{ $labels.job }}}}) was measured within the last hour and is no longer, while its exporter answers.",
        ),
    )


def _blind(jobs: Jobs) -> Alert:
    who = "{{ with $labels.instance }}{{ . }} of {{ end }}{{ $labels.job }}"
    return Alert(
        name="GPUExporterDown",
        expr=_exporter_down(jobs),
        for_="5m",
        severity=Severity.TICKET,
        panel=("monitoring", "Scrape success"),
        summary=f"Nobody measures the GPUs of {who}",
        description="{{ if $labels.instance }}Prometheus cannot scrape {{ $labels.instance }} of {{ $labels.job }}, which measured GPUs within the "
        "last 6 hours{{ else }}Prometheus knows no target of {{ $labels.job }}, which measured GPUs within the last hour{{ end }}: "
        "their alerts, the diagnosis and the costs are silent on them.",
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
            also_explained_on=(("gpu", "Engine active by GPU"),),
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
            also_explained_on=(("cost-and-energy", "GPUs"),),
            panel=("gpu", "Utilisation by GPU"),
            summary=f"{_WHICH} is reserved and does nothing",
            description=f"{_WHICH} was active {{{{ $value | humanizePercentage }}}} of the last 6 hours, below {limits.idle_ratio:.0%}, "
            f"with more than {limits.idle_memory_ratio:.0%} of its memory in use.",
        ),
    )
