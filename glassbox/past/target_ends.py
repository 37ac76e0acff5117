"""Targets that are gone: all their series end with a marker that no scrape has written.

A Prometheus ends the series of a target that it no longer knows about one interval after the last scrape, but none when it is
itself away, so it has to be asked about that time: an instant selector finds `up` for five minutes, or not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median_low

from glassbox.past.remote_write import STALE, Samples
from glassbox.past.staleness import Key, key_of
from glassbox.prometheus.samples import StoredSeries

STEP_SECONDS = 15
"""How exactly the end of a target is found."""
# Scrapes come late, and one may be missing; intervals of half a minute and more are seen from the samples.
_GAP = 2.5
_INTERVAL_MS = 15_000

Present = Callable[[int], tuple[range, Mapping[Key, Sequence[int]]]]
"""Given a start, returns the steps from there on, and those at which each `up` is found, all in milliseconds."""


class TargetEnds:
    """Finds the ends of targets in pieces of time, each after the one before."""

    def __init__(self) -> None:
        self._alive: dict[Key, tuple[Mapping[str, str], int]] = {}

    def found(
        self, ups: Iterable[StoredSeries], until_ms: int, present: Present
    ) -> dict[Key, tuple[Mapping[str, str], int]]:
        """The targets that end within the piece, with the labels of `up` and the moment; later samples may follow."""
        times = {key: [last] for key, (_, last) in self._alive.items()}
        for each in ups:
            key = key_of(each.labels)
            times.setdefault(key, []).extend(each.times_ms)
            self._alive[key] = (each.labels, each.times_ms[-1])
        gaps = {key: gap for key, moments in times.items() if (gap := _gap(moments, until_ms))}
        grid, seen = present(min(start for start, _ in gaps.values())) if gaps else (range(0), {})
        ended = {}
        for key, (start, end) in gaps.items():
            absent = _first_absent(grid, seen.get(key, ()), start, end)
            if absent is not None:
                labels, last = self._alive[key]
                ended[key] = (labels, absent)
                if last <= start:
                    del self._alive[key]
        return ended


def joined(series: Iterable[StoredSeries]) -> list[StoredSeries]:
    """The series of several answers about following times, each once."""
    found: dict[Key, StoredSeries] = {}
    for each in series:
        known = found.get(key_of(each.labels), StoredSeries(each.labels, [], []))
        times, values = [*known.times_ms, *each.times_ms], [*known.values, *each.values]
        found[key_of(each.labels)] = StoredSeries(each.labels, times, values)
    return list(found.values())


def with_ends(ups: Iterable[StoredSeries], ended: Mapping[Key, tuple[Mapping[str, str], int]]) -> Iterator[Samples]:
    """The series with their markers; those that ended without a sample in the piece, as a marker only."""
    left = dict(ended)
    for each in ups:
        samples = list(zip(each.times_ms, each.values, strict=True))
        if end := left.pop(key_of(each.labels), None):
            samples = sorted([*samples, (end[1], STALE)], key=_time)
        yield Samples(each.labels, [time for time, _ in samples], [value for _, value in samples])
    for labels, moment in left.values():
        yield Samples(labels, [moment], [STALE])


def _time(sample: tuple[int, float]) -> int:
    return sample[0]


def _gap(moments: Sequence[int], until_ms: int) -> tuple[int, int] | None:
    """The first gap between samples that is longer than scrapes can be late."""
    apart = [later - earlier for earlier, later in pairwise(moments)]
    longest = _GAP * (median_low(apart) if apart else _INTERVAL_MS)
    return next(((one, other) for one, other in pairwise([*moments, until_ms]) if other - one > longest), None)


def _first_absent(grid: range, seen: Sequence[int], start_ms: int, end_ms: int) -> int | None:
    """The first step within the gap at which nothing is found."""
    found = set(seen)
    return next((step for step in grid if start_ms < step < end_ms and step not in found), None)
