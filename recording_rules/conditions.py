"""What holds a model back, as conditions. Alerts fire on them, and the diagnosis weighs them against each other."""

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary, many_to_one
from glassbox.query.promql import clamp_min, instant, over_time, ratio, sum_by
from glassbox.query.reporters import EVERYBODY
from glassbox.settings.model import Thresholds
from recording_rules import engine, requests, workload
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL, SERVED
from recording_rules.memory import USUAL_TRUNCATED

PREEMPTION_WINDOW_SECONDS = 600
# Fewer within the window are the price of a full cache, whatever their share.
PREEMPTIONS_NOTABLE = 10
QUEUE_WINDOW = "5m"
_BURST_RATIO = 0.05
# Where a failure becomes an outage for everybody. A promise is kept or broken far below this.
FAILING_RATIO = 0.05
# A share varies with the mix of requests: three times as much is not chance.
TRUNCATED_FACTOR = 3
# Without tokens, only a finished request shows life, and an answer may take minutes.
HUNG_WINDOW, _HALF_HUNG = "10m", "5m"
# Nielsen 1993, "Response Times: The 3 Important Limits": nobody notices less than a tenth of a second.
_FRONTEND_SECONDS_NOTABLE = 0.1


def served_now(expr: Expr) -> Expr:
    """The windows still contain a model that has gone. Its current running requests, even 0, do not."""
    return expr.and_(instant(engine.RUNNING))


def with_enough_requests(expr: Expr, limits: Thresholds) -> Expr:
    """Leaves out models with so few requests that a share means nothing."""
    finished = sum_by(MODEL, instant(requests.REQUESTS_FINISHED)) * RATE_WINDOW_SECONDS
    return served_now(expr.and_(finished >= limits.minimum_requests))


def preempts_too_often(limits: Thresholds) -> Expr:
    """Preemptions per second where they are notable, and too many for the requests that finished. It holds if nothing finished, too."""
    preemptions = instant(workload.PREEMPTIONS)
    many = preemptions * PREEMPTION_WINDOW_SECONDS >= PREEMPTIONS_NOTABLE
    return served_now(many.and_(preemptions > instant(workload.FINISHED) * limits.preemptions_per_request))


def queues_without_end(limits: Thresholds) -> Expr:
    """The queue's share of the time of finished requests, where it is large and the queue was never empty.

    Where nothing finished within the window, there is no such share: a queue that was never empty then counts as all of it.
    """
    share = ratio(instant(engine.QUEUE_TIME.sum), instant(workload.REQUEST_TIME)) > limits.queue_share_ratio
    waiting = engine.WAITING_FOR_CAPACITY
    never_empty = (over_time("min", waiting, QUEUE_WINDOW) > 0).and_(instant(waiting))
    no_share = instant(engine.QUEUE_TIME.count).equals(0).and_(always_queueing()) * 0 + 1
    return share.and_(never_empty).or_(no_share.measured_in(Unit.RATIO).and_(instant(waiting).shifted(QUEUE_WINDOW)))


def frontend_bound(limits: Thresholds) -> Expr:
    """The front end's share of the time of finished requests, where it is large and long enough to notice."""
    share = ratio(instant(workload.FRONTEND_TIME), instant(workload.REQUEST_TIME)) > limits.frontend_share_ratio
    seconds = ratio(instant(workload.FRONTEND_TIME), instant(engine.QUEUE_TIME.count))
    return with_enough_requests(share.and_(seconds >= _FRONTEND_SECONDS_NOTABLE), limits)


def always_queueing() -> Expr:
    """The shortest queue for capacity within the window, where it was never empty and requests wait now.

    In a large fleet some request is always waiting for a moment: fewer than a twentieth of the running requests are such bursts.
    """
    waiting = engine.WAITING_FOR_CAPACITY
    shortest = over_time("min", waiting, QUEUE_WINDOW) > 0
    no_bursts = shortest >= over_time("avg", engine.RUNNING, QUEUE_WINDOW) * _BURST_RATIO
    return no_bursts.and_(instant(waiting))


def failing(limits: Thresholds) -> Expr:
    """Share of server errors among HTTP requests, where it is far above any promise and there are enough requests to judge."""
    share = ratio(requests.failed(), instant(requests.HTTP_REQUESTS)) > FAILING_RATIO
    return share.and_(instant(requests.HTTP_REQUESTS) * RATE_WINDOW_SECONDS >= limits.minimum_requests)


def finished_share(reason: str) -> Expr:
    """Share of the finished requests of a model that ended for this reason."""
    part = sum_by(MODEL, instant(requests.REQUESTS_FINISHED, finished_reason=reason))
    share = ratio(part, sum_by(MODEL, instant(requests.REQUESTS_FINISHED)))
    return requests.by_reason(share)


def above_usual(now: Expr, bound: Expr) -> Expr:
    """What each version does now, where it is above what its model (all versions) may do."""
    return binary(now, ">", bound, matching=many_to_one(SERVED))


def truncates_more_than_usual(limits: Thresholds) -> Expr:
    """The share of truncated answers of each version, where it is large and a multiple of what the model usually does, whatever its version."""
    bound = clamp_min(instant(USUAL_TRUNCATED) * TRUNCATED_FACTOR, limits.truncated_share_ratio)
    return with_enough_requests(above_usual(finished_share("length"), bound), limits)


def nothing_finishes() -> Expr:
    """Running requests of services without token metrics that were never idle within the window, and of which none has finished.

    A running engine that makes tokens is not hung: its requests may be long.
    """
    never_idle = over_time("min", engine.RUNNING, HUNG_WINDOW) > 0
    none = over_time("max", requests.REQUESTS, HUNG_WINDOW).equals(0)
    # Ten minutes in which Prometheus was away are not ten minutes without an end.
    there_before = instant(requests.REQUESTS).shifted(HUNG_WINDOW).and_(instant(requests.REQUESTS).shifted(_HALF_HUNG))
    hung = never_idle.and_(none).and_(there_before).unless(instant(engine.GENERATION_TOKENS))
    return hung.reported_by((hung.shape.reporters or EVERYBODY) - (engine.GENERATION_TOKENS.reporters or EVERYBODY))
