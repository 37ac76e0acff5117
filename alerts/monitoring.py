"""Alerts on the monitoring itself: rules that fail and alerts that do not arrive are silent, however bad things are."""

from glassbox.metrics import prometheus_server
from glassbox.query.promql import always, increase
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.settings.model import Settings

_FAILURES_WINDOW = "5m"


def group(settings: Settings) -> AlertGroup:
    """The alerts; they have no thresholds that differ by installation."""
    return AlertGroup(
        "monitoring",
        Subject.MONITORING,
        (
            Alert(
                name="PrometheusRuleFailures",
                expr=increase(prometheus_server.RULE_FAILURES, _FAILURES_WINDOW) > 0,
                # Twice the window: a failure that does not come again is out of it by then.
                for_="10m",
                severity=Severity.TICKET,
                also_explained_on=(("monitoring", "Rule failures"),),
                panel=("monitoring", "Rule failures by group"),
                summary="Rules fail in {{ $labels.rule_group }}",
                description="{{ $value | humanize }} evaluations of rules in {{ $labels.rule_group }} failed within 5 minutes, "
                "and some for ten: their series and alerts are missing.",
            ),
            Alert(
                name="Watchdog",
                expr=always(),
                for_="0s",
                severity=Severity.HEARTBEAT,
                panel=("monitoring", "Alerts nobody took"),
                summary="Alerts reach their receiver",
                description="This alert always fires. When it stops arriving, Prometheus, Alertmanager or the way between them is broken.",
            ),
        ),
    )
