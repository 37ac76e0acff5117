"""Alerts on GPUs: broken, slowed down, gone, or idle while they are needed or paid for."""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr, not_regex, regex
from glassbox.query.promql import duration_seconds, group_by, instant, over_steps, over_time
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import last, percent
from glassbox.settings.model import Gpu, Jobs, Settings
from recording_rules import gpu
from recording_rules.conditions import QUEUE_WINDOW, always_queueing
from recording_rules.gpu_conditions import (
    NEW_XID_WINDOW,
    OWN_MAXIMUM_WINDOW,
    PAID_WINDOW,
    THROTTLED,
    activity,
    busiest,
    lost,
    new_xid,
)
from recording_rules.levels import JOB, TARGET
from recording_rules.memory import GONE_REMEMBERED

_WHICH = "GPU {{ $labels.gpu }} of {{ $labels.instance }}"

# Long enough to cover a night and a working day. An exporter that never returns ends the alert by itself.
_EXPORTERS_REMEMBERED = "6h"

# Over hours it is enough to check for a GPU as often as Prometheus remembers one sample.
_SEEN_STEP = "5m"
# A GPU that was there for less of the window may still be loading its first model.
_PAID_WINDOW_SEEN_RATIO = 0.9


def _idle_while_queueing(limits: Gpu) -> Expr:
    """The shortest queue within the window, where even the busiest GPU that may serve the model is mostly idle."""
    return always_queueing().and_(
        busiest(limits.queue_labels) < limits.idle_while_queueing_ratio, on=limits.queue_labels
    )


def _idle_but_paid(settings: Settings) -> Expr:
    """Mean activity over the window, of GPUs that do nothing, hold memory, and were there the whole time."""
    limits = settings.gpu
    idle = activity(PAID_WINDOW) < limits.idle_ratio
    occupied = instant(gpu.MEMORY_USED) / instant(gpu.MEMORY_TOTAL) > limits.idle_memory_ratio
    samples = duration_seconds(PAID_WINDOW) / duration_seconds(_SEEN_STEP) * _PAID_WINDOW_SEEN_RATIO
    there_all_the_time = over_steps("count", gpu.MEMORY_USED, PAID_WINDOW, _SEEN_STEP) >= samples
    return idle.and_(occupied).and_(there_all_the_time)


def _exporter_down(jobs: Jobs) -> Expr:
    """Exporters that measured GPUs and do not answer. Also jobs, without an instance, that lost all of their exporters.

    A single exporter that is no longer a target is left out: hosts are scaled away, and pods return under another address.
    """
    # InferenceInstanceDown covers a service that measures its GPUs itself.
    exporters = not_regex(jobs.services_regex)
    measured = over_steps("last", gpu.MEMORY_USED, _EXPORTERS_REMEMBERED, _SEEN_STEP)
    down = instant(scrape.UP, job=exporters).equals(0).and_(measured, on=TARGET)
    lately = group_by(JOB, over_time("last", gpu.MEMORY_USED, GONE_REMEMBERED, job=exporters))
    # GPUs may be measured without an `up` here, where series are federated or written by other tools.
    gone = lately.unless(instant(gpu.MEMORY_USED), on=JOB).unless(instant(scrape.UP, job=regex(".+")), on=JOB)
    # The product drops the name `up`, which Grafana would treat as a label.
    return (down * 1).or_(gone)


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
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
            description=f"The driver's last error on {_WHICH} is XID {{{{ $value }}}}. The code changed within the {last(NEW_XID_WINDOW)}.",
        ),
        Alert(
            name="GPURowRemapFailure",
            expr=instant(gpu.ROW_REMAP_FAILURE),
            for_="0s",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "Row remap failures"),),
            panel=("gpu", "Row remapping"),
            summary=f"{_WHICH} cannot replace broken memory",
            description=f"{_WHICH} could not remap a broken memory row. Drain it: the next error in that row kills the work that uses it.",
        ),
        Alert(
            name="GPUThrottling",
            expr=instant(THROTTLED),
            for_="5m",
            severity=Severity.TICKET,
            panel=("gpu", "SM clock, share of its own maximum"),
            summary=f"{_WHICH} is slowed down",
            description=f"{_WHICH} is busy, but its clock averages {{{{ $value | humanizePercentage }}}} of its own maximum of the {last(OWN_MAXIMUM_WINDOW)}. That is below {percent(limits.throttled_clock_ratio)}, and it does not draw full power. Likely causes are heat, a lowered power limit or the power supply.",
        ),
        Alert(
            name="GPULost",
            expr=lost(),
            for_="5m",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "GPUs"),),
            panel=("gpu", "GPU memory"),
            summary=f"{_WHICH} is gone",
            description=f"{_WHICH} (job {{{{ $labels.job }}}}) was measured within the {last(GONE_REMEMBERED)} and is not measured now, although its exporter answers.",
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
        summary=f"The GPUs of {who} are not measured",
        description=f"{{{{ if $labels.instance }}}}Prometheus cannot scrape {{{{ $labels.instance }}}} of {{{{ $labels.job }}}}, which measured GPUs within the {last(_EXPORTERS_REMEMBERED)}{{{{ else }}}}Prometheus knows no target of {{{{ $labels.job }}}}, which measured GPUs within the {last(GONE_REMEMBERED)}{{{{ end }}}}. Alerts, diagnosis and costs do not see these GPUs.",
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
            summary="Requests for {{ $labels.model_name }} ({{ $labels.job }}) wait while GPUs are idle",
            description=f"At least {{{{ $value | humanize }}}} requests waited for capacity throughout the {last(QUEUE_WINDOW)}. No measured GPU{of_its} was active for {percent(limits.idle_while_queueing_ratio)} of that time.",
        ),
        Alert(
            name="GPUIdleButPaid",
            expr=_idle_but_paid(settings),
            for_="30m",
            severity=Severity.REPORT,
            also_explained_on=(("cost-and-energy", "GPUs"),),
            panel=("gpu", "Utilisation by GPU"),
            summary=f"{_WHICH} is reserved and does nothing",
            description=f"{_WHICH} was active for {{{{ $value | humanizePercentage }}}} of the {last(PAID_WINDOW)}, below {percent(limits.idle_ratio)}. More than {percent(limits.idle_memory_ratio)} of its memory is in use.",
        ),
    )
