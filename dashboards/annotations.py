"""What happened, drawn over every panel of every dashboard: starts of processes, firing alerts, deploys.

Shapes and meaning: Grafana's Prometheus annotations (`annotations.ts` of its Prometheus data source) and its annotation query by tags.
"""

from collections.abc import Collection
from typing import Any

from dashboards.choices import JOB, REPLICA, REPLICA_MODEL
from glassbox.board.variables import DATA_SOURCE, narrowed
from glassbox.metrics import process, prometheus_server
from glassbox.query.expr import Expr, regex
from glassbox.query.promql import instant
from glassbox.query.rules import Severity
from recording_rules import instances
from recording_rules.levels import TARGET

Json = dict[str, Any]

# Who deploys writes an annotation with this tag (POST /api/annotations, or a click into a panel).
DEPLOY_TAG = "deploy"
# Grafana joins events that are at most this far apart; alerts change no faster than they are evaluated.
STEP = "1m"
MILLISECONDS = 1000


def annotations(variable_names: Collection[str]) -> list[Json]:
    """The annotations of a dashboard with these variables, which narrow them as they narrow its panels."""
    chosen = [variable for variable in (JOB, REPLICA_MODEL, REPLICA) if variable.name in variable_names]
    # Alerts on targets carry no model and those on models no instance, so only the job narrows them.
    jobs = [variable for variable in chosen if variable is JOB]
    return [
        _event("Process starts", "blue", narrowed(_starts(), chosen), title="Start", text="{{instance}} ({{job}})")
        | {"useValueForTime": True},
        _event(
            "Firing alerts",
            "red",
            narrowed(_firing(), jobs),
            title="{{alertname}}",
            text="{{severity}}, {{job}}",
        )
        # Grafana prints the name of a label that an alert lacks, except among the tags.
        | {"tagKeys": "model_name,instance"},
        _tagged("Deploys", "purple", DEPLOY_TAG),
    ]


def _starts() -> Expr:
    """The moment when each replica's process started: the value is the time, so that no restart falls between two steps."""
    milliseconds = instant(process.START_TIME) * MILLISECONDS
    return milliseconds.and_(instant(instances.RUNNING), on=TARGET)


def _firing() -> Expr:
    """Each alert when it begins to fire: one that lasts, drawn all along, would hide the lines that it is about."""
    severities = regex("|".join((Severity.PAGE.value, Severity.TICKET.value)))
    firing = instant(prometheus_server.ALERTS, alertstate="firing", severity=severities)
    return firing.unless(firing.shifted(STEP))


def _event(name: str, color: str, expr: Expr, *, title: str, text: str) -> Json:
    return {
        "datasource": {"type": "prometheus", "uid": f"${{{DATA_SOURCE}}}"},
        "enable": True,
        "expr": str(expr),
        "iconColor": color,
        "name": name,
        "step": STEP,
        "textFormat": text,
        "titleFormat": title,
    }


def _tagged(name: str, color: str, tag: str) -> Json:
    return {
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "iconColor": color,
        "name": name,
        "target": {"limit": 100, "matchAny": True, "tags": [tag], "type": "tags"},
    }
