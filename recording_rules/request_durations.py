"""How many requests end, the time that they take, and how many take no longer than the settings allow: recorded together, so that they agree."""

from glassbox.metrics.types import Unit
from glassbox.query.buckets import BucketMatcher
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, sum_by
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.settings.model import Settings
from recording_rules import requests
from recording_rules.histograms import bucket_at
from recording_rules.levels import MODEL

WITHIN_BOUND = Series(
    "model:inference_requests_within_bound:rate5m",
    Unit.REQUESTS_PER_SECOND,
    MODEL,
    reporters=requests.DURATION.bucket.reporters,
)


def group(settings: Settings) -> RecordGroup:
    """The rules, with this installation's bound; raises GlassboxError where that is not a bucket."""
    within, _ = bucket_of_slow(settings)
    within_bound = WITHIN_BOUND.recorded(
        sum_by(MODEL, requests.observed("bucket", le=within)),
        f"Requests per second that took {settings.thresholds.latency_high_seconds:g} s or less.",
    )
    return RecordGroup("durations", (requests.DURATION.count, requests.DURATION.sum, within_bound))


def without_buckets() -> Expr:
    """Models whose requests end, and of which it is not known how many took no longer than the bound: their histograms have no such bucket."""
    return (instant(requests.DURATION.count) > 0).unless(instant(WITHIN_BOUND))


def bucket_of_slow(settings: Settings) -> tuple[BucketMatcher, Record]:
    """The bucket at the bound of slow requests, and the recorded series that has it; raises GlassboxError where there is none."""
    bucket, bound_seconds = requests.DURATION.bucket, settings.thresholds.latency_high_seconds
    return bucket_at(bound_seconds, bucket, settings.histogram_buckets, "thresholds.latency_high_seconds"), bucket
