"""What tiles say instead of a number that would mislead: that a service is down, or that it answers nobody.

A rate outlives its service by its window, and errors are a share of what is answered: in an outage both would look well.
"""

from functools import reduce

from glassbox.board.style import NEUTRAL, RED, Steps, Words
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_by
from glassbox.query.rules import Record
from recording_rules import requests, signals
from recording_rules.levels import MODEL

_DOWN, _UNANSWERED, _IDLE, _PARTLY = -1, -2, -3, -4
DOWN_OR_NUMBER = Words(((_DOWN, "Down", RED), (_UNANSWERED, "Nothing answered", RED)))
# Of a GPU, which may be well and do nothing.
SERVICE_OR_NUMBER = Words(((_DOWN, "Service down", NEUTRAL), (_UNANSWERED, "Nothing answered", NEUTRAL)))
ANSWERS = Words(
    (
        (_DOWN, "Nothing answered", RED),
        (_UNANSWERED, "Nothing answered", RED),
        (_IDLE, "No requests", NEUTRAL),
        (_PARTLY, "Model down", RED),
    )
)
# Requests run and nothing comes out, or all are given up. Long requests that take their time are neither.
_SILENT = (signals.stalled, signals.unanswered)


def _code(condition: Expr, code: int, unit: Unit) -> Expr:
    return (max_by((), condition) * 0 + code).measured_in(unit)


def _down() -> Expr:
    """All models are down."""
    down = signals.down.holds
    return max_by((), down).unless(max_by((), instant(signals.KNOWN).unless(down, on=MODEL)))


def _unanswered() -> Expr:
    """Models of which no request is answered, however long answers take."""
    return _first(*(each.holds for each in _SILENT))


def _first(*answers: Expr) -> Expr:
    """The first of the answers that there is."""
    return reduce(Expr.or_, answers)


def or_down(value: Expr) -> Expr:
    """The value, or the code of a state where all models are down: what is true while nothing is answered is shown."""
    return _first(_code(_down(), _DOWN, value.shape.unit), value)


def or_trouble(value: Expr) -> Expr:
    """The value, or the code of a state where all models are down, or where one of them answers nobody."""
    return _first(*_trouble(value.shape.unit), value)


def or_idle(value: Expr, observed: Record = requests.DURATION.count) -> Expr:
    """As `or_trouble`; where none was `observed` per second there is no value, which is said too."""
    return _first(*_trouble(value.shape.unit), *_known_or_idle(value, observed))


def errors_or_state(share: Expr) -> Expr:
    """As `or_idle`; and where one model of several is down, since a share of what the others answered has no part of it."""
    partly = _code(signals.down.holds, _PARTLY, share.shape.unit)
    return _first(*_trouble(share.shape.unit), partly, *_known_or_idle(share, requests.DURATION.count))


def _trouble(unit: Unit) -> tuple[Expr, Expr]:
    return _code(_down(), _DOWN, unit), _code(_unanswered(), _UNANSWERED, unit)


def _known_or_idle(value: Expr, observed: Record) -> tuple[Expr, Expr]:
    # Without requests, a quantile is not a number.
    return value >= 0, _code(max_by((), instant(observed)).equals(0), _IDLE, value.shape.unit)


def latency_steps(objective_seconds: float) -> Steps:
    """Red from what callers were promised on. Neutral below it: that answers are fast does not make them good."""
    return Steps(NEUTRAL, ((objective_seconds, RED),))
