"""Alerts on GPUs: broken, slowed down, gone, or idle while they are needed or paid for."""

from glassbox.metrics import scrape
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, over_steps, over_time
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.selectors import Source, not_regex, regex
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Gpu, Jobs, Settings
from recording_rules import engine, gpu
from recording_rules.conditions import QUEUE_WINDOW, always_queueing
from recording_rules.gpu_conditions import (
    IDLE_BUT_PAID,
    OWN_MAXIMUM_WINDOW,
    PAID_WINDOW,
    THROTTLED,
    lost,
    most_are_below,
)
from recording_rules.gpu_exporters import NEW_FOR, RENAMED
from recording_rules.gpu_faults import LOOK_STEP, LOST_TOGETHER, NEW_XID, NEW_XID_WINDOW
from recording_rules.levels import JOB, TARGET
from recording_rules.memory import GONE_REMEMBERED

_WHICH = "GPU {{ $labels.gpu }} of {{ $labels.instance }}"

# Long enough to cover a night and a working day. An exporter that never returns ends the alert by itself.
_EXPORTERS_REMEMBERED = "6h"

# Over hours it is enough to look now and then, and more often at the time since the last look.
_SEEN_STEP = "30m"


def _idle_while_queueing(limits: Gpu) -> Expr:
    """The shortest queue within the window, where even the busiest GPU that may serve the model is mostly idle."""
    idle = most_are_below(limits, instant(engine.RUNNING), limits.idle_while_queueing_ratio)
    return always_queueing().and_(idle)


def _lost() -> Expr:
    """Each lost GPU, where its exporter measures others or had no other; else the number of those that its exporter has lost."""
    together = instant(LOST_TOGETHER)
    return lost().unless(together, on=TARGET).or_(together)


def _measured(sign: Source) -> Expr:
    long_ago = over_steps("last", sign, _EXPORTERS_REMEMBERED, _SEEN_STEP)
    return long_ago.or_(over_steps("last", sign, _SEEN_STEP, LOOK_STEP))


def _exporter_down(jobs: Jobs) -> Expr:
    """Exporters that measured GPUs and do not answer. Also jobs, without an instance, that lost all of their exporters.

    A single exporter that is no longer a target is left out: hosts are scaled away, and pods return under another address.
    """
    # InferenceInstanceDown covers a service that measures its GPUs itself.
    exporters = not_regex(jobs.services_regex)
    measured = gpu.any_sign(_measured)
    down = instant(scrape.UP, job=exporters).equals(0).and_(measured, on=TARGET)
    lately = group_by(JOB, over_time("last", gpu.MEASURED_BY, GONE_REMEMBERED, job=exporters))
    # GPUs may be measured without an `up` here, where series are federated or written by other tools.
    gone = lately.unless(instant(gpu.MEASURED_BY)).unless(instant(scrape.UP, job=regex(".+")), on=JOB)
    gone = gone.unless(instant(RENAMED))
    # The product drops the name `up`, which Grafana would treat as a label.
    return (down * 1).or_(gone)


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
    return AlertGroup("inference-gpu", Subject.GPU, (*_faults(settings.gpu), _blind(settings.jobs), *_waste(settings)))


