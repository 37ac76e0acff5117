"""Is there anything to scrape, and does it answer?"""

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.promql import changes, count_by, group_by, instant, max_by, over_time, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules.levels import JOB, PLACE, TARGET

GROUP = RecordGroup("targets")

TARGETS = Record(
    "job:inference_targets:count", count_by(JOB, instant(scrape.UP)), "Targets of a service that Prometheus knows."
)
TARGETS_UP = Record(
    "job:inference_targets_up:sum",
    sum_by(JOB, instant(scrape.UP)).measured_in(Unit.NONE),
    "Targets that answered the last scrape.",
)
# How long the newest value of a gauge is kept while scrapes fail: scrapes are at most 30 s apart, so it bridges three.
BRIDGE = "2m"
VANISHED = Record(
    "target:inference_vanished:group",
    group_by(TARGET, over_time("last", scrape.UP, BRIDGE).unless(instant(scrape.UP))).measured_in(Unit.BOOLEAN),
    f"1 for each target that Prometheus knew within the last {BRIDGE} and knows no more. There is no series for any other.",
)
# Down, up, down, up: an outage and its recovery are two changes.
_OFTEN = 4
GAPS_WINDOW = "10m"
GAPS = Record(
    "target:inference_answered:ratio10m",
    max_by(
        TARGET,
        # The windows still contain a target that has gone; its current `up` does not.
        over_time("avg", scrape.UP, GAPS_WINDOW)
        .and_(changes(scrape.UP, GAPS_WINDOW) >= _OFTEN)
        .and_(instant(scrape.UP))
        .measured_in(Unit.RATIO),
    ),
    "Share of scrapes that succeeded, for targets that failed and recovered repeatedly. There is no series for any other.",
)
# The number of targets of each job in each cluster and namespace.
TARGETS_BY_PLACE = count_by(PLACE, instant(scrape.UP))
# Only the targets of services, and nothing else that Prometheus scrapes: 1 where one answers, else 0.
OF_SERVICES = instant(scrape.UP).and_(instant(TARGETS), on=JOB)
