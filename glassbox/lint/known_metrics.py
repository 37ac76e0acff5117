"""What is known of the metrics of common exporters: types, units, labels, and names that are gone.

Of those that content of ours reads, `glassbox.metrics` knows; of others, of names that are gone and of the fields of DCGM, the three
tables beside this module, whose headings name their sources. An exporter's own word counts: a name alone says no type.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import chain

from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import BucketCounter, Counter, Histogram, Metric, SummaryMetric, Unit, spellings

COUNTER, GAUGE, HISTOGRAM, SUMMARY = "counter", "gauge", "histogram", "summary"
PARTS = {HISTOGRAM: ("bucket", "sum", "count"), SUMMARY: ("sum", "count")}
"""What a metric of several series has behind its name, by its type."""
# A name with a colon, which some ways to Prometheus spell otherwise.
_OF_AN_ENGINE = re.compile(r"\b[a-zA-Z_]\w*:\w+")
_BETWEEN_WORDS = re.compile(r"[_:]")
# A gauge of a moment in time is not a duration.
OF_MOMENTS = ("time_seconds", "timestamp_seconds", "created", "deadline_seconds")
_LAST_WORDS = {
    "seconds": Unit.SECONDS,
    "bytes": Unit.BYTES,
    "ratio": Unit.RATIO,
    "celsius": Unit.CELSIUS,
    "hertz": Unit.HERTZ,
}


@dataclass(frozen=True)
class ExposedSeries:
    """Series of one name. `type` is that of the series, empty where it is not known: parts of histograms are counters, and `part`
    says which part it is.

    `metric` is the name of the metric that they belong to. `unit` is None where it is not known, and `labels` where others may be there.
    """

    name: str
    type: str
    metric: str
    unit: Unit | None = None
    labels: frozenset[str] | None = None
    part: str = ""


@dataclass(frozen=True)
class FormerMetric:
    """A name that is gone: the first version without it, and the query or name that answers instead; empty where none does.

    `differs` says what is another there, such as the unit; empty where nothing is. Where it is the values of some labels,
    `differing_labels` are these, each with the text that such a value holds.
    """

    name: str
    removed_in: str
    replacement: str
    differs: str = ""
    differing_labels: tuple[tuple[str, str], ...] = ()


@cache
def known_series() -> Mapping[str, ExposedSeries]:
    """By name, in every spelling; names to which exporters give several types are left out."""
    found: dict[str, ExposedSeries] = {}
    unsure: set[str] = set()
    for each in chain.from_iterable(map(_spelled, (*_of_catalogue(), *_of_table()))):
        if each.name in found and found[each.name].type != each.type:
            unsure.add(each.name)
        found.setdefault(each.name, each)
    return {name: each for name, each in found.items() if name not in unsure}


@cache
def former_metrics() -> Mapping[str, FormerMetric]:
    """By the name of the series, in every spelling; a name that another exporter still has is not among them, unless it is Triton's, which few have."""
    found: dict[str, FormerMetric] = {}
    for name, version, replacement, type_, _, differs, labels in _former_rows():
        differing = tuple((label, text) for label, _, text in (each.partition("=") for each in labels.split()))
        for number, spelled in enumerate(spellings(name)):
            former = FormerMetric(spelled, version, _all_spelled(replacement, number), differs, differing)
            found |= dict.fromkeys((spelled, *(f"{spelled}_{part}" for part in PARTS.get(type_, ()))), former)
    of_triton = {part.name for metric in CATALOGUE["triton"] for part in metric.parts}
    return {name: former for name, former in found.items() if name not in known_series() or name in of_triton}


@cache
def former_series() -> Mapping[str, ExposedSeries]:
    """What is known of the series of metrics that are gone, by name, in every spelling: versions that have them are still run."""
    found: dict[str, ExposedSeries] = {}
    for name, _, replacement, type_, unit, differs, _ in _former_rows():
        answers = known_series().get(replacement)
        known = Unit(unit) if unit else answers.unit if answers and not differs else _said_by(name, type_)
        found |= {each.name: each for series in _series_of(name, type_, known) for each in _spelled(series)}
    return {name: series for name, series in found.items() if name not in known_series()}


