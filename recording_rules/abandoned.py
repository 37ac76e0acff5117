"""Requests without an end: their callers gave them up, or an engine lost them. No count of finished requests has them.

The statistics of vLLM's engine have no aborted request (0.32 and 0.33, `v1/engine/output_processor.py`: `abort_requests` keeps
none), and its HTTP server counts it as answered well (measured with 0.32: where the client leaves, `with_cancellation` returns
None, which is counted as 2xx). What is left is a balance over 5 minutes: first tokens, minus finished
requests, minus the growth of what is running. Three things disturb it, and each has its guard:

- Requests that run before their first token. Where many begin at once, their first tokens come long after they began to run.
  So nothing counts until more first tokens remain without an end than requests are in work, running or preempted: then some
  must have been given up, however long answers take.
- Rates are extrapolated to the ends of their window. All parts of the balance are, by the same scrapes. The bound allows for it.
- Callers who press stop. Up to `thresholds.abandoned_share_ratio` of the started requests count as none.

So it misses what is given up in the queue, before the first token (`overdue` has these), long answers of which fewer begin
within 5 minutes than are in work, what a crash loses of them, and, where a version counts a request for several answers (n > 1)
as several finished ones, as many as these outweigh.
"""

from glassbox.metrics import roles, service
from glassbox.metrics.types import Unit
from glassbox.query.births import rate_from_birth
from glassbox.query.expr import Expr
from glassbox.query.promql import (
    clamp_min,
    delta,
    duration_seconds,
    instant,
    over_steps,
    over_time,
    ratio,
    sum_by,
)
from glassbox.query.readings import reported_with
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.settings.model import Settings, Thresholds
from recording_rules import engine, requests
from recording_rules.conditions import HUNG_WINDOW, nothing_finishes
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.levels import MODEL, TARGET
from recording_rules.requests import DURATION
from recording_rules.sources import DECLARED, ENGINES, OF_CALLERS

WINDOW = "5m"
# Where every other scrape of 30 s fails, 240 s of samples are extrapolated to 300 s.
EXTRAPOLATED = 1.25
# An answer takes a tenth of the time in which none comes, or less: then the work has not just become long.
_SHORT_ANSWER_SECONDS = duration_seconds(HUNG_WINDOW) / 10
_USUAL_WINDOW, _USUAL_STEP = "6h", "5m"
# The window for services with fewer requests than can be judged within 5 minutes.
FEW_WINDOW = "1h"
# A queue is a history of several samples, however short the bound is.
_SHORTEST_QUEUE_SECONDS = 120

CLIENTS_LEFT = Record(
    "model:inference_clients_left:rate5m",
    sum_by(
        MODEL,
        rate_from_birth(service.HTTP_REQUESTS, WINDOW, **DECLARED, status=requests.CLIENT_LEFT).unless(
            ENGINES, on=TARGET
        ),
    ),
    f"Requests per second whose clients left before the end of the answer (status {requests.CLIENT_LEFT}), where our exporter counts them and no engine does.",
)

# Requests that got their first token, per second.
STARTED = instant(engine.TIME_TO_FIRST_TOKEN.count).measured_in(Unit.REQUESTS_PER_SECOND)
# Requests that an engine finished, per second. Their time in the queue is observed as they finish, whatever the reason. It is
# recorded in the group of the first tokens, so both are of the same moment.
FINISHED = instant(engine.QUEUE_TIME.count).measured_in(Unit.REQUESTS_PER_SECOND)
ABANDONED = Series(
    "model:inference_requests_abandoned:rate5m",
    Unit.REQUESTS_PER_SECOND,
    MODEL,
    reporters=STARTED.and_(FINISHED).or_(instant(CLIENTS_LEFT)).shape.reporters,
)
# What engines lost sight of, per second: it has no time. Our exporter observes how long each client stayed.
UNTIMED = instant(ABANDONED).and_(STARTED)


