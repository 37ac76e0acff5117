"""One backtest: the alerts of a version, with other thresholds, or beside those of another version."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import click

from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.backtest_report import Backtest
from glassbox.backtest.history_difference import differences
from glassbox.backtest.looking_back import look_back, witness_of
from glassbox.backtest.other_thresholds import ThresholdTable, threshold_tables
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet, rule_set
from glassbox.backtest.standing import Witness
from glassbox.cli.session import Session
from glassbox.compile.compiler import compile_rules
from glassbox.prometheus.api import Prometheus


@dataclass(frozen=True)
class Run:
    """The rules, the past that they are evaluated over, and the words for where it is from."""

    prometheus: Prometheus
    rules: RuleSet
    window: PastWindow
    source: str

    def compared_with(self, before: RuleSet, against: str) -> Backtest:
        """Only what fires otherwise than with these rules, which are called so."""
        return Backtest(self.window, self.source, (), (), differences(before, self.rules, self._look), against)

    def all_alerts(self) -> Backtest:
        """Every alert."""
        alerts = self.rules.alerts
        with click.progressbar(length=len(alerts), label="Alerts", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:  # fmt: skip  # one thing is one line
            histories = look_back(self.prometheus, alerts, self._witness, self.window, lambda _: bar.update(1))
        return Backtest(self.window, self.source, histories)

    def other_thresholds(
        self, session: Session, histories: Sequence[AlertHistory], *, only_fired: bool
    ) -> tuple[ThresholdTable, ...]:
        """What these alerts of the session's own would have done with others, as far as they can be judged."""
        wanted = [
            each
            for each in histories
            if each.is_judged and not each.past.rule.is_heartbeat and (each.firings or not only_fired)
        ]
        content = session.content
        tables = threshold_tables(
            session.settings,
            lambda settings: rule_set(compile_rules(content, settings)),
            self.rules,
            wanted,
            self._look,
        )
        return tuple(tables)

    @cached_property
    def _witness(self) -> Witness:
        return witness_of(self.prometheus, self.rules, self.window)

    def _look(self, rules: RuleSet, alerts: Sequence[AlertRule]) -> Sequence[AlertHistory]:
        if not alerts:
            return ()
        # Versions of one alert mostly read the same series, and what was there need not be asked again.
        is_known = all(
            self._witness.knows(rule.query) and rules.records_alike(self.rules, rule.query) for rule in alerts
        )
        witness = self._witness if is_known else witness_of(self.prometheus, rules, self.window)
        return look_back(self.prometheus, alerts, witness, self.window)
