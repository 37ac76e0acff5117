"""What holds a model back, as conditions: alerts fire on them, and the diagnosis weighs them against each other."""

from collections.abc import Sequence

from kit.errors import GlassboxError
from kit.expr import Expr, QueryError
from kit.promql import instant, over_time, ratio, sum_by
from kit.settings import Settings, Thresholds
from recording_rules import engine, requests, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL

_PREEMPTION_WINDOW_SECONDS = 600
# Fewer in ten minutes are the price of a full cache, whatever their share.
_PREEMPTIONS_NOTABLE = 10
# Nielsen 1993, "Response Times: The 3 Important Limits": below a tenth of a second nobody notices.
_FRONTEND_SECONDS_NOTABLE = 0.1


def served_now(expr: Expr) -> Expr:
    """The windows remember a model that has gone; its running requests of this moment, even 0, do not."""
    return expr.and_(instant(engine.RUNNING))


def with_enough_requests(expr: Expr, limits: Thresholds) -> Expr:
    """What is true of so few requests that it means nothing is left out."""
    finished = sum_by(MODEL, instant(requests.REQUESTS_FINISHED)) * RATE_WINDOW_SECONDS
    return served_now(expr.and_(finished >= limits.minimum_requests))


def preempts_too_often(limits: Thresholds) -> Expr:
    """Preemptions of ten minutes, where they are not few and too many for what was finished. Nothing finished counts too."""
    preemptions = instant(workload.PREEMPTIONS)
    many = preemptions * _PREEMPTION_WINDOW_SECONDS >= _PREEMPTIONS_NOTABLE
    return served_now(many.and_(preemptions > instant(workload.FINISHED) * limits.preemptions_per_request))


def queues_without_end(limits: Thresholds) -> Expr:
    """The queue's share of the time of finished requests, where it is large and a queue was always there."""
    share = ratio(instant(engine.QUEUE_TIME.sum), instant(workload.REQUEST_TIME)) > limits.queue_share_ratio
    waiting = engine.WAITING_FOR_CAPACITY
    return share.and_(over_time("min", waiting, "5m") > 0).and_(instant(waiting) > 0)


def frontend_bound(limits: Thresholds) -> Expr:
    """The front end's share of the time of finished requests, where it is large and long enough to be felt."""
    share = ratio(instant(workload.FRONTEND_TIME), instant(workload.REQUEST_TIME)) > limits.frontend_share_ratio
    seconds = ratio(instant(workload.FRONTEND_TIME), instant(engine.QUEUE_TIME.count))
    return with_enough_requests(share.and_(seconds >= _FRONTEND_SECONDS_NOTABLE), limits)


def slow_share(settings: Settings, by: Sequence[str]) -> Expr:
    """Share of requests slower than the settings' bound; raises GlassboxError where that is no bucket."""
    bound_seconds = settings.thresholds.latency_high_seconds
    try:
        return requests.DURATION.share_above(bound_seconds, by, settings.histogram_buckets)
    except QueryError as error:
        raise GlassboxError(f"Setting thresholds.latency_high_seconds: {error}") from None
