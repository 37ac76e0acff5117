"""One backtest: the alerts of a version, with other thresholds, or beside those of another version."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import click

from glassbox.backtest.alert_evaluation import Worked
from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.backtest_report import Backtest
from glassbox.backtest.history_difference import differences
from glassbox.backtest.looking_back import look_back, witness_of
from glassbox.backtest.other_thresholds import ThresholdTable, threshold_tables
from glassbox.backtest.past_source import NotReadError, Workshop
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.renamed_records import NotWorkedOutError, beside
from glassbox.backtest.rule_set import RuleSet, rule_set
from glassbox.backtest.standing import AlertStanding, Witness
from glassbox.cli.output import complain
from glassbox.cli.session import Session
from glassbox.compile.compiler import compile_rules
from glassbox.lint.words import counted
from glassbox.prometheus.api import Prometheus

_ALL = "All is worked out on this machine"
_BOTH = "What both versions record differently is worked out on this machine for each"
_OTHER = "What other thresholds would have recorded is worked out on this machine"


def _nothing(_: AlertRule) -> None:
    """Nobody counts."""


@dataclass(frozen=True)
class Run:
    """The rules, the server that has the past, and the workshop for series that it lacks; None to read only what it recorded."""

    prometheus: Prometheus
    rules: RuleSet
    window: PastWindow
    workshop: Workshop | None

    def compared_with(self, before: RuleSet, against: str) -> Backtest:
        """Only what fires differently than with the rules `before`, which `against` names."""
        anew = (lambda rules, alerts: self._look_anew(rules, alerts, _BOTH)) if self.workshop else None
        found = differences(before, self.rules, self._look, anew)
        histories = [side for each in found for side in (each.before, each.after) if side]
        return Backtest(self.window, self._source(histories), (), (), found, against)

    def all_alerts(self) -> Backtest:
        """Every alert."""
        alerts = self.rules.alerts
        with click.progressbar(length=len(alerts), label="Alerts", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:  # fmt: skip  # one thing is one line
            histories = self._look(self.rules, alerts, lambda _: bar.update(1))
        return Backtest(self.window, self._source(histories), histories)

    def other_thresholds(
        self, session: Session, histories: Sequence[AlertHistory], *, only_fired: bool
    ) -> tuple[ThresholdTable, ...]:
        """What these alerts of the session's content would have done with other thresholds, as far as they can be judged."""
        wanted = [
            each
            for each in histories
            if each.is_judged and not each.past.rule.is_heartbeat and (each.firings or not only_fired)
        ]
        content, read = session.content, [each.past.rule for each in wanted]
        tables = threshold_tables(
            session.settings,
            lambda settings: rule_set(compile_rules(content, settings)),
            self.rules,
            wanted,
            self._look,
            look_anew=(lambda rules, alerts: self._look_anew(rules, alerts, _OTHER, read)) if self.workshop else None,
        )
        return tuple(tables)

    @cached_property
    def _everything(self) -> bool:
        return self.workshop is not None and self.workshop.how.everything

    @cached_property
    def _witness(self) -> Witness:
        return witness_of(self.prometheus, self.rules, self.window)

    def _look(self, rules: RuleSet, alerts: Sequence[AlertRule], worked: Worked = _nothing) -> Sequence[AlertHistory]:
        """The alerts over what was recorded there; those whose series were not recorded, over what is worked out here."""
        if not alerts:
            return ()
        if self._everything:
            return self._look_here(rules, alerts, _ALL, worked=worked)
        found = self._look_there(rules, alerts, worked)
        missing = [each.past.rule for each in found if each.evidence.standing is AlertStanding.NOT_RECORDED]
        if self.workshop is None or not missing:
            return found
        read = "reads" if len(missing) == 1 else "read"
        why = f"What {counted(len(missing), 'alert')} {read} is not recorded there, and is worked out on this machine"
        try:
            here = iter(self._look_here(rules, missing, why, worked=worked))
        except NotReadError as error:
            complain(f"{error} Nothing is known of {'that alert' if len(missing) == 1 else 'those alerts'}.")
            return found
        return [next(here) if each.evidence.standing is AlertStanding.NOT_RECORDED else each for each in found]

    def _look_there(self, rules: RuleSet, alerts: Sequence[AlertRule], worked: Worked) -> Sequence[AlertHistory]:
        # Versions of one alert mostly read the same series, and what was there need not be asked again.
        is_known = all(
            self._witness.knows(rule.query) and rules.records_alike(self.rules, rule.query) for rule in alerts
        )
        witness = self._witness if is_known else witness_of(self.prometheus, rules, self.window)
        return look_back(self.prometheus, alerts, witness, self.window, worked)

    def _look_anew(
        self, rules: RuleSet, alerts: Sequence[AlertRule], why: str, later: Sequence[AlertRule] = ()
    ) -> Sequence[AlertHistory]:
        """Like `_look_here`, but raises NotWorkedOutError if there is nothing to read, or too much without consent."""
        try:
            return self._look_here(rules, alerts, why, later)
        except NotReadError as error:
            raise NotWorkedOutError(error.reason) from None

    def _look_here(
        self,
        rules: RuleSet,
        alerts: Sequence[AlertRule],
        why: str,
        later: Sequence[AlertRule] = (),
        worked: Worked = _nothing,
    ) -> Sequence[AlertHistory]:
        """The alerts over what is worked out here; what the `later` alerts read may be fetched at the same time.

        Raises NotWorkedOutError if that is not possible, and NotReadError.
        """
        if self.workshop is None or not alerts:
            return ()
        version, old_names = beside(rules, self.rules, self.workshop.new_mark())
        part = version.only([version.alerts[rules.alerts.index(rule)] for rule in alerts])
        place = self.workshop.place_for(part, version, why, self.rules.only(later) if later else None)
        witness = Witness(place, self.window, (rule.query for rule in part.alerts), part.recorded)
        found = look_back(place, part.alerts, witness, self.window, worked)
        return [
            replace(
                each,
                past=replace(each.past, rule=rule),
                evidence=replace(each.evidence, lacks=tuple(old_names.get(name, name) for name in each.evidence.lacks)),
                worked_out=True,
            )
            for rule, each in zip(alerts, found, strict=True)
        ]

    def _source(self, histories: Sequence[AlertHistory]) -> str:
        """Whose recorded series were read."""
        here = {each.name for each in histories if each.worked_out}
        if here and all(each.worked_out for each in histories):
            return f"worked out from the series of {self.prometheus.url}"
        besides = f", and worked out from its series for {counted(len(here), 'alert')}" if here else ""
        return f"as recorded in {self.prometheus.url}{besides}"
