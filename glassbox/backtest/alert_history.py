"""What the firings of an alert say about it: how often, how long, on what, and whether it is worth its noise."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from math import isnan

from glassbox.backtest.alert_evaluation import AlertPast
from glassbox.backtest.alert_states import Firing
from glassbox.backtest.board_address import board_address
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.standing import AlertStanding, Evidence
from glassbox.backtest.worse import worse_direction

DAY_SECONDS = 86400
WEEK_SECONDS = 7 * DAY_SECONDS
# Ours: nobody looks at what comes every day, and what is there for a tenth of the time is taken for normal.
NOISY_PER_WEEK = 7.0
NOISY_SHARE_RATIO = 0.1
# Ours: three times, so that one incident that comes back does not make an alert a flapping one.
FLAPPING_TIMES = 3
AGAIN_WITHIN_SECONDS = 600


@dataclass(frozen=True)
class Incident:
    """A time in which at least one instance of the alert fired; `ended` is the window's end where `ongoing`."""

    started: int
    ended: int
    ongoing: bool

    @property
    def seconds(self) -> int:
        return self.ended - self.started


@dataclass(frozen=True)
class AlertHistory:
    """One alert's past in the window, with what was there for it to read, and whether that was worked out here."""

    past: AlertPast
    evidence: Evidence
    window: PastWindow
    worked_out: bool = False

    @property
    def name(self) -> str:
        return self.past.rule.name

    @property
    def is_judged(self) -> bool:
        """Whether its silence would mean anything."""
        return self.evidence.standing is AlertStanding.JUDGED and not self.past.problem

    @property
    def firings(self) -> tuple[Firing, ...]:
        return self.past.firings

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """Firings that overlap or follow at once, joined."""
        joined: list[Incident] = []
        for each in self.firings:
            ended = self._end(each)
            if joined and each.started <= joined[-1].ended:
                last = joined.pop()
                joined.append(Incident(last.started, max(last.ended, ended), last.ongoing or each.ended is None))
            else:
                joined.append(Incident(each.started, ended, each.ended is None))
        return tuple(joined)

    @property
    def total_seconds(self) -> int:
        """The time in which at least one instance fired."""
        return sum(each.seconds for each in self.incidents)

    @property
    def longest_seconds(self) -> int:
        """The longest firing of one instance."""
        return max((self._end(each) - each.started for each in self.firings), default=0)

    @property
    def judged_seconds(self) -> float:
        """The part of the window in which what it reads was there, or in which it fired anyway."""
        return max(self.window.seconds * self.evidence.covered_ratio, float(self.total_seconds))

    @property
    def share_ratio(self) -> float:
        """The share of the judged time in which it fired."""
        return self.total_seconds / self.judged_seconds if self.judged_seconds else 0.0

    @property
    def per_week(self) -> float | None:
        """Incidents per week of the time that is judged; None where that is less than a day, which says nothing about a week."""
        if self.judged_seconds < DAY_SECONDS:
            return None
        return len(self.incidents) * WEEK_SECONDS / self.judged_seconds

    @cached_property
    def worst(self) -> Firing | None:
        """The firing with the worst value; the longest of several."""
        worse = worse_direction(self.past.rule.query)
        found: Firing | None = None
        for each in sorted(self.firings, key=lambda each: each.started - self._end(each)):
            if found is None or worse(each.peak, found.peak):
                found = each
        return found

    @property
    def worst_address(self) -> str:
        """The address of the board at the time of the worst firing; empty where the alert names none."""
        if (worst := self.worst) is None:
            return ""
        return board_address(self.past.rule.dashboard, worst.labels, worst.started, self._end(worst))

    @cached_property
    def fired_again(self) -> int:
        """How often an instance fired within minutes of its own end."""
        by_instance = sorted(self.firings, key=lambda each: (sorted(each.labels.items()), each.started))
        return sum(
            1
            for _, same in groupby(by_instance, key=lambda each: sorted(each.labels.items()))
            for before, after in pairwise(same)
            if after.started - self._end(before) <= AGAIN_WITHIN_SECONDS
        )

    @property
    def is_flapping(self) -> bool:
        return self.fired_again >= FLAPPING_TIMES

    @property
    def comes_often(self) -> bool:
        """More than once a day, whatever the length of the window; one incident is not often."""
        return len(self.incidents) > 1 and (self.per_week or 0.0) > NOISY_PER_WEEK

    @property
    def is_noisy(self) -> bool:
        """Whether it comes often, or is there for long without that being its intention."""
        return not self.past.rule.is_heartbeat and (self.comes_often or self.share_ratio > NOISY_SHARE_RATIO)

    def _end(self, firing: Firing) -> int:
        return self.window.end if firing.ended is None else min(firing.ended, self.window.end)


def shown_value(value: float) -> str:
    """A value of a query, short enough for a table."""
    return "not a number" if isnan(value) else f"{value:.4g}"
