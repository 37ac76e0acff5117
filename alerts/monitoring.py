"""Alerts on the monitoring itself: an alert that reads nothing is silent, however bad things are."""

from kit.expr import Expr
from kit.promql import always, increase, instant
from kit.rules import Alert, AlertGroup, Severity, Subject
from kit.settings import Settings
from metrics import prometheus, scrape
from recording_rules import instances
from recording_rules.levels import TARGET

_FAILURES_WINDOW = "5m"


def _mute() -> Expr:
    """Targets that answer scrapes and expose nothing that boards and alerts read."""
    return instant(scrape.UP).equals(1).unless(instant(instances.RUNNING), on=TARGET)


def group(settings: Settings) -> AlertGroup:
    """The alerts; they have no thresholds that differ by installation."""
    return AlertGroup(
        "monitoring",
        Subject.MONITORING,
        (
            Alert(
                name="InferenceTargetMute",
                # The product drops the name `up`, which Grafana would take for a label.
                expr=_mute() * 1,
                for_="5m",
                severity=Severity.TICKET,
                panel=("monitoring", "Jobs"),
                summary="{{ $labels.job }} on {{ $labels.instance }} answers scrapes and says nothing",
                description="{{ $labels.instance }} of {{ $labels.job }} has been up for 5 minutes without metrics of its engine or requests: "
                "no other alert sees it.",
            ),
            Alert(
                name="PrometheusRuleFailures",
                expr=increase(prometheus.RULE_FAILURES, _FAILURES_WINDOW) > 0,
                # Twice the window: a failure that does not come again is out of it by then.
                for_="10m",
                severity=Severity.TICKET,
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
