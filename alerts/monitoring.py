"""Alerts on the monitoring itself. Rules that fail and alerts that do not arrive are silent, however bad things are."""

from glassbox.metrics import prometheus_server
from glassbox.query.promql import always, increase
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import last
from glassbox.settings.model import Settings

_FAILURES_WINDOW = "5m"


def group(settings: Settings) -> AlertGroup:
    """The alerts. They have no thresholds that differ by installation."""
    return AlertGroup(
        "monitoring",
        Subject.MONITORING,
        (
            Alert(
                name="PrometheusRuleFailures",
                expr=increase(prometheus_server.RULE_FAILURES, _FAILURES_WINDOW) > 0,
                # Twice the window: a failure that does not repeat has left the window by then.
                for_="10m",
                severity=Severity.TICKET,
                also_explained_on=(("monitoring", "Rule failures"),),
                panel=("monitoring", "Rule failures by group"),
                summary="Rules fail in {{ $labels.rule_group }}",
                description=f"{{{{ $value | humanize }}}} rule evaluations in {{{{ $labels.rule_group }}}} failed within the {last(_FAILURES_WINDOW)}, and they keep failing. Their series and alerts are missing.",
            ),
            Alert(
                name="Watchdog",
                expr=always(),
                for_="0s",
                severity=Severity.HEARTBEAT,
                panel=("monitoring", "Alerts nobody took"),
                summary="Alerts reach their receiver",
                description="This alert always fires. If it stops arriving, Prometheus, Alertmanager or the connection between them is broken.",
            ),
        ),
    )