def _faults(limits: Gpu) -> tuple[Alert, ...]:
    return (
        Alert(
            name="GPUNewXid",
            expr=instant(NEW_XID),
            for_="0s",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "New XID, 1 h"),),
            panel=("gpu", "Last XID"),
            summary=f"{_WHICH} reports XID {{{{ $value }}}}",
            description=f"The driver's last error on {_WHICH} is XID {{{{ $value }}}}, which appeared within the {last(NEW_XID_WINDOW)}.",
            cannot_see="The same code twice in a row, a first code soon after the exporter's start, the first of two codes between two readings, and any code of nvidia_gpu_exporter: the driver's log (dmesg) has them all.",
        ),
        Alert(
            name="GPURowRemapFailure",
            expr=gpu.bridged(gpu.ROW_REMAP_FAILURE),
            for_="0s",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "Row remap failures"),),
            panel=("gpu", "Row remapping"),
            summary=f"{_WHICH} cannot replace broken memory",
            description=f"{_WHICH} could not remap a broken memory row. Drain it: the next error in that row kills the work that uses it.",
            cannot_see="Broken memory of cards without row remapping (most without ECC memory), and GPUs that only our exporter measures: nvidia-smi -q -d ECC on the host.",
        ),
        Alert(
            name="GPUThrottling",
            expr=instant(THROTTLED),
            for_="5m",
            severity=Severity.TICKET,
            panel=("gpu", "SM clock, share of its own maximum"),
            summary=f"{_WHICH} is slowed down",
            description=f"{_WHICH} is busy, but its clock averages {{{{ $value | humanizePercentage }}}} of its own maximum of the {last(OWN_MAXIMUM_WINDOW)}. That is below {percent(limits.throttled_clock_ratio)}, and it does not draw full power. Likely causes are heat, a lowered power limit or the power supply.",
            cannot_see="A card that was slow from its start or for a whole day, one that is not busy, and one whose exporter reports no clock: nvidia-smi -q -d PERFORMANCE names the reason.",
        ),
        Alert(
            name="GPULost",
            expr=_lost(),
            # Five minutes without a reading, since the first two are bridged.
            for_="3m",
            severity=Severity.TICKET,
            also_explained_on=(("gpu", "GPUs"),),
            panel=("gpu", "GPU memory"),
            summary=f"{{{{ if $labels.gpu }}}}{_WHICH} is gone{{{{ else }}}}No GPU of {{{{ $labels.instance }}}} is measured any more ({{{{ $value }}}} were){{{{ end }}}}",
            description=f"{{{{ if $labels.gpu }}}}{_WHICH} (job {{{{ $labels.job }}}}) was measured within the {last(GONE_REMEMBERED)} and is not measured now, although its exporter answers.{{{{ else }}}}{{{{ $labels.instance }}}} (job {{{{ $labels.job }}}}) measured {{{{ $value }}}} GPUs within the {last(GONE_REMEMBERED)} and measures none now, although it answers. The driver hangs, one GPU is off the bus, or the exporter is at fault.{{{{ end }}}}",
            cannot_see=f"A GPU that was missing before it was ever measured, one of which the exporter reports nothing but errors, one of two exporters' copies of a card while the other still measures it under its own address, and the last card of an exporter that was replaced, where the new one does not answer or the cards have no UUID: nvidia-smi -L on the host. Nor that a host was taken away on purpose: its cards look lost for up to {span(GONE_REMEMBERED)} where a new exporter of its job answers and measures none yet.",
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
        cannot_see=f"One exporter of several that is no longer a target, one that was down before it ever measured a GPU, one that answers a scrape now and then, and a job of which another has begun to measure a card within the {last(NEW_FOR)}, which is taken for its new name: Prometheus' page of targets.",
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
            cannot_see="An idle GPU or MIG slice beside a busy one of the same model, or of any model where nothing names the pods of GPUs, and GPUs of pods that are not targets: the activity by GPU on its board.",
        ),
        Alert(
            name="GPUIdleButPaid",
            expr=instant(IDLE_BUT_PAID),
            for_="30m",
            severity=Severity.REPORT,
            also_explained_on=(("cost-and-energy", "GPUs"),),
            panel=("gpu", "Utilisation by GPU"),
            summary=f"{_WHICH} is reserved and does nothing",
            description=f"{_WHICH} was active for {{{{ $value | humanizePercentage }}}} of the {last(PAID_WINDOW)}, below {percent(limits.idle_ratio)}. More than {percent(limits.idle_memory_ratio)} of its memory is in use.",
            cannot_see=f"An idle GPU that reports no memory of its own, an idle MIG slice beside a busy one, and a GPU that was not measured throughout the {last(PAID_WINDOW)}: the table of GPUs on the cost board.",
        ),
    )
