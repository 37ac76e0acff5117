"""For how much of a window an alert could have fired at all: whether the series that its query reads were there.

An alert whose series are missing never fires, and neither does one whose condition never held. Only the second is a result.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import names_in
from glassbox.doctor.needs import PATTERN, missing
from glassbox.doctor.recorded import Holdings
from glassbox.errors import GlassboxError
from glassbox.past.scope import selector
from glassbox.prometheus.api import Prometheus, TooMuchError
from glassbox.prometheus.samples import SampledSeries

# How many moments of a window are looked at: an hour and a half apart in one of thirty days.
MOMENTS = 480
WHOLE_RATIO = 0.98
"""The share of a window from which on it counts as covered: restarts of a server leave small gaps."""
_NAMES_AT_ONCE = 60
_MINUTE_SECONDS = 60
# There wherever a server scrapes anything.
_ANY = "up"


class AlertStanding(Enum):
    """Whether an alert could have fired at all."""

    JUDGED = "judged"
    NOT_RECORDED = "not recorded"
    LACKING = "lacking"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Evidence:
    """Whether an alert could have fired, the share of the window (0..1) in which what it reads was there, and the series that it lacks.

    NOT_RECORDED lacks recorded series, LACKING measured ones; `problem` says why an alert is UNREADABLE.
    """

    standing: AlertStanding
    covered_ratio: float
    lacks: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class _Moments:
    """How often each set of names was there together; `number` is how often it was asked.

    The first moment with anything counts in part: for the time since the server had something.
    """

    names: Mapping[frozenset[str], float]
    number: int


class Witness:
    """Which series were there during a window, of those that queries and the rules of recorded series read.

    `recorded` are the queries of each recorded series; one of them is enough. `since` is when the server first had anything, to
    the minute, in Unix seconds: before it no rule ran there, and an alert on what is absent would be true of nothing. It is 0 if
    the server had something when the window began.
    """

    def __init__(
        self,
        prometheus: Prometheus,
        window: PastWindow,
        queries: Iterable[str],
        recorded: Mapping[str, Sequence[str]],
    ) -> None:
        self._prometheus, self._window, self._recorded = prometheus, window, recorded
        self.held = frozenset(prometheus.values_of("__name__", window.start, window.end))
        inner = (query for each in recorded.values() for query in each)
        self._wanted = {name for query in (*queries, *inner) for name in names_in(query)} | recorded.keys() | {_ANY}
        patterns = [name for name in self._wanted if PATTERN.search(name)]
        matched = {name for pattern in patterns for name in self.held if _fits(pattern, name)}
        moments = _seen(prometheus, window, sorted((self._wanted & self.held) | matched))
        self.since = _since(prometheus, moments)
        self._moments = _Moments(_counted(moments, self.since), len(moments))
        self._holdings = {names: _holdings(names, recorded) for names in self._moments.names}
        self._silent: dict[str, bool] = {}

    @property
    def saw_anything(self) -> bool:
        """Whether the server had any of the series at any of the moments, or `up`."""
        return any(self._moments.names)

    def knows(self, query: str) -> bool:
        """Whether it has looked for all that the query reads."""
        return self._wanted.issuperset(names_in(query))

    def of(self, query: str) -> Evidence:
        """Whether an alert with this query could have fired."""
        try:
            judged = {names: self._lacks(query, names) for names in self._moments.names}
        except GlassboxError as error:
            return Evidence(AlertStanding.UNREADABLE, 0.0, problem=str(error))
        covered = self._share(lambda names: bool(names) and not judged[names])
        if covered:
            return Evidence(AlertStanding.JUDGED, covered)
        # What the moment with the most series lacks.
        lacks = judged[max(judged, key=len)] if judged else (_ANY,)
        unrecorded = tuple(name for name in lacks if name in self._recorded)
        if unrecorded:
            return Evidence(AlertStanding.NOT_RECORDED, 0.0, unrecorded)
        return Evidence(AlertStanding.LACKING, 0.0, lacks or (_ANY,))

    def _share(self, holds: Callable[[frozenset[str]], bool]) -> float:
        total = sum(number for names, number in self._moments.names.items() if holds(names))
        return total / (self._moments.number or 1)

    def _lacks(self, query: str, names: frozenset[str]) -> tuple[str, ...]:
        """The measured series that the query lacks, else the recorded ones that are not recorded.

        All of the latter count: after `unless`, one that is not recorded would make the alert fire.
        """
        holdings = self._holdings[names]
        if measured := holdings.lacks(query):
            return measured
        read = (name for name in dict.fromkeys(names_in(query)) if name in self._recorded)
        unrecorded = [name for name in read if not holdings.lacks(name) and not self._is_recorded(name, names)]
        return tuple(unrecorded) or missing(query, lambda name: self._is_there(name, names, holdings))

    def _is_there(self, name: str, names: frozenset[str], holdings: Holdings) -> bool:
        if name in names:
            return True
        # Series that come and go with what fires: where there never is one, no rules may be loaded.
        if name in ("ALERTS", "ALERTS_FOR_STATE"):
            return name in self.held
        if PATTERN.search(name):
            return not holdings.lacks(f'{{__name__=~"{name}"}}')
        return name in self._recorded and self._is_recorded(name, names)

    def _is_recorded(self, name: str, names: frozenset[str]) -> bool:
        """Whether its rules ran at a moment with these names, whether or not its condition was met."""
        if name in names:
            return True
        return bool(names & self._recorded.keys()) and (name in self.held or self._is_silent(name))

    def _is_silent(self, name: str) -> bool:
        """Whether its rules would have recorded nothing: its absence then means that its condition never held."""
        if name not in self._silent:
            step = max(1, self._window.seconds // MOMENTS)
            self._silent[name] = False
            inner = {each for query in self._recorded[name] for each in names_in(query)} & self._recorded.keys()
            times = range(self._window.start, self._window.end + 1, step)
            self._silent[name] = all(each in self.held or self._is_silent(each) for each in inner) and not any(
                any(_at(self._prometheus, query, times)) for query in self._recorded[name]
            )
        return self._silent[name]


def _fits(pattern: str, name: str) -> bool:
    """Whether Prometheus' pattern of names matches the name; no if Python cannot read the pattern."""
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return False


