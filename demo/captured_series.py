"""The series of captures of one server, as functions of what it has lived through (`demo/server_life.py`)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from demo.captures import Capture
from demo.server_life import Moment
from glassbox.errors import GlassboxError

# prometheus_client adds `_total` to every counter that it reads, and so to those of TGI and Triton, which have none.
BARE_COUNTER = "counter without _total"
GROWING_TYPES = frozenset({"counter", BARE_COUNTER, "histogram", "summary"})
# What a process says of itself as long as it runs.
_STANDING = ("_info", "_created", "_start_time_seconds")

SampleKey = tuple[str, tuple[tuple[str, str], ...]]
Samples = dict[SampleKey, float]


@dataclass(frozen=True)
class Counted:
    """A series that grows from its `start`, by so much in one span of each capture; `whole` says that it has whole numbers only."""

    name: str
    labels: dict[str, str]
    start: float
    growths: tuple[float, ...]
    whole: bool

    def at(self, moment: Moment) -> float:
        """Its value then; whole numbers are rounded down."""
        value = self.start
        for growth, spans in zip(self.growths, moment.spans, strict=True):
            value += growth * spans
        return float(math.floor(value)) if self.whole else value


@dataclass(frozen=True)
class Measured:
    """A series that has the values of each capture in turn."""

    name: str
    labels: dict[str, str]
    values: tuple[tuple[float, ...], ...]

    def at(self, moment: Moment) -> float:
        """Its value then."""
        values = self.values[moment.now]
        return values[int(moment.spans[moment.now]) % len(values)]


@dataclass(frozen=True)
class Family:
    """A family of an exposition with its series."""

    name: str
    documentation: str
    type: str
    series: tuple[Counted | Measured, ...]


def families_of(captures: Sequence[Capture], model_name: str | None) -> list[Family]:
    """The families of captures of one server, the present one first, under this model's name where one is given.

    Counters begin with what the present capture has; gauges are those that it has. Raises GlassboxError for a file that is no
    exposition, and where a counter falls within a capture.
    """
    read = [(_read(each.first, model_name), _read(each.second, model_name)) for each in captures]
    names = dict.fromkeys(name for pair in read for families in pair for name in families)
    return [_family([(first.get(name), second.get(name)) for first, second in read], captures) for name in names]


def _family(pairs: Sequence[tuple[Metric | None, Metric | None]], captures: Sequence[Capture]) -> Family:
    family = next(each for pair in pairs for each in pair if each)
    values = [(_samples(first), _samples(second)) for first, second in pairs]
    series = _counted(values, captures) if family.type in GROWING_TYPES else _measured(values)
    return Family(family.name, family.documentation, family.type, tuple(series))


def _counted(values: Sequence[tuple[Samples, Samples]], captures: Sequence[Capture]) -> Iterator[Counted]:
    """A series that only the second exposition has starts at 0: vLLM creates it with its first event."""
    for name, labels in dict.fromkeys(key for pair in values for samples in pair for key in samples):
        firsts = [first.get((name, labels), 0.0) for first, _ in values]
        seconds = [second.get((name, labels), first) for (_, second), first in zip(values, firsts, strict=True)]
        growths = tuple(after - before for before, after in zip(firsts, seconds, strict=True))
        for capture, growth in zip(captures, growths, strict=True):
            if growth < 0:
                raise GlassboxError(
                    f"{name} falls from {capture.first.name} to {capture.second.name}; "
                    "take both captures from one run of the server."
                )
        whole = all(value.is_integer() for value in (*firsts, *seconds))
        yield Counted(name, dict(labels), firsts[0], growths, whole)


def _measured(values: Sequence[tuple[Samples, Samples]]) -> Iterator[Measured]:
    present, *others = values
    for key in dict.fromkeys(key for samples in present for key in samples):
        name, labels = key
        own = _in_turn(present, key)
        standing = name.endswith(_STANDING)
        yield Measured(name, dict(labels), (own, *(own if standing else _in_turn(each, key) or own for each in others)))


def _in_turn(pair: tuple[Samples, Samples], key: SampleKey) -> tuple[float, ...]:
    return tuple(samples[key] for samples in pair if key in samples)


def _read(file: Path, model_name: str | None) -> dict[str, Metric]:
    """The families of an exposition by name, the model renamed where a name is given."""
    try:
        text = file.read_text(encoding="utf-8")
        families = {family.name: _as_named(family, text) for family in text_string_to_metric_families(text)}
    except (OSError, ValueError) as error:
        raise GlassboxError(f"{file} is not a readable exposition ({error}); restore it from git.") from None
    if model_name is not None:
        for sample in (sample for family in families.values() for sample in family.samples):
            sample.labels.update({"model_name": model_name} if "model_name" in sample.labels else {})
    return families


def _as_named(family: Metric, text: str) -> Metric:
    """The family under the names that its text has."""
    if f"# TYPE {family.name} counter\n" in text:
        family.type = BARE_COUNTER
        family.samples = [
            sample._replace(name=sample.name.removesuffix("_total"))  # _replace is public, as of all named tuples
            for sample in family.samples
        ]
    return family


def _samples(family: Metric | None) -> Samples:
    samples = family.samples if family else []
    return {(sample.name, tuple(sorted(sample.labels.items()))): float(sample.value) for sample in samples}
