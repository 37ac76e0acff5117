"""What holds a model back, as conditions: alerts fire on them, and the diagnosis weighs them against each other."""

from collections.abc import Sequence

from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr, QueryError
from glassbox.query.promql import instant, over_time, ratio, sum_by
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, requests, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL

_PREEMPTION_WINDOW_SECONDS = 600
# Fewer in ten minutes are the price of a full cache, whatever their share.
_PREEMPTIONS_NOTABLE = 10
_QUEUE_WINDOW = "5m"
_BURST_RATIO = 0.05
# Where an outage begins to be one for everybody; a promise is kept or broken far below.
_FAILING_RATIO = 0.05
# Without tokens only an end tells of life, and an answer may take minutes.
_HUNG_WINDOW = "10m"
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
    return share.and_(over_time("min", waiting, _QUEUE_WINDOW) > 0).and_(instant(waiting))


def frontend_bound(limits: Thresholds) -> Expr:
    """The front end's share of the time of finished requests, where it is large and long enough to be felt."""
    share = ratio(instant(workload.FRONTEND_TIME), instant(workload.REQUEST_TIME)) > limits.frontend_share_ratio
    seconds = ratio(instant(workload.FRONTEND_TIME), instant(engine.QUEUE_TIME.count))
    return with_enough_requests(share.and_(seconds >= _FRONTEND_SECONDS_NOTABLE), limits)


def always_queueing() -> Expr:
    """The shortest queue for capacity of 5 minutes, where it was never empty and is there now.

    Fewer than a twentieth of the running requests are the bursts of a large fleet, somewhere in which somebody always waits a moment.
    """
    waiting = engine.WAITING_FOR_CAPACITY
    shortest = over_time("min", waiting, _QUEUE_WINDOW) > 0
    no_bursts = shortest >= over_time("avg", engine.RUNNING, _QUEUE_WINDOW) * _BURST_RATIO
    return no_bursts.and_(instant(waiting))


def slow(settings: Settings, by: Sequence[str]) -> Expr:
    """Share of requests slower than the settings' bound, where it is too large and requests enough tell it.

    Raises GlassboxError where the bound is no bucket.
    """
    limits = settings.thresholds
    try:
        share = requests.DURATION.share_above(limits.latency_high_seconds, by, settings.histogram_buckets)
    except QueryError as error:
        raise GlassboxError(f"Setting thresholds.latency_high_seconds: {error}") from None
    enough = sum_by(by, instant(requests.DURATION.count)) * RATE_WINDOW_SECONDS >= limits.minimum_requests
    return (share > limits.latency_high_share_ratio).and_(enough)


def failing(limits: Thresholds) -> Expr:
    """Share of server errors among HTTP requests, where it is far above any promise and requests enough tell it."""
    share = ratio(instant(requests.HTTP_ERRORS), instant(requests.HTTP_REQUESTS)) > _FAILING_RATIO
    return share.and_(instant(requests.HTTP_REQUESTS) * RATE_WINDOW_SECONDS >= limits.minimum_requests)


def nothing_finishes() -> Expr:
    """Running requests of services without an engine's tokens, of which none has finished for ten minutes."""
    never_idle = over_time("min", engine.RUNNING, _HUNG_WINDOW) > 0
    none = over_time("max", requests.REQUESTS, _HUNG_WINDOW).equals(0)
    there_before = instant(requests.REQUESTS).shifted(_HUNG_WINDOW)
    return never_idle.and_(none).and_(there_before).unless(instant(engine.GENERATION_TOKENS))