def _holdings(names: frozenset[str], recorded: Mapping[str, Sequence[str]]) -> Holdings:
    """A recorded series that is there needs nothing else: it is often kept for longer than what it was made of."""
    return Holdings(names, {name: queries for name, queries in recorded.items() if name not in names})


def _seen(prometheus: Prometheus, window: PastWindow, names: Sequence[str]) -> dict[int, set[str]]:
    times = range(window.start, window.end + 1, max(_MINUTE_SECONDS, window.seconds // MOMENTS))
    moments: dict[int, set[str]] = {time: set() for time in times}
    for first in range(0, len(names), _NAMES_AT_ONCE):
        for series in _there(prometheus, names[first : first + _NAMES_AT_ONCE], times):
            for time in series.values:
                moments[time].add(series.labels.get("__name__", ""))
    return moments


def _counted(moments: Mapping[int, set[str]], since: int) -> dict[frozenset[str], float]:
    times = list(moments)
    step = times[1] - times[0]
    counted: dict[frozenset[str], float] = {}
    for time, names in moments.items():
        share = min(1.0, (time - since + _MINUTE_SECONDS) / step) if names else 1.0
        counted[frozenset(names)] = counted.get(frozenset(names), 0.0) + share
    return counted


def _since(prometheus: Prometheus, moments: Mapping[int, set[str]]) -> int:
    times = list(moments)
    number = next((number for number, time in enumerate(times) if moments[time]), 0)
    if number == 0:
        return 0
    before, first = times[number - 1 : number + 1]
    names = sorted(moments[first])[:_NAMES_AT_ONCE]
    found = _there(prometheus, names, range(before + _MINUTE_SECONDS, first + 1, _MINUTE_SECONDS))
    return min((time for series in found for time in series.values), default=first)


def _there(prometheus: Prometheus, names: Sequence[str], times: range) -> Iterator[SampledSeries]:
    """Which names have series at which times; what is too much for the server is asked for fewer names, then for fewer times."""
    query = f"count by (__name__) ({selector(names)})"
    if len(names) == 1:
        yield from _at(prometheus, query, times)
        return
    try:
        yield from prometheus.evaluated(query, times[0], times[-1], times.step)
    except TooMuchError:
        for part in (names[: len(names) // 2], names[len(names) // 2 :]):
            yield from _there(prometheus, part, times)


def _at(prometheus: Prometheus, query: str, times: range) -> Iterator[SampledSeries]:
    """The query at these times, in halves where all are too much for the server."""
    try:
        yield from prometheus.evaluated(query, times[0], times[-1], times.step)
    except TooMuchError:
        if len(times) == 1:
            raise
        for part in (times[: len(times) // 2], times[len(times) // 2 :]):
            yield from _at(prometheus, query, part)