def group(settings: Settings) -> RecordGroup:
    """The rule, with this installation's thresholds."""
    limits = settings.thresholds
    return RecordGroup(
        "abandoned",
        (
            CLIENTS_LEFT,
            ABANDONED.recorded(
                _by_engines(limits).or_(_by_services(limits, settings.evaluation_interval_seconds)),
                "Started requests per second that never finish, where they are more than callers who press stop and noise explain, else 0. There is no series where neither an engine nor our exporter reports it.",
            ),
            FAILED,
            JUDGED,
        ),
    )


def _by_engines(limits: Thresholds) -> Expr:
    """First tokens without an end, per second, where callers must have given up; 0 for all other engines that report both."""
    without_end = STARTED - FINISHED
    running = reported_with(
        delta(roles.RUNNING, WINDOW, **OF_CALLERS), roles.TIME_TO_FIRST_TOKEN.count, roles.QUEUE_TIME.count
    )
    growth = sum_by(MODEL, running) / RATE_WINDOW_SECONDS
    left = without_end - growth.measured_in(Unit.REQUESTS_PER_SECOND)
    proven = without_end * RATE_WINDOW_SECONDS > in_work(instant(engine.RUNNING)) * EXTRAPOLATED
    return _notable(left.and_(proven), STARTED, limits).and_(FINISHED)


def in_work(running: Expr) -> Expr:
    """The most requests of a model that can have had their first token and no end: those that run, and those that were preempted and wait."""
    preempted = instant(engine.PREEMPTIONS) * RATE_WINDOW_SECONDS
    waiting = instant(engine.WAITING)
    waiting_again = waiting - clamp_min(waiting - preempted, 0)
    return running + waiting_again.or_(running * 0)


def _by_services(limits: Thresholds, interval_seconds: int) -> Expr:
    """Clients that left our exporter's services, per second, the same way.

    They are counted and not estimated, so a service with few requests is judged by those of its last hour.
    """
    left = instant(CLIENTS_LEFT)
    started = left + instant(requests.HTTP_REQUESTS).or_(left * 0)
    left_lately, answered_lately = (
        over_time("sum", each, FEW_WINDOW) * interval_seconds for each in (CLIENTS_LEFT, requests.HTTP_REQUESTS)
    )
    started_lately = left_lately + answered_lately.or_(left_lately * 0)
    lately = _above_share(left_lately, started_lately, limits).and_(started_lately >= limits.minimum_requests)
    few = left.and_(lately).unless(_enough(started, limits))
    return few.or_(_notable(left, started, limits))


def _notable(left: Expr, started: Expr, limits: Thresholds) -> Expr:
    """What was left behind, where it is a notable share of enough requests; 0 where it is not."""
    return _above_share(left, started, limits).and_(_enough(started, limits)).or_(started * 0)


def _above_share(left: Expr, started: Expr, limits: Thresholds) -> Expr:
    return left > started * limits.abandoned_share_ratio


def _enough(started: Expr, limits: Thresholds) -> Expr:
    return started * RATE_WINDOW_SECONDS >= limits.minimum_requests