@cache
def dcgm_fields() -> frozenset[str]:
    """The names of all fields of DCGM, of which dcgm-exporter exposes those that it is told to."""
    return frozenset(name for (name,) in _rows("dcgm_fields.txt", 1))


def _former_rows() -> Iterator[list[str]]:
    """Name, first version without it, what answers instead, type, unit, what differs and the matchers that it matters to."""
    for name, version, replacement, type_and_unit, differs, labels in _rows("former_metrics.tsv", 6):
        type_, _, unit = type_and_unit.partition(" ")
        yield [name, version, replacement, type_, unit, differs, labels]


def _all_spelled(query: str, number: int) -> str:
    """A query with every name in the spelling of this number."""
    return _OF_AN_ENGINE.sub(lambda of: spellings(of[0])[number], query)


def _spelled(series: ExposedSeries) -> Iterator[ExposedSeries]:
    """It under each of its spellings. Under the others, labels are added that no catalogue names."""
    yield series
    for name, metric in zip(spellings(series.name)[1:], spellings(series.metric)[1:], strict=True):
        yield replace(series, name=name, metric=metric, labels=None)


@cache
def exporters_by_metric() -> Mapping[str, str]:
    """The exporters that the headings of the table of known metrics name, by the metrics below each."""
    found: dict[str, str] = {}
    exporter = ""
    for line in (files("glassbox.lint") / "known_metrics.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            exporter = line.removeprefix("#").partition(",")[0].strip()
        else:
            found.setdefault(line.partition("\t")[0], exporter)
    return found


def first_word(name: str) -> str:
    """The first word of a name, which is that of an exporter."""
    return _BETWEEN_WORDS.split(name)[0]


def _of_catalogue() -> Iterator[ExposedSeries]:
    for metric in (each for metrics in CATALOGUE.values() for each in metrics if not each.shared_name):
        if isinstance(metric, Histogram | SummaryMetric):
            type_ = HISTOGRAM if isinstance(metric, Histogram) else SUMMARY
            yield ExposedSeries(metric.name, type_, metric.name)
        for part in metric.parts:
            yield _of_part(part, metric)


def _of_part(part: Metric, metric: Metric) -> ExposedSeries:
    labels = None if metric.open_labels else frozenset((*part.all_labels, *metric.namesake_labels))
    name = part.name.removeprefix(f"{metric.name}_") if part is not metric else ""
    type_ = COUNTER if isinstance(part, Counter | BucketCounter) else GAUGE
    return ExposedSeries(part.name, type_, metric.name, part.unit, labels, name)


def _of_table() -> Iterator[ExposedSeries]:
    for name, type_, unit in _rows("known_metrics.tsv", 3):
        yield from _series_of(name, type_, Unit(unit) if unit else _said_by(name, type_))


def _series_of(name: str, type_: str, unit: Unit | None) -> Iterator[ExposedSeries]:
    """The series of a metric of the tables; its unit is that of what it measures."""
    yield ExposedSeries(name, type_, name, unit if type_ in (COUNTER, GAUGE) else None)
    for part in PARTS.get(type_, ()):
        yield ExposedSeries(f"{name}_{part}", COUNTER, name, Unit.EVENTS if part == "count" else unit, part=part)


def _said_by(name: str, type_: str) -> Unit | None:
    """The unit at the end of a name, as exporters write it that keep to the conventions of Prometheus."""
    if type_ == GAUGE and name.endswith(OF_MOMENTS):
        return None
    return _LAST_WORDS.get(name.removesuffix("_total").rpartition("_")[2])


def _rows(file: str, width: int) -> Iterator[list[str]]:
    for line in (files("glassbox.lint") / file).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            row = line.split("\t")
            yield row + [""] * (width - len(row))
