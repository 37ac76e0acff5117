"""What happened, drawn over every panel of every dashboard: starts of processes, firing alerts, deploys."""

from dashboards.choices import JOB, REPLICA, REPLICA_MODEL
from glassbox.board.annotation import Annotation, QueriedEvents, TaggedEvents
from glassbox.metrics import process, prometheus_server
from glassbox.query.expr import Expr
from glassbox.query.promql import instant
from glassbox.query.rules import Severity
from glassbox.query.selectors import regex
from recording_rules import instances
from recording_rules.levels import TARGET

# Whoever deploys writes an annotation with this tag (POST /api/annotations, or a click into a panel).
DEPLOY_TAG = "deploy"
# Alerts change no faster than they are evaluated.
STEP = "1m"
MILLISECONDS = 1000


def _starts() -> Expr:
    """The time at which each replica's process started. The value is the time, so that no restart falls between two steps."""
    milliseconds = instant(process.START_TIME) * MILLISECONDS
    return milliseconds.and_(instant(instances.RUNNING), on=TARGET)


def _firing() -> Expr:
    """Each alert when it begins to fire. Drawn for as long as it lasts, it would hide the lines that it is about."""
    severities = regex("|".join((Severity.PAGE.value, Severity.TICKET.value)))
    firing = instant(prometheus_server.ALERTS, alertstate="firing", severity=severities)
    return firing.unless(firing.shifted(STEP))


ANNOTATIONS: tuple[Annotation, ...] = (
    QueriedEvents(
        name="Process starts",
        color="blue",
        query=_starts(),
        narrowed_by=(JOB, REPLICA_MODEL, REPLICA),
        at_value=True,
        title="Start",
        text="{{instance}} ({{job}})",
        step=STEP,
    ),
    QueriedEvents(
        name="Firing alerts",
        color="red",
        query=_firing(),
        # Alerts on targets carry no model and those on models no instance, so only the job narrows them.
        narrowed_by=(JOB,),
        title="{{alertname}}",
        text="{{severity}}, {{job}}",
        # Grafana prints the name of a label that an alert lacks, except among the tags.
        tags=("model_name", "instance"),
        step=STEP,
    ),
    TaggedEvents(name="Deploys", color="purple", tag=DEPLOY_TAG),
)
