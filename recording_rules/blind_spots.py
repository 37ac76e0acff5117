"""What our rules do not see, or cannot distinguish: services that nobody listed, and jobs that hold more than one."""

from functools import reduce

from glassbox.metrics import service
from glassbox.metrics.types import Gauge
from glassbox.query.expr import Expr
from glassbox.query.promql import count_by, duration_seconds, group_by, over_steps, over_time
from glassbox.query.rules import Record
from glassbox.query.selectors import Matcher, differs, not_regex
from glassbox.settings.model import Jobs
from recording_rules import instances
from recording_rules.levels import JOB, TARGET
from recording_rules.targets import TARGETS_BY_PLACE

# A failed scrape or a restart must not hide a job, and what was a short trial is forgotten.
UNLISTED_WINDOW, UNLISTED_SECONDS = "1h", 600
_STEP = "1m"


def unlisted(jobs: Jobs) -> Expr:
    """The number of targets of each job that is not in `jobs.services`, but whose series are those of an engine or of our exporter.

    A target counts when it had them for ten minutes of the last hour, in one piece or in many.
    """
    strangers = not_regex(jobs.services_regex)
    of_engines = group_by(TARGET, _long_enough(instances.RUNNING, job=strangers))
    # Other software has each of the two names. Only our exporter has both.
    inside = _long_enough(service.HTTP_REQUESTS_INPROGRESS, job=strangers, endpoint=differs(""), handler="")
    of_exporters = group_by(TARGET, _long_enough(service.QPS, job=strangers)).and_(group_by(TARGET, inside), on=TARGET)
    others = (group_by(TARGET, each) for each in instances.finished_of_others(_STEP, job=strangers))
    of_others = (_is_enough(over_steps("count", each, UNLISTED_WINDOW, _STEP)) for each in others)
    return count_by(JOB, reduce(Expr.or_, (*of_others, of_exporters), of_engines))


def _long_enough(source: Record | Gauge, **matchers: str | Matcher) -> Expr:
    return _is_enough(over_time("count", source, f"{UNLISTED_WINDOW}:{_STEP}", offset="", **matchers))


def _is_enough(samples: Expr) -> Expr:
    return samples >= UNLISTED_SECONDS / duration_seconds(_STEP)


def spanning() -> Expr:
    """The number of clusters and namespaces of each service that has more than one: our other records keep neither label."""
    return count_by(JOB, TARGETS_BY_PLACE) > 1
