"""Recorded histograms: the rates of all three parts, recorded together so that quantiles and means agree."""

from collections.abc import Callable

from glassbox.errors import GlassboxError
from glassbox.metrics.roles import HistogramRole
from glassbox.query.buckets import BucketMatcher, CustomBuckets
from glassbox.query.expr import Expr
from glassbox.query.promql import at_most, rate, sum_by
from glassbox.query.rules import HistogramRecord, Record
from glassbox.query.selectors import QueryError, Source
from recording_rules.levels import MODEL
from recording_rules.sources import OF_CALLERS

# The window of every `rate5m`: a rate times this is the number of events within it.
RATE_WINDOW_SECONDS = 300


def histogram(
    name: str, rate_of: Callable[[str], Expr], help: str, rate_of_one: Callable[[str], Expr] | None = None
) -> HistogramRecord:
    """Record `bucket`, `sum` and `count` of what `rate_of(part)` returns, summed over engines and replicas.

    `rate_of_one` is what stands for it where one replica is asked for, if it is something simpler.
    """

    def record(part: str) -> Record:
        by = (*MODEL, "le") if part == "bucket" else MODEL
        of_one = sum_by(by, rate_of_one(part)) if rate_of_one else None
        return Record(f"{name}_{part}:rate5m", sum_by(by, rate_of(part)), f"{help} ({part})", of_one=of_one)

    return HistogramRecord(record("bucket"), record("sum"), record("count"))


def bucket_at(bound_seconds: float, source: Source, custom: CustomBuckets, setting: str) -> BucketMatcher:
    """Matches the bucket at the bound that a setting gives; raises GlassboxError, which names the setting, where there is none."""
    try:
        return at_most(bound_seconds, source, custom)
    except QueryError as error:
        raise GlassboxError(f"Setting {setting}: {error}") from None


def engine_histogram(name: str, source: HistogramRole) -> HistogramRecord:
    """The same for a histogram that only the engine has, of the callers' requests."""
    return histogram(name, lambda part: rate(getattr(source, part), "5m", **OF_CALLERS), source.help)


def phase_histogram(name: str, source: HistogramRole) -> HistogramRecord:
    """The time that requests spend in one phase, in prefill and decode instances alike.

    Its count is that of the callers' requests, so its mean is what one of them spends in both instances together.
    """

    def rate_of(part: str) -> Expr:
        return rate(getattr(source, part), "5m", **(OF_CALLERS if part == "count" else {}))

    return histogram(name, rate_of, source.help)
