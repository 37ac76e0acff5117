"""Input series of a rule test, written out sample by sample, changed, and written back in promtool's notation."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby, zip_longest

from glassbox.compile.bundle import Json
from glassbox.metrics.scrape import UP
from tests.support.rule_cases import COUNTERS


class Mark(Enum):
    """What stands in the place of a value."""

    NOTHING = "_"
    STALE = "stale"


Sample = float | Mark

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_REPEATED = re.compile(r"(_|-?[\d.e]+)(?:([+-])([\d.e]+))?x(\d+)")


@dataclass(frozen=True)
class Series:
    """One input series, a sample for each scrape from time 0 on."""

    name: str
    labels: Mapping[str, str]
    samples: tuple[Sample, ...]

    @property
    def target(self) -> tuple[str, str]:
        return self.labels.get("job", ""), self.labels.get("instance", "")

    @property
    def is_counter(self) -> bool:
        return self.name in COUNTERS

    @property
    def is_scraped(self) -> bool:
        """Whether it comes from a target, and is no recorded series that a test gives."""
        return ":" not in self.name.removeprefix("vllm:")

    def with_labels(self, **labels: str) -> "Series":
        return replace(self, labels={**self.labels, **labels})

    def until(self, count: int) -> "Series":
        return replace(self, samples=self.samples[:count])

    def extended(self, count: int) -> "Series":
        """The series with this many samples: a counter grows on, a gauge that does not fall goes on, all else stays."""
        missing = count - len(self.samples)
        last = self.samples[-1] if self.samples else Mark.NOTHING
        if missing <= 0 or isinstance(last, Mark):
            return self
        before = self.samples[-2] if len(self.samples) > 1 else last
        step = 0.0 if isinstance(before, Mark) else max(0.0, last - before)
        return replace(self, samples=(*self.samples, *(last + step * (each + 1) for each in range(missing))))

    def restarted(self, at: int) -> tuple[Sample, ...]:
        """The samples from there on, of a counter as a new process counts: from 0, and what is added."""
        if not self.is_counter:
            return self.samples[at:]
        counted, before, samples = 0.0, None, list[Sample]()
        for sample in self.samples[at:]:
            if not isinstance(sample, Mark):
                counted += 0.0 if before is None else sample - before if sample >= before else sample
                before = sample
            samples.append(sample if isinstance(sample, Mark) else counted)
        return tuple(samples)

    def changed(self, change: Callable[[int, Sample], Sample]) -> "Series":
        """The series with each sample changed, given its number."""
        return replace(self, samples=tuple(change(number, sample) for number, sample in enumerate(self.samples)))

    def refined(self, times: int) -> "Series":
        """The same at so many times as many scrapes: a counter grows evenly between two of the given samples."""
        samples = [each for pair in self._pairs() for each in self._between(*pair, times)]
        return replace(self, samples=tuple(samples))

    def _pairs(self) -> Iterator[tuple[Sample, Sample]]:
        return zip(self.samples, (*self.samples[1:], self.samples[-1]), strict=True)

    def _between(self, sample: Sample, after: Sample, times: int) -> list[Sample]:
        if isinstance(sample, Mark):
            return [sample, *[Mark.NOTHING] * (times - 1)]
        grows = self.is_counter and not isinstance(after, Mark) and after > sample
        step = (after - sample) / times if grows and not isinstance(after, Mark) else 0.0
        return [sample + step * each for each in range(times)]


def answering(given: Iterable[Series]) -> list[Series]:
    """`up` of the targets for which a test gives none, as Prometheus has it while one of the target's series is there."""
    scraped: dict[tuple[str, str], list[Series]] = {}
    for series in given:
        if series.is_scraped:
            scraped.setdefault(series.target, []).append(series)
    return [
        Series(UP.name, {"job": job, "instance": instance}, tuple(map(_answers, _at_each_scrape(of_target))))
        for (job, instance), of_target in scraped.items()
        if instance and all(series.name != UP.name for series in of_target)
    ]


def _at_each_scrape(given: Iterable[Series]) -> Iterator[tuple[Sample, ...]]:
    return zip_longest(*(series.samples for series in given), fillvalue=Mark.NOTHING)


def _answers(samples: Iterable[Sample]) -> Sample:
    found = set(samples)
    if any(not isinstance(sample, Mark) for sample in found):
        return 1.0
    return Mark.STALE if Mark.STALE in found else Mark.NOTHING


def read_series(entry: Json) -> Series:
    """An entry of `input_series`."""
    name, _, labels = entry["series"].partition("{")
    samples = tuple(sample for word in str(entry["values"]).split() for sample in _samples(word))
    return Series(name.strip(), dict(_LABEL.findall(labels)), samples)


def _samples(word: str) -> list[Sample]:
    repeated = _REPEATED.fullmatch(word)
    if repeated is None:
        return [Mark(word) if word in ("_", "stale") else float(word)]
    start, sign, step, times = repeated.groups()
    if start == "_":
        return [Mark.NOTHING] * int(times)
    growth = float(f"{sign}{step}") if sign else 0.0
    return [float(start) + growth * each for each in range(int(times) + 1)]


def written(series: Series) -> Json:
    """The entry of `input_series`."""
    labels = ",".join(f'{label}="{value}"' for label, value in series.labels.items())
    return {"series": f"{series.name}{{{labels}}}", "values": " ".join(_words(series.samples))}


def _words(samples: Iterable[Sample]) -> Iterator[str]:
    """Equal samples in a row as one word."""
    for sample, group in groupby(samples):
        count = len(list(group))
        if sample is Mark.STALE:
            yield from ["stale"] * count
        elif isinstance(sample, Mark):
            yield f"_x{count}"
        else:
            yield f"{sample:.12g}x{count - 1}" if count > 1 else f"{sample:.12g}"
