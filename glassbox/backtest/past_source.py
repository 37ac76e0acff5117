"""Series that no rules recorded there, worked out here: a Prometheus of ours with what alerts read in a window."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Self

from glassbox.backtest.alert_evaluation import before_window
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet
from glassbox.cli.output import complain
from glassbox.errors import GlassboxError
from glassbox.files import temporary_folder
from glassbox.past.limits import ASKED_ABOVE, ASKED_ABOVE_BYTES, TOO_MUCH
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.past_rules import PastRules
from glassbox.past.progress_line import ProgressLine
from glassbox.past.shortfalls import not_as_recorded
from glassbox.past.working_out import Plan, Worker, needed_names, planned
from glassbox.prometheus.api import Prometheus
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import ended_by_signals
from glassbox.syntax.parsing import parsed


class NotReadError(GlassboxError):
    """There is nothing to read, or more than is read without asking; `reason` says so as a part of a sentence."""

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True)
class WorkingOut:
    """How much more than the window is read, whether somebody agreed to fetch a lot, and whether even recorded series are worked out."""

    look_back_seconds: int
    agreed: bool
    everything: bool = False


@dataclass(frozen=True)
class _Place:
    """A Prometheus of ours, and what fills it."""

    prometheus: Prometheus
    worker: Worker

    def has_for(self, rules: PastRules, start_seconds: int) -> bool:
        """Whether everything that the rules need from that time on was read."""
        plan = self.worker.plan
        return needed_names(rules, plan.names) <= plan.needed and plan.start_seconds <= start_seconds


class Workshop:
    """Works recorded series out of the raw series of a server when they are asked for; nothing is left behind at the end."""

    def __init__(self, asked: Prometheus, window: PastWindow, how: WorkingOut) -> None:
        self._asked, self._window, self.how = asked, window, how
        self._places: list[_Place] = []
        self._ending = ExitStack()
        self._marks = 0
        # One for all: what is said now and then is said so over all that is worked out.
        self._progress = ProgressLine()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def new_mark(self) -> str:
        """A mark that no other version of a recorded series has here."""
        self._marks += 1
        return f"version{self._marks}"

    def place_for(self, rules: RuleSet, whole: RuleSet, why: str, later: RuleSet | None = None) -> Prometheus:
        """A Prometheus of ours with what the alerts of the rules read; `rules` are a part of `whole`.

        Says on stderr how much is read from the server, after `why`. It may include what other rules need `later`.
        Raises NotReadError, and GlassboxError.
        """
        wanted = _past_rules(rules, whole)
        start = min(before_window(rule, self._window) for rule in whole.alerts)
        progress = self._progress
        try:
            for place in self._places:
                if place.has_for(wanted, start):
                    place.worker.work_out_too(wanted, progress.say)
                    return place.prometheus
            self._places.append(self._begun(wanted, _past_rules(later, whole) if later else wanted, start, why))
            self._say_what_is_cut(rules)
            self._places[-1].worker.go_on(self._window.end, progress.say)
        finally:
            progress.end()
        for line in not_as_recorded(self._places[-1].worker):
            complain(line)
        return self._places[-1].prometheus

    def _begun(self, wanted: PastRules, later: PastRules, start: int, why: str) -> _Place:
        plan = planned(self._asked, _together(wanted, later), start, self._window.end, self.how.look_back_seconds)
        self._say(plan, why)
        ensure_components()
        if not self._places:
            self._ending.enter_context(ended_by_signals())
        folder = self._ending.enter_context(temporary_folder("backtest"))
        own = self._ending.enter_context(own_prometheus(folder / "data"))
        prometheus = self._ending.enter_context(Prometheus(own.url))
        return _Place(prometheus, Worker(self._asked, wanted, own.url, plan))

    def _say(self, plan: Plan, why: str) -> None:
        if not plan.series:
            raise NotReadError(
                f"Prometheus at {self._asked.url} has no series in this time to work out what alerts read.",
                "there are no raw series to work it out of",
            )
        megabytes = plan.estimated_bytes / 1e6
        complain(
            f"{why}: {sum(plan.series.values())} series are read from {self._asked.url}, about {megabytes:.0f} MB."
        )
        if plan.estimated_bytes > ASKED_ABOVE_BYTES and not self.how.agreed:
            raise NotReadError(TOO_MUCH, f"more than {ASKED_ABOVE} would be read for that, which needs --yes")

    def _say_what_is_cut(self, rules: RuleSet) -> None:
        cut = self._places[-1].worker.cut.keys()
        if short := [rule.name for rule in rules.alerts if rules.read_by(rule.query).keys() & cut]:
            complain(
                f"At the beginning of the window {', '.join(short)} {'sees' if len(short) == 1 else 'see'} less than "
                f"{'it looks' if len(short) == 1 else 'they look'} back: give a longer --look-back."
            )


def _past_rules(rules: RuleSet, whole: RuleSet) -> PastRules:
    """What is worked out for the alerts, without rules that are not PromQL here."""
    queries = (*(rule.expr for rule in whole.records), *(rule.query for rule in whole.alerts))
    return PastRules(
        records=tuple(rule for rule in rules.records if _is_promql(rule.expr)),
        alerts=(),
        queries=tuple(rule.query for rule in rules.alerts if _is_promql(rule.query)),
        naming_jobs=tuple(filter(_is_promql, queries)),
    )


def _together(one: PastRules, other: PastRules) -> PastRules:
    return replace(one, records=(*one.records, *other.records), queries=(*one.queries, *other.queries))


def _is_promql(query: str) -> bool:
    try:
        parsed(query)
    except GlassboxError:
        return False
    return True
