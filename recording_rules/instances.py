"""One server process each, to find the replica that differs. Its data-parallel ranks are added up.

Only what boards and alerts join with is recorded. The rest are queries that the Replicas board asks: a recorded series for
each replica would double a raw one. Means are allowed here: below the replica nothing is averaged, and above it nobody may
average means.
"""

from functools import reduce

from glassbox.metrics import roles, service
from glassbox.metrics.engines import ENGINES
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, max_by, mean, most, rate, sum_by
from glassbox.query.rules import Record, RecordGroup
from glassbox.query.selectors import Matcher, regex
from recording_rules import sources
from recording_rules.levels import INSTANCE, TARGET
from recording_rules.sources import rates
from recording_rules.targets import BRIDGE

GROUP = RecordGroup("instances")

WINDOW = "5m"

RUNNING = Record(
    "instance:inference_requests_running:sum",
    sum_by(INSTANCE, sources.RUNNING),
    "Running requests of one replica. Boards and alerts see every replica that has this series, and no other.",
)


def serving() -> Expr:
    """The models of each target, of engines also that do not report how many requests run."""
    counted = dict(most(roles.FINISHED, BRIDGE).by_engine)
    others = [
        group_by(INSTANCE, counted[engine.name])
        for engine in ENGINES
        if engine.name in counted and not engine.readings(roles.RUNNING)
    ]
    return reduce(Expr.or_, others, group_by(INSTANCE, instant(RUNNING)))


def reporting() -> Expr:
    """Targets that report on requests, also where they do not say how many run."""
    others = (group_by(TARGET, each) for each in finished_of_others(WINDOW))
    return reduce(Expr.or_, others, group_by(TARGET, instant(RUNNING)))


def finished_of_others(window: str, **matchers: Matcher) -> list[Expr]:
    """What targets that do not say how many requests run have finished, by their series: of some engines, and of front ends.

    What runs in a front end is read of the engines behind it.
    """
    return [
        most(each.metric, window, **matchers, **{label: regex(value) for label, value in each.where.items()})
        for engine in ENGINES
        if engine.in_front_of or not engine.readings(roles.RUNNING)
        for each in engine.readings(roles.FINISHED)
    ]


# Requests that wait for the replica's engines.
WAITING = sum_by(INSTANCE, sources.WAITING)
# KV cache usage of the replica's fullest engine.
KV_CACHE_USAGE = max_by(INSTANCE, sources.KV_CACHE_USAGE)
# Finished requests and output tokens per second.
REQUESTS = sum_by(INSTANCE, rates(roles.FINISHED, service.HTTP_REQUESTS, WINDOW))
GENERATION_TOKENS = sum_by(INSTANCE, rate(roles.GENERATION_TOKENS, WINDOW))
# Mean time to first token; no value without requests.
TIME_TO_FIRST_TOKEN = mean(
    sum_by(INSTANCE, rate(roles.TIME_TO_FIRST_TOKEN.sum, WINDOW)),
    sum_by(INSTANCE, rate(roles.TIME_TO_FIRST_TOKEN.count, WINDOW)),
)
# Mean time of a request from arrival to the end of the answer; no value without requests.
DURATION = mean(
    sum_by(INSTANCE, rates(roles.LATENCY.sum, service.HTTP_REQUEST_DURATION.sum, WINDOW)),
    sum_by(INSTANCE, rates(roles.LATENCY.count, service.HTTP_REQUEST_DURATION.count, WINDOW)),
)