def overdue(threshold_seconds: float) -> Expr:
    """Requests of a model that have waited longer than `threshold_seconds`, or whose callers gave up in the queue meanwhile.

    By position: of the shortest queue within at least that time, those that are left when as many have started as do in that
    time. A burst that just arrived is not overdue. The queue must have been seen for as long. Requests that wait for adapters
    or KV transfers count too, and so do preempted ones. It is a number of requests (>= 0), and has no series where first
    tokens or queues are not reported.
    """
    seconds = max(int(-(-threshold_seconds // 1)), _SHORTEST_QUEUE_SECONDS)
    window = f"{seconds}s"
    queue = over_time("min", engine.WAITING, window).and_(instant(engine.WAITING).shifted(window))
    started = (STARTED * threshold_seconds).measured_in(Unit.REQUESTS)
    return clamp_min(queue - started, 0).and_(instant(engine.WAITING))


def overdue_rate(threshold_seconds: float) -> Expr:
    """The same per second, each counted once in 5 minutes."""
    return (overdue(threshold_seconds) / RATE_WINDOW_SECONDS).measured_in(Unit.REQUESTS_PER_SECOND)


def slow_and_judged(slow: Expr, observed: Expr) -> tuple[Expr, Expr]:
    """Requests of a model per second that were slow or given up, and all of them: `slow` and `observed` are of those with a time.

    Clients that left our exporter's services late are slow already. How many left sooner is not known, so as many as left are
    slow at least.
    """
    left = instant(ABANDONED).unless(STARTED)
    untimed = UNTIMED.or_(observed * 0)
    return (left > slow).or_(slow) + untimed, observed + untimed


def failed_and_judged(errors: Expr, http_requests: Expr) -> tuple[Expr, Expr]:
    """Requests of a model per second that failed or were given up, and all that were made: the one is a share of the other.

    `errors` and `http_requests` are per second, by model; streams that fail midway are added to the errors. vLLM's HTTP requests
    contain those whose clients left, our exporter's do not. What is given up before vLLM's server counts it, or estimated higher
    than that, is more than the HTTP requests: then the failures themselves are all that is known to be made. So the share is at
    most 1, and nothing is counted twice.
    """
    none = http_requests * 0
    answered_badly = errors.or_(none) + requests.failed_midway().or_(none)
    failed = answered_badly + instant(ABANDONED).or_(none)
    counted = http_requests + instant(CLIENTS_LEFT).or_(none)
    return failed, (counted >= failed).or_(failed)


_FAILED, _JUDGED = failed_and_judged(instant(requests.HTTP_ERRORS), instant(requests.HTTP_REQUESTS))
# Which replica had started a request that was given up, no series says.
FAILED = Record(
    "model:inference_requests_failed:rate5m",
    _FAILED,
    "Requests per second that were answered with a server error or given up.",
    of_one=instant(requests.HTTP_ERRORS),
)
JUDGED = Record(
    "model:inference_requests_judged:rate5m",
    _JUDGED,
    "Requests per second of which those that failed are a share: answered HTTP requests, and what was given up beside them.",
    of_one=instant(requests.HTTP_REQUESTS),
)


def unanswered(limits: Thresholds) -> Expr:
    """Requests of a model within 5 minutes that were started or given up, where none was answered and no length of answers explains it."""
    started = STARTED * RATE_WINDOW_SECONDS
    most_in_work = in_work(over_time("max", engine.RUNNING, WINDOW))
    given_up = started.and_(FINISHED.equals(0)).and_(started > most_in_work * EXTRAPOLATED)
    left = (instant(CLIENTS_LEFT) * RATE_WINDOW_SECONDS).unless(instant(requests.HTTP_REQUESTS) > 0)
    enough = (given_up.or_(left).or_(_unheard()) >= limits.minimum_requests).measured_in(Unit.REQUESTS)
    return enough.or_(_held(limits)).and_(instant(engine.RUNNING))


def _unheard() -> Expr:
    """Requests of a model within 5 minutes that its HTTP server took as answered well, while the engine began and finished none."""
    return (instant(requests.SUCCEEDED) * RATE_WINDOW_SECONDS).and_(STARTED.equals(0)).and_(FINISHED.equals(0))


def _held(limits: Thresholds) -> Expr:
    """Requests that are inside a service without token metrics, where these are many, none is answered, and answers used to be short."""
    time, count = (over_steps("avg", part, _USUAL_WINDOW, _USUAL_STEP) for part in (DURATION.sum, DURATION.count))
    short = ratio(time, count) < _SHORT_ANSWER_SECONDS
    many = over_time("min", engine.RUNNING, HUNG_WINDOW) >= limits.minimum_requests
    return many.and_(nothing_finishes()).and_(short)
