"""Series and samples as the answers of Prometheus' HTTP API hold them.

What reads JSON that is no such answer raises KeyError, TypeError, ValueError, AttributeError or IndexError, and OverflowError for
a time or a value that cannot be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

LARGEST = 1e18
"""Beyond everything that is measured, and small enough for arithmetic: a trillion times a day in microseconds."""


@dataclass(frozen=True)
class Sample:
    """Labels, and the newest value, which is finite."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class SampledSeries:
    """Labels, and the values by their time in Unix seconds; values are finite, except where all were asked for."""

    labels: Mapping[str, str]
    values: Mapping[int, float]


@dataclass(frozen=True)
class StoredSeries:
    """Labels, the name among them, and the samples as they are stored, by rising time in milliseconds; any value may be among them."""

    labels: Mapping[str, str]
    times_ms: list[int]
    values: list[float]


@dataclass(frozen=True)
class StoredAnswer:
    """Series with their stored samples, how many histograms of the native kind were left out, and the answer's bytes as JSON."""

    series: list[StoredSeries]
    native_histograms: int
    size_bytes: int


def sampled_series(each: Mapping[str, Any], start: int, end: int) -> SampledSeries:
    """A series of a range query, with its finite values."""
    return SampledSeries(labels_of(each["metric"]), _finite(each["values"], start, end))


def every_value(each: Mapping[str, Any], start: int, end: int) -> SampledSeries:
    """A series of a range query, with every value; NaN for a histogram of the native kind."""
    values = {round(time): float(text) for time, text in each.get("values", ())}
    values |= {round(time): nan for time, _ in each.get("histograms", ())}
    if any(not start <= time <= end for time in values):
        raise OverflowError
    return SampledSeries(labels_of(each["metric"]), values)


def stored_series(each: Mapping[str, Any], after_ms: int, end_ms: int) -> StoredSeries:
    """A series of a range selector, with its samples after the one moment and until the other."""
    pairs = each["values"]
    times = [round(pair[0] * 1000) for pair in pairs]
    values = [float(pair[1]) for pair in pairs]
    # Prometheus 2 also gives a sample that is just as old as the range is long.
    first = 1 if times and times[0] <= after_ms else 0
    if times and not (after_ms <= times[0] and times[-1] <= end_ms):
        raise OverflowError
    return StoredSeries(labels_of(each["metric"]), times[first:], values[first:])


def labels_of(metric: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a series, the name among them."""
    labels = {name: value for name, value in metric.items() if isinstance(value, str)}
    if len(labels) < len(metric):
        raise TypeError("a label that is not text")
    return labels


def _finite(values: Sequence[tuple[float, str]], start: int, end: int) -> dict[int, float]:
    """The values by time, without those that are not numbers, such as a share of nothing; OverflowError for impossible ones."""
    numbers = {round(time): float(text) for time, text in values}
    finite = {time: value for time, value in numbers.items() if isfinite(value)}
    if any(not start <= time <= end for time in numbers) or any(abs(value) > LARGEST for value in finite.values()):
        raise OverflowError
    return finite
