"""Is there anything to scrape, and does it answer?"""

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.promql import count_by, group_by, instant, over_time, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules.levels import JOB, TARGET

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
# Only the targets of services, and nothing else that Prometheus scrapes: 1 where one answers, else 0.
OF_SERVICES = instant(scrape.UP).and_(instant(TARGETS), on=JOB)
