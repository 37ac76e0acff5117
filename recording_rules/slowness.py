"""Which requests are slow: those that took longer than the settings allow, those that wait for longer, and those that were given up.

Only finished requests have a time. Where nothing finishes, they would say nothing, and where the slow ones are given up, they
would look fast. What finished or was given up within 5 minutes does not wait now, so no request is counted twice.
"""

from collections.abc import Sequence

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, instant, ratio, sum_by
from glassbox.query.rules import RecordGroup, Series
from glassbox.settings.model import Settings, Thresholds
from recording_rules import abandoned, request_durations, requests
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL

_SLOW, _TIMED = "model:inference_requests_slow:rate5m", "model:inference_requests_timed:rate5m"
SLOW, TIMED = (
    Series(name, Unit.REQUESTS_PER_SECOND, MODEL, reporters=requests.DURATION.bucket.reporters)
    for name in (_SLOW, _TIMED)
)


def group(settings: Settings) -> RecordGroup:
    """The rules, with this installation's bound; raises GlassboxError where that is not a bucket."""
    slow, timed = _slow_and_timed(settings)
    return RecordGroup(
        "slowness",
        (
            SLOW.recorded(
                slow,
                f"Requests per second that took longer than {settings.thresholds.latency_high_seconds:g} s, have waited for longer, or were given up.",
            ),
            TIMED.recorded(
                timed,
                "Requests per second of which the slow ones are a share: those that finished, and what waits too long or was given up beside them.",
            ),
        ),
    )


def share(by: Sequence[str]) -> Expr:
    """Share of slow requests (0..1)."""
    return ratio(*(sum_by(by, instant(each)) for each in (SLOW, TIMED)))


def slow(limits: Thresholds, by: Sequence[str]) -> Expr:
    """Share of slow requests, where it is too large and there are enough requests to judge."""
    enough = sum_by(by, instant(TIMED)) * RATE_WINDOW_SECONDS >= limits.minimum_requests
    return (share(by) > limits.latency_high_share_ratio).and_(enough)


def _slow_and_timed(settings: Settings) -> tuple[Expr, Expr]:
    """Requests of a model per second that are slow, and all of which that is known. It is not without a bucket at the bound."""
    bound_seconds = settings.thresholds.latency_high_seconds
    every, fast = instant(requests.DURATION.count), instant(request_durations.WITHIN_BOUND)
    # Two sums are rounded differently: the number of slow requests must not come out slightly below 0.
    slow_ones, timed = abandoned.slow_and_judged(clamp_min(every - fast, 0), every.and_(fast))
    overdue = abandoned.overdue_rate(bound_seconds).or_(every * 0)
    return slow_ones + overdue, timed + overdue
