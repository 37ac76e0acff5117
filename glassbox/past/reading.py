"""Stored samples of somebody's Prometheus, read gently: a few requests at once, none with a large answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from glassbox.errors import GlassboxError
from glassbox.past.remote_write import write
from glassbox.past.side_by_side import side_by_side
from glassbox.past.staleness import Markers, Scrapes
from glassbox.prometheus.api import Prometheus, StoredAnswer, TooMuchError

AT_ONCE = 3
"""Requests at the same time."""
SAMPLES_AT_ONCE = 200_000
"""About as many samples as one answer should have: 5 MB of JSON."""
_SHORTEST_SECONDS = 60
_NAMES_AT_ONCE = 40
_MOMENTS = 8
UP = "up"


@dataclass(frozen=True)
class Portion:
    """Names that are read together, and about how many series they have."""

    names: tuple[str, ...]
    series: int

    @property
    def selector(self) -> str:
        return _selector(self.names)


@dataclass
class Tally:
    """What has been read so far."""

    series: int = 0
    samples: int = 0
    fetched_bytes: int = 0
    native_histograms: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, answer: StoredAnswer) -> None:
        """Count an answer."""
        with self.lock:
            self.samples += sum(len(each.times_ms) for each in answer.series)
            self.fetched_bytes += answer.size_bytes
            self.native_histograms = max(self.native_histograms, answer.native_histograms)


def series_of(prometheus: Prometheus, names: Sequence[str], start: int, end: int) -> dict[str, int]:
    """How many series each of the names has at most, at a few moments; names that none has then are left out."""
    found: dict[str, int] = {}
    step = max(60, (end - start) // _MOMENTS)
    for first in range(0, len(names), _NAMES_AT_ONCE):
        query = f"count by (__name__) ({_selector(names[first : first + _NAMES_AT_ONCE])})"
        for each in prometheus.range(query, start, end, step):
            found[each.labels.get("__name__", "")] = int(max(each.values.values(), default=0))
    return found


def portions(series: Mapping[str, int], piece_seconds: int, scrape_seconds: float) -> list[Portion]:
    """The names in portions of which a piece of time is one answer, as far as single names allow."""
    most = SAMPLES_AT_ONCE * scrape_seconds / piece_seconds
    found: list[Portion] = []
    names: list[str] = []
    total = 0
    for name, count in sorted(series.items()):
        if names and (total + count > most or len(names) == _NAMES_AT_ONCE):
            found.append(Portion(tuple(names), total))
            names, total = [], 0
        names.append(name)
        total += count
    return [*found, Portion(tuple(names), total)] if names else found


class Reader:
    """Reads portions piece by piece and writes them to our own Prometheus, with the markers of staleness put back."""

    def __init__(
        self, prometheus: Prometheus, own_url: str, portions: Sequence[Portion], scrape_seconds: float
    ) -> None:
        self._scrape_seconds = scrape_seconds
        self._prometheus, self._own_url, self._portions = prometheus, own_url, portions
        self._markers = {portion: Markers() for portion in portions}
        self._up = Markers()
        self.tally = Tally()

    def read(self, after_ms: int, until_ms: int) -> Iterator[Portion]:
        """Read what is within (after, until], and yield each portion when it was written; raises GlassboxError."""
        scrapes = self._scrapes(after_ms, until_ms)

        def work(portion: Portion) -> Portion:
            for answer, after, until in self._answers(portion, after_ms, until_ms):
                self.tally.add(answer)
                write(self._own_url, self._markers[portion].added(answer.series, scrapes, after, until))
            return portion

        yield from side_by_side(work, self._portions, AT_ONCE)

    def _scrapes(self, after_ms: int, until_ms: int) -> Scrapes:
        answers = list(self._answers(Portion((UP,), 1), after_ms, until_ms))
        for answer, _, _ in answers:
            self.tally.add(answer)
            write(self._own_url, self._up.added(answer.series, Scrapes(()), after_ms, until_ms))
        return Scrapes(each for answer, _, _ in answers for each in answer.series)

    def _answers(self, portion: Portion, after_ms: int, until_ms: int) -> Iterator[tuple[StoredAnswer, int, int]]:
        samples = max(1.0, portion.series * (until_ms - after_ms) / 1000 / self._scrape_seconds)
        slices = max(1, round(samples / SAMPLES_AT_ONCE))
        bounds = [after_ms + (until_ms - after_ms) // 1000 * number // slices * 1000 for number in range(slices)]
        for after, until in zip(bounds, [*bounds[1:], until_ms], strict=True):
            yield from self._halved(portion, after, until)

    def _halved(self, portion: Portion, after_ms: int, until_ms: int) -> Iterator[tuple[StoredAnswer, int, int]]:
        """The samples of (after, until], in two answers where one is too much for the server."""
        seconds = -(-(until_ms - after_ms) // 1000)
        try:
            yield self._prometheus.stored(portion.selector, until_ms, seconds), after_ms, until_ms
        except TooMuchError as error:
            if seconds < 2 * _SHORTEST_SECONDS:
                raise GlassboxError(f"{', '.join(portion.names)} cannot be read: {error}") from None
            middle = after_ms + seconds // 2 * 1000
            yield from self._halved(portion, after_ms, middle)
            yield from self._halved(portion, middle, until_ms)


def _selector(names: Sequence[str]) -> str:
    return f'{{__name__=~"{"|".join(map(re.escape, names))}"}}'
