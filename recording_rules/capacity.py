"""How much of the capacity is in use, and how soon it may not suffice. The capacity of a replica is measured, and so a setting."""

from collections.abc import Mapping
from functools import reduce

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import clamp_min, instant, predict_linear, ratio, sum_by
from glassbox.query.rules import Record, RecordGroup, Series
from glassbox.settings.model import Settings
from recording_rules import requests, targets
from recording_rules.levels import JOB

# Six hours hold the slope of a day's rise; an hour ahead is time enough to start a replica, whose model takes minutes to load.
_TREND_WINDOW, _AHEAD_SECONDS = "6h", 3600
# The first minutes of a service rise steeply, and mean nothing for an hour ahead.
_SHORTEST_TREND = "1h"

REQUESTS = Record(
    "job:inference_requests:rate1m",
    sum_by(JOB, instant(requests.REQUESTS)),
    "Finished requests of a service each second.",
)
_SETTING = "jobs.capacity_requests_per_second"
CAPACITY = Series("job:inference_capacity_requests_per_second:sum", Unit.REQUESTS_PER_SECOND, JOB, _SETTING)
HEADROOM = Series("job:inference_headroom_ratio:min", Unit.RATIO, JOB, _SETTING)
FORECAST = Record(
    "job:inference_requests_in_1h:rate1m",
    clamp_min(predict_linear(REQUESTS, _TREND_WINDOW, _AHEAD_SECONDS), 0).and_(
        instant(REQUESTS).shifted(_SHORTEST_TREND)
    ),
    "Requests each second in an hour, if the last six hours go on in a straight line.",
)


def group(settings: Settings) -> RecordGroup:
    """The rules; without a configured capacity there is only the load."""
    capacities = settings.jobs.capacity_requests_per_second
    return RecordGroup("capacity", (REQUESTS, FORECAST, *(_of_jobs(capacities) if capacities else ())))


def _of_jobs(capacities: Mapping[str, float]) -> tuple[Record, ...]:
    each = (instant(targets.TARGETS_UP, job=job) * per_replica for job, per_replica in sorted(capacities.items()))
    every = reduce(Expr.or_, each).measured_in(Unit.REQUESTS_PER_SECOND)
    # No request yet is all of it left; nothing that answers is none.
    load = instant(REQUESTS).or_(instant(CAPACITY) * 0)
    left = (ratio(load, instant(CAPACITY)) * -1 + 1).or_(instant(CAPACITY).equals(0))
    return (
        CAPACITY.recorded(every, "Requests each second that the replicas which answer can serve."),
        HEADROOM.recorded(left, "Share of the capacity that is left; below 0 more is served than was measured."),
    )
