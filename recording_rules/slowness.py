"""Which requests are slow: those that took longer than the settings allow, those that wait for longer, and those that were given up.

Only finished requests have a time. Where nothing finishes, they would say nothing, and where the slow ones are given up, they
would look fast. What finished or was given up within 5 minutes does not wait now, so no request is counted twice.
"""

from collections.abc import Sequence

from glassbox.errors import GlassboxError
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, QueryError
from glassbox.query.promql import at_most, clamp_min, instant, ratio, sum_by
from glassbox.settings.model import Settings
from recording_rules import abandoned, requests
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL


def slow(settings: Settings, by: Sequence[str]) -> Expr:
    """Share of requests slower than the settings' bound, where it is too large and there are enough requests to judge.

    Raises GlassboxError where the bound is not a bucket.
    """
    limits = settings.thresholds
    late, judged = (sum_by(by, each) for each in _late_and_judged(settings))
    share = ratio(late, judged).measured_in(Unit.RATIO)
    enough = judged * RATE_WINDOW_SECONDS >= limits.minimum_requests
    return (share > limits.latency_high_share_ratio).and_(enough)


def _late_and_judged(settings: Settings) -> tuple[Expr, Expr]:
    """Requests of a model per second that are slow, and all of which that is known. It is not without a bucket at the bound."""
    bound_seconds = settings.thresholds.latency_high_seconds
    every, fast = instant(requests.DURATION.count), _within(bound_seconds, settings)
    # Two sums are rounded differently: the number of slow requests must not come out slightly below 0.
    late, judged = abandoned.slow_and_judged(clamp_min(every - fast, 0), every.and_(fast))
    overdue = abandoned.overdue_rate(bound_seconds).or_(every * 0)
    return late + overdue, judged + overdue


def _within(bound_seconds: float, settings: Settings) -> Expr:
    """Finished requests per second that took at most so long."""
    bucket = requests.DURATION.bucket
    try:
        return sum_by(MODEL, instant(bucket, le=at_most(bound_seconds, bucket, settings.histogram_buckets)))
    except QueryError as error:
        raise GlassboxError(f"Setting thresholds.latency_high_seconds: {error}") from None
