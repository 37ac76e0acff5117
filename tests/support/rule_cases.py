"""What could go wrong with an alert, which rule test shows that it does not, and whether that test can show it.

A test names its cases beside its series: `cases: {InferenceQPSLow: [fires]}`. Its file says under `not_applicable` why an alert lacks a case.
Each check below looks at the series and the expectations of the test, so that a claim which points at the wrong test is refused.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from glassbox.compile.bundle import Json
from glassbox.metrics import CATALOGUE
from glassbox.metrics.dcgm import FB_USED
from glassbox.metrics.types import Kind

Labels = tuple[tuple[str, str], ...]

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_REPEATED = re.compile(r"(_|-?[\d.e]+)(?:([+-])([\d.e]+))?x(\d+)")
# They say whose a series is; any other label says what it measures.
_OWNERS = ("job", "instance", "model_name", "model_version", "inference_engine", "engine", "gpu", "gpu_id")


def _counters() -> Iterator[str]:
    for metric in (metric for metrics in CATALOGUE.values() for metric in metrics):
        for part in metric.parts:
            if part.kind in (Kind.COUNTER, Kind.BUCKETS):
                yield from (part.name, *part.former_names)


COUNTERS = frozenset(_counters())


@dataclass(frozen=True)
class GivenSeries:
    """One input series of a test; a sample is None where there is none, or where the series has ended."""

    name: str
    labels: Labels
    samples: tuple[float | None, ...]

    @property
    def owner(self) -> Labels:
        return tuple(pair for pair in self.labels if pair[0] in _OWNERS)

    @property
    def job(self) -> str:
        return dict(self.labels).get("job", "")

    @property
    def meaning(self) -> tuple[str, Labels]:
        """What it measures, whoever has it."""
        return self.name, tuple(pair for pair in self.labels if pair[0] not in _OWNERS)

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(value for value in self.samples if value is not None)

    @property
    def falls(self) -> bool:
        return any(later < earlier for earlier, later in zip(self.values, self.values[1:], strict=False))

    @property
    def begins_late(self) -> bool:
        return self.samples[0] is None and bool(self.values)

    @property
    def ends(self) -> bool:
        """It has samples and then none, or its target answers and then does not."""
        return bool(self.values) and (self.samples[-1] is None or (self.name == "up" and self.values[-1] == 0))


def given_series(entry: Json) -> GivenSeries:
    """An entry of `input_series`, its values written out as promtool reads them."""
    name, _, labels = entry["series"].partition("{")
    samples = tuple(sample for word in str(entry["values"]).split() for sample in _samples(word))
    return GivenSeries(name, tuple(_LABEL.findall(labels)), samples)


def _samples(word: str) -> list[float | None]:
    repeated = _REPEATED.fullmatch(word)
    if repeated is None:
        return [None if word in ("_", "stale") else float(word)]
    start, sign, step, times = repeated.groups()
    if start == "_":
        return [None] * int(times)
    growth = float(f"{sign}{step}") if sign else 0.0
    return [float(start) + growth * each for each in range(int(times) + 1)]


@dataclass(frozen=True)
class ClaimedTest:
    """A rule test as seen by one alert."""

    test: Json
    alert: str

    @cached_property
    def series(self) -> tuple[GivenSeries, ...]:
        return tuple(map(given_series, self.test.get("input_series", ())))

    @property
    def expected(self) -> list[list[Json]]:
        """What is expected of the alert, one list for each time at which the test asks."""
        cases = self.test.get("alert_rule_test", ())
        return [case.get("exp_alerts") or [] for case in cases if case["alertname"] == self.alert]

    @property
    def fires(self) -> bool:
        return any(self.expected)

    @property
    def is_silent(self) -> bool:
        """Nothing fires at some time, or something that the test measures never does."""
        fired = [alert["exp_labels"] for alerts in self.expected for alert in alerts]
        return not all(self.expected) or any(not _concerns(series, fired) for series in self.series)

    @property
    def vanishes(self) -> bool:
        """All series of one owner, such as a replica or a GPU, end."""
        return any(all(series.ends for series in self.series if series.owner == owner) for owner in self.owners)

    @property
    def owners(self) -> set[Labels]:
        return {series.owner for series in self.series}


def _concerns(series: GivenSeries, fired: list[Json]) -> bool:
    """Whether one of the alerts may be about the owner of the series."""
    own = dict(series.owner)
    own["gpu"] = own.get("gpu") or own.pop("gpu_id", "")
    return any(all(own[label] == alert.get(label, own[label]) for label in own if own[label]) for alert in fired)


def _resets_a_counter(test: ClaimedTest, _firing: ClaimedTest) -> bool:
    return any(series.name in COUNTERS and series.falls for series in test.series)


def _lacks_series(test: ClaimedTest, firing: ClaimedTest) -> bool:
    """An owner lacks what the firing test measures, for a part of the time at least, or a job is not there at all."""
    given = {series.meaning for series in firing.series}
    had = [{series.meaning for series in test.series if series.owner == owner} for owner in test.owners]
    gone_jobs = {series.job for series in firing.series} - {series.job for series in test.series}
    incomplete = any(None in series.samples for series in test.series)
    return incomplete or bool(gone_jobs) or not had or any(given - each for each in had)


def _starts(test: ClaimedTest, firing: ClaimedTest) -> bool:
    """A series begins after the test, a target answers after it did not, a process begins again, or nothing is there yet."""
    answers = any(series.name == "up" and 0 in series.values and series.values[-1] == 1 for series in test.series)
    late = any(series.begins_late for series in test.series)
    return not test.series or answers or late or _resets_a_counter(test, firing)


def _is_scaled_away(test: ClaimedTest, _firing: ClaimedTest) -> bool:
    """What serves ends, or leaves the memory of a GPU that stays."""
    frees_memory = any(series.name == FB_USED.name and series.falls for series in test.series)
    return (test.vanishes or frees_memory) and test.is_silent


# Takes the test, and the one in which the alert fires.
Check = Callable[[ClaimedTest, ClaimedTest], bool]

CASES: dict[str, Check] = {
    # What the alert is for.
    "fires": lambda test, _: test.fires,
    # The same, a little less or a little shorter.
    "just below": lambda test, _: test.is_silent,
    # Too few requests to judge by.
    "low traffic": lambda test, _: test.is_silent,
    # A restart, which sets counters back.
    "counter reset": _resets_a_counter,
    # An engine, version or exporter that does not report what the alert reads.
    "series missing": _lacks_series,
    # The series of the alert end while it fires or is about to.
    "all targets gone": lambda test, _: test.vanishes,
    # The first minutes of a process.
    "start-up": _starts,
    # Nothing of a service is left, on purpose. Prometheus often sees the same where replicas are lost.
    "scale to zero": _is_scaled_away,
}
