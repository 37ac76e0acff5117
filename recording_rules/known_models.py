"""Which models the diagnosis is about."""

from glassbox.metrics.scrape import UP
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, over_time
from glassbox.query.rules import Series
from glassbox.query.selectors import regex
from glassbox.settings.model import Jobs
from recording_rules import engine, targets
from recording_rules.levels import JOB, MODEL, SERVED
from recording_rules.memory import GONE_REMEMBERED

_KEPT = "5m"
_VERSION = (*JOB, "model_version")

# A model is known by what runs of it.
KNOWN = Series("model:diagnosis_known:group", Unit.BOOLEAN, MODEL, reporters=engine.RUNNING.reporters)


def known(jobs: Jobs) -> Expr:
    """What is served now, what was served within the last hour, and what only dead targets served, for as long as they are dead.

    Jobs that are scaled to zero on purpose are forgotten at once, and so is a version without targets whose model another serves.
    """
    wanted = regex(jobs.wanted_regex)
    served = instant(engine.RUNNING)
    lately = over_time("last", engine.RUNNING, GONE_REMEMBERED, job=wanted)
    missed = lately.unless(served, on=SERVED).or_(lately.and_(instant(UP), on=_VERSION))
    dead = (instant(targets.TARGETS, job=wanted) > 0).unless(instant(targets.TARGETS_UP) > 0)
    still = over_time("last", KNOWN, _KEPT).and_(dead, on=JOB)
    return group_by(MODEL, served.or_(missed).or_(still)).measured_in(Unit.BOOLEAN)
