"""The alerts of one version over a window of the past."""

from collections.abc import Sequence

from glassbox.backtest.alert_evaluation import AlertPast, Worked, evaluate_all
from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet
from glassbox.backtest.standing import AlertStanding, Witness
from glassbox.backtest.time_words import moment
from glassbox.errors import GlassboxError
from glassbox.prometheus.api import Prometheus


def witness_of(prometheus: Prometheus, rules: RuleSet, window: PastWindow) -> Witness:
    """Which of the series that the alerts read were there; raises GlassboxError if there is nothing, not even `up`."""
    witness = Witness(prometheus, window, (rule.query for rule in rules.alerts), rules.recorded)
    if not witness.saw_anything:
        raise GlassboxError(
            f"Prometheus at {prometheus.url} has nothing from {moment(window.start)} to {moment(window.end)} UTC that alerts "
            "read, not even up: choose another --window or --end, or see how long it keeps samples."
        )
    return witness


def look_back(
    prometheus: Prometheus,
    alerts: Sequence[AlertRule],
    witness: Witness,
    window: PastWindow,
    worked: Worked = lambda _: None,
) -> tuple[AlertHistory, ...]:
    """The history of each alert; those that could not have fired are not evaluated. Raises GlassboxError."""
    evidence = [witness.of(rule.query) for rule in alerts]
    judged = [rule for rule, found in zip(alerts, evidence, strict=True) if found.standing is AlertStanding.JUDGED]
    evaluated = iter(evaluate_all(prometheus, judged, window, worked, witness.since))
    return tuple(
        AlertHistory(next(evaluated) if found.standing is AlertStanding.JUDGED else AlertPast(rule, ()), found, window)
        for rule, found in zip(alerts, evidence, strict=True)
    )
