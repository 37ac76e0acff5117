"""Which models the diagnosis is about."""

from collections.abc import Callable
from functools import partial

from glassbox.metrics import roles
from glassbox.metrics.scrape import UP
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, over_time
from glassbox.query.readings import silent_about
from glassbox.query.rules import Series
from glassbox.query.selectors import regex
from glassbox.settings.model import Jobs
from recording_rules import engine, requests, targets
from recording_rules.levels import JOB, MODEL, SERVED
from recording_rules.memory import GONE_REMEMBERED

_KEPT = "5m"
_VERSION = (*JOB, "model_version")

# A model is known by what runs of it, or by what finishes where its engine does not report that.
KNOWN = Series("model:diagnosis_known:group", Unit.BOOLEAN, MODEL)


def served() -> Expr:
    """What is served now, whether anything runs or not."""
    return _there(instant)


def _there(read: Callable[..., Expr]) -> Expr:
    """What runs, as `read` reads a series, and what finishes of engines that do not report what runs."""
    running, others = read(engine.RUNNING), silent_about(roles.RUNNING)
    return running.or_(read(requests.REQUESTS, inference_engine=regex("|".join(others)))) if others else running


def known(jobs: Jobs) -> Expr:
    """What is served now, what was served within the last hour, and what only dead targets served, for as long as they are dead.

    Jobs that are scaled to zero on purpose are forgotten at once, and so is a version without targets whose model another serves.
    """
    wanted = regex(jobs.wanted_regex)
    now, lately = served(), _there(partial(over_time, "last", window=GONE_REMEMBERED, job=wanted))
    missed = lately.unless(now, on=SERVED).or_(lately.and_(instant(UP), on=_VERSION))
    dead = (instant(targets.TARGETS, job=wanted) > 0).unless(instant(targets.TARGETS_UP) > 0)
    still = over_time("last", KNOWN, _KEPT).and_(dead, on=JOB)
    return group_by(MODEL, now.or_(missed).or_(still)).measured_in(Unit.BOOLEAN)
