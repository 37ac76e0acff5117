"""Staleness markers, which a range selector leaves out, restored where the server must have written them.

A scrape writes `up` with its own time, and ends each series that its target no longer exposes, or all of them when it fails,
with a marker of the same time (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness). So a series has a marker
at the first time of its target's `up` that it lacks. A rule writes them in the same way, with the times of its evaluations.
Without them an instant selector would find a series for five minutes after its end, where the server found none.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

from glassbox.past.remote_write import STALE, Samples
from glassbox.prometheus.samples import StoredSeries

Key = tuple[tuple[str, str], ...]


def key_of(labels: Mapping[str, str]) -> Key:
    """What distinguishes a series from all others."""
    return tuple(sorted(labels.items()))


class Scrapes:
    """When each target was scraped, from its series `up`, which arrives piece by piece."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], dict[Key, tuple[Mapping[str, str], list[int]]]] = {}

    def add(self, ups: Iterable[Samples]) -> None:
        """Note the scrapes of the next piece."""
        for each in ups:
            labels = {name: value for name, value in each.labels.items() if name != "__name__"}
            of_target = self._of.setdefault((labels.get("job", ""), labels.get("instance", "")), {})
            of_target.setdefault(key_of(labels), (labels, []))[1].extend(each.times_ms)

    def forget(self, until_ms: int) -> None:
        """Forget scrapes that all series have been compared with."""
        for of_target in self._of.values():
            for _, times in of_target.values():
                del times[: bisect_right(times, until_ms)]

    def of(self, labels: Mapping[str, str]) -> Sequence[int]:
        """The times of the target that exposes a series with these labels; none where that is not known."""
        for target, times in self._of.get((labels.get("job", ""), labels.get("instance", "")), {}).values():
            if target.items() <= labels.items():
                return times
        return ()


class Markers:
    """Adds the markers to series that arrive in pieces, each piece after the one before it."""

    def __init__(self) -> None:
        self._alive: dict[Key, Mapping[str, str]] = {}

    def added(
        self, series: Iterable[StoredSeries], scrapes: Scrapes, after_ms: int, until_ms: int
    ) -> Iterator[Samples]:
        """The series of (after, until] with markers; series that ended with the piece before, as a marker only."""
        ended = dict(self._alive)
        for each in series:
            key = key_of(each.labels)
            was_there = ended.pop(key, None) is not None
            times = _within(scrapes.of(each.labels), after_ms, until_ms)
            self._note(key, each.labels, bool(each.times_ms) and (not times or times[-1] <= each.times_ms[-1]))
            yield merged(each, times, was_there=was_there)
        for key, labels in ended.items():
            if times := _within(scrapes.of(labels), after_ms, until_ms):
                del self._alive[key]
                yield Samples(labels, times[:1], [STALE])

    def _note(self, key: Key, labels: Mapping[str, str], alive: bool) -> None:
        if alive:
            self._alive[key] = labels
        else:
            self._alive.pop(key, None)


def merged(series: StoredSeries, moments: Sequence[int], *, was_there: bool) -> Samples:
    """The series with a marker at the first of each run of moments that it lacks; `was_there` says that it existed before the first moment."""
    found = set(series.times_ms)
    # Samples with times of their own, which are not those of scrapes, get no markers either.
    if len(found) == len(moments) or not (found.intersection(moments) or not found):
        return Samples(series.labels, series.times_ms, series.values)
    markers = []
    for moment in moments:
        if was_there and moment not in found:
            markers.append(moment)
        was_there = moment in found
    if not markers:
        return Samples(series.labels, series.times_ms, series.values)
    together = sorted(
        [*zip(series.times_ms, series.values, strict=True), *((moment, STALE) for moment in markers)], key=_time
    )
    return Samples(series.labels, [time for time, _ in together], [value for _, value in together])


def _time(sample: tuple[int, float]) -> int:
    return sample[0]


def _within(times: Sequence[int], after_ms: int, until_ms: int) -> Sequence[int]:
    return times[bisect_right(times, after_ms) : bisect_right(times, until_ms)]
