"""Stored samples of somebody's Prometheus, read gently: a few requests at once, none with a large answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

from glassbox.doctor.listing import some
from glassbox.errors import GlassboxError
from glassbox.past.remote_write import write
from glassbox.past.scope import ReadScope, selector
from glassbox.past.side_by_side import side_by_side
from glassbox.past.staleness import Key, Markers, Scrapes, key_of
from glassbox.past.target_ends import STEP_SECONDS, TargetEnds, joined, with_ends
from glassbox.prometheus.api import Prometheus, TooMuchError
from glassbox.prometheus.samples import StoredAnswer

AT_ONCE = 3
"""Requests at the same time."""
SAMPLES_AT_ONCE = 200_000
"""About as many samples as one answer should have: 5 MB of JSON."""
_SHORTEST_SECONDS = 60
_NAMES_AT_ONCE = 40
UP = "up"


@dataclass(frozen=True)
class Portion:
    """Names that are read together, about how many series they have, and a pattern of the jobs to read; "" means all."""

    names: tuple[str, ...]
    series: int
    jobs: str = ""

    @property
    def selector(self) -> str:
        return selector(self.names, self.jobs)


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


def portions(scope: ReadScope, piece_seconds: int, scrape_seconds: float) -> list[Portion]:
    """The names except `up` in portions that are one answer per piece of time, unless a single name has more."""
    most = SAMPLES_AT_ONCE * scrape_seconds / piece_seconds
    found: list[Portion] = []
    for name, count in sorted(scope.series.items(), key=lambda each: (scope.jobs_of(each[0]), each[0])):
        last, jobs = found[-1] if found else None, scope.jobs_of(name)
        if name == UP:
            continue
        if last and last.jobs == jobs and last.series + count <= most and len(last.names) < _NAMES_AT_ONCE:
            found[-1] = Portion((*last.names, name), last.series + count, jobs)
        else:
            found.append(Portion((name,), count, jobs))
    return found


class Reader:
    """Reads portions piece by piece and writes them to our own Prometheus, with the markers of staleness put back."""

    def __init__(
        self, prometheus: Prometheus, own_url: str, scope: ReadScope, piece_seconds: int, scrape_seconds: float
    ) -> None:
        self._scrape_seconds = scrape_seconds
        self.portions = portions(scope, piece_seconds, scrape_seconds)
        self._up = Portion((UP,), scope.series.get(UP, 1), scope.jobs_of(UP))
        self._prometheus, self._own_url = prometheus, own_url
        self._markers = {portion: Markers() for portion in self.portions}
        self._reached_ms: dict[Portion, int] = {}
        self._ends = TargetEnds()
        self._scrapes = Scrapes()
        self.tally = Tally()

    def read(self, after_ms: int, until_ms: int) -> Iterator[Portion]:
        """Read what is within (after, until], and yield each portion once it is written; raises GlassboxError.

        After an error the same piece can be read again: what has been written is not read twice.
        """
        self._read_up(self._reached_ms.get(self._up, after_ms), until_ms)
        self._scrapes.forget(min((self._reached_ms.get(each, after_ms) for each in self.portions), default=after_ms))
        yield from side_by_side(lambda portion: self._read(portion, after_ms, until_ms), self.portions, AT_ONCE)

    def _read(self, portion: Portion, after_ms: int, until_ms: int) -> Portion:
        after_ms = self._reached_ms.get(portion, after_ms)
        for answer, after, until in self._answers(portion, after_ms, until_ms) if after_ms < until_ms else ():
            write(self._own_url, self._markers[portion].added(answer.series, self._scrapes, after, until))
            self._reached_ms[portion] = until
            self.tally.add(answer)
        return portion

    def _read_up(self, after_ms: int, until_ms: int) -> None:
        """Read `up` before all others, since the times of scrapes show where other series end."""
        if after_ms >= until_ms:
            return
        answers = [answer for answer, _, _ in self._answers(self._up, after_ms, until_ms)]
        for answer in answers:
            self.tally.add(answer)
        ups = joined(each for answer in answers for each in answer.series)
        ended = self._ends.found(ups, until_ms, lambda start_ms: self._present(start_ms, until_ms))
        written = list(with_ends(ups, ended))
        write(self._own_url, written)
        self._scrapes.add(written)
        self._reached_ms[self._up] = until_ms

    def _present(self, start_ms: int, until_ms: int) -> tuple[range, dict[Key, Sequence[int]]]:
        """The moments at which an instant selector finds each target's `up`."""
        first = -(-start_ms // 1000)
        grid = range(first * 1000, max(first * 1000, until_ms) + 1, STEP_SECONDS * 1000)
        found = self._prometheus.range(self._up.selector, first, grid[-1] // 1000, STEP_SECONDS)
        return grid, {key_of(each.labels): [moment * 1000 for moment in each.values] for each in found}

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
                raise GlassboxError(f"{some(portion.names)} cannot be read: {error}") from None
            middle = after_ms + seconds // 2 * 1000
            yield from self._halved(portion, after_ms, middle)
            yield from self._halved(portion, middle, until_ms)
