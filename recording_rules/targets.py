"""Is there anything to scrape, and does it answer?"""

from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.query.promql import count_by, instant, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules.levels import JOB

GROUP = RecordGroup("targets")

TARGETS = Record(
    "job:inference_targets:count", count_by(JOB, instant(scrape.UP)), "Targets of a service that Prometheus knows."
)
TARGETS_UP = Record(
    "job:inference_targets_up:sum",
    sum_by(JOB, instant(scrape.UP)).measured_in(Unit.NONE),
    "Targets that answered the last scrape.",
)
# Only the targets of services, and nothing else that Prometheus scrapes: 1 where one answers, else 0.
OF_SERVICES = instant(scrape.UP).and_(instant(TARGETS), on=JOB)
