"""How much of the capacity is in use, and when it may run out. The capacity of a replica is measured, so it is a setting."""

from collections.abc import Mapping, Sequence
from functools import reduce

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary
from glassbox.query.promql import clamp_min, group_by, instant, max_by, over_time, predict_linear, ratio, sum_by
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.query.wording import last, span
from glassbox.settings.model import Settings
from recording_rules import known_models, requests, signals, targets
from recording_rules.levels import JOB, MODEL
from recording_rules.memory import LAST_MINUTE
from recording_rules.signal_rule import Signal

# Six hours show the slope of a day's rise. An hour ahead leaves time to start a replica, whose model takes minutes to load.
TREND_WINDOW, _AHEAD_SECONDS = "6h", 3600
# The first minutes of a service rise steeply, and predict nothing for an hour ahead.
SHORTEST_TREND = "1h"

REQUESTS = Record(
    "job:inference_requests:rate1m",
    sum_by(JOB, instant(requests.REQUESTS)),
    "Finished requests per second of a service.",
)
# With each of them, the service does less than callers want, whatever its capacity was measured to be.
_FULL = (
    signals.queueing,
    signals.queue_takes_time,
    signals.stalled,
    signals.unanswered,
    signals.abandoning,
    signals.blocked,
)
_SETTING = "jobs.capacity_requests_per_second"
CAPACITY = Series("job:inference_capacity_requests_per_second:sum", Unit.REQUESTS_PER_SECOND, JOB, _SETTING)
HEADROOM = Series("job:inference_headroom_ratio:min", Unit.RATIO, JOB, _SETTING)
FORECAST = Record(
    "job:inference_requests_in_1h:rate1m",
    clamp_min(predict_linear(REQUESTS, TREND_WINDOW, _AHEAD_SECONDS), 0).and_(
        instant(REQUESTS).shifted(SHORTEST_TREND)
    ),
    f"Requests per second in {span(_AHEAD_SECONDS)}, if the {last(TREND_WINDOW)} continue in a straight line.",
)


def group(settings: Settings) -> RecordGroup:
    """The rules. Without a configured capacity, only the load is recorded."""
    capacities = settings.jobs.capacity_requests_per_second
    return RecordGroup("capacity", (REQUESTS, FORECAST, *(_of_jobs(capacities) if capacities else ())))


def _of_jobs(capacities: Mapping[str, float]) -> tuple[Record, ...]:
    each = (
        over_time("max", targets.TARGETS_UP, LAST_MINUTE, job=job) * per_replica
        for job, per_replica in sorted(capacities.items())
    )
    # A replica that misses a scrape is there all the same.
    every = reduce(Expr.or_, each).measured_in(Unit.REQUESTS_PER_SECOND)
    return (
        CAPACITY.recorded(
            every, "Requests per second that the replicas which answered within the last minute can serve."
        ),
        HEADROOM.recorded(
            _left(),
            "Share of the capacity that is left, 0 at most while requests wait for capacity or get no answer. Below 0, the service serves more than was measured. No value while requests fail: then the load is not known.",
        ),
    )


def _left() -> Expr:
    """1 - finished / capacity. A service that saturates below its measured capacity still has none left."""
    # Without requests so far, all of the capacity is left. Without a target that answers, none is.
    load = instant(REQUESTS).or_(instant(CAPACITY) * 0)
    left = ratio(load, instant(CAPACITY)) * -1 + 1
    none = instant(CAPACITY).and_(_any_of(_FULL).or_(_all_down()), on=JOB) * 0
    known = (left < 0).or_(none).or_(left).unless(_any_of((signals.failing,)), on=JOB)
    return known.or_(instant(CAPACITY).equals(0))


def _all_down() -> Expr:
    """Services of which no model is served, although targets may answer."""
    down = signals.down.holds
    return group_by(JOB, down).unless(group_by(JOB, instant(known_models.KNOWN).unless(down, on=MODEL)))


def _any_of(found: Sequence[Signal]) -> Expr:
    """Services of which one model has one of these signals."""
    return group_by(JOB, reduce(Expr.or_, (each.holds for each in found)))


def forecast_share() -> Expr:
    """Share of the capacity that the load will take in an hour. A service that has no headroom now is full then, too."""
    share = ratio(sum_by(JOB, instant(FORECAST)), sum_by(JOB, instant(CAPACITY)))
    full = max_by(JOB, binary(instant(HEADROOM), "<=", 0) * 0 + 1)
    # A load that is not known now has no trend.
    return (share > 1).or_(full).or_(share.and_(instant(HEADROOM), on=JOB))
