"""What tiles say instead of a number that would mislead: that a service is down, or that it answers nobody.

A rate outlives its service by its window, errors are a share of what is answered, and where nothing has ended there is neither.
"""

from dataclasses import dataclass, replace
from functools import reduce

from glassbox.board.style import NEUTRAL, RED, YELLOW, Steps, Words
from glassbox.query.expr import Expr
from glassbox.query.promql import always, group_by, instant, max_by, min_by, over_time
from glassbox.query.rules import Record
from glassbox.query.selectors import regex
from recording_rules import known_models, requests, signals
from recording_rules.levels import MODEL
from recording_rules.signal_rule import SIGNAL, Signal


@dataclass(frozen=True)
class State:
    """A word in place of a number. `code` is what the query gives; `means` follows the word in a tile's description."""

    code: int
    word: str
    color: str
    means: str


_DOWN = State(-1, "Down", RED, "all models are down")
_UNANSWERED = State(-2, "Nothing answered", RED, "requests are in work, but none finishes, or callers give up first")
_IDLE = State(-3, "No requests", NEUTRAL, "none arrives and none is in work")
_MODEL_DOWN = State(-4, "Model down", RED, "one of several is")
_PARTLY = State(-5, "Partly unanswered", RED, "an engine hangs or a model answers nobody")
_REFUSED = State(-6, "Refused", YELLOW, "no request reaches an engine, for example because all are answered with 4xx")
_NONE_FINISHED = State(-7, "None finished", NEUTRAL, "none has ended yet")
_NO_FIRST_TOKEN = State(-7, "No first token", NEUTRAL, "none has a token yet")

NOT_MEASURED = "Not measured"
"""Where no exporter reports what a panel shows."""
# What each kind of tile may show. A GPU may be well and do nothing.
OF_GPUS = (replace(_DOWN, word="Service down", color=NEUTRAL), replace(_UNANSWERED, color=NEUTRAL))
ALIVE = (_DOWN, _MODEL_DOWN)
ANSWERED = (_DOWN, _UNANSWERED)
FINISHED = (*ANSWERED, _NONE_FINISHED, _IDLE)
STARTED = (*ANSWERED, _NO_FIRST_TOKEN, _IDLE)
FAILED = (*ANSWERED, _MODEL_DOWN, _PARTLY, _REFUSED, _NONE_FINISHED, _IDLE)
# Of one model, all requests or those of one engine. Long requests that take their time are neither.
_SILENT = (signals.stalled, signals.unanswered, signals.blocked)


def words(states: tuple[State, ...]) -> Words:
    """The words and their colours."""
    return Words(tuple((each.code, each.word, each.color) for each in states))


def meanings(states: tuple[State, ...]) -> str:
    """What the words mean, for a tile's description."""
    return " ".join(f'"{each.word}": {each.means}.' for each in states)


def latency_steps(objective_seconds: float) -> Steps:
    """Red from what callers were promised on. Neutral below it: that answers are fast does not make them good."""
    return Steps(NEUTRAL, ((objective_seconds, RED),))


def or_down(value: Expr) -> Expr:
    """The value or a state of `ALIVE`: what is true while nothing is answered is shown."""
    return _first(value, _code(_all_down(), _DOWN, value), value, _code(_any(signals.down), _MODEL_DOWN, value))


def or_trouble(value: Expr) -> Expr:
    """The value, or a state of `ANSWERED`."""
    return _first(value, *_trouble(value), value)


def or_idle(value: Expr, observed: Record = requests.DURATION.count) -> Expr:
    """The value, or a state of `FINISHED`, or of `STARTED` where first tokens are what is `observed` per second."""
    return _first(value, *_trouble(value), *_known_or_idle(value, observed))


def errors_or_state(share: Expr) -> Expr:
    """The share, or a state of `FAILED`: a share of what others answered has no part of what is not answered."""
    silent = _any(*_SILENT) * 0 + (_finishes() * _PARTLY.code).or_(always() * _UNANSWERED.code)
    states = (
        _code(_all_down(), _DOWN, share),
        silent.measured_in(share.shape.unit),
        _code(_any(signals.down), _MODEL_DOWN, share),
        _code(_refused(), _REFUSED, share),
    )
    return _first(share, *states, *_known_or_idle(share, requests.DURATION.count))


def _any(*either: Signal) -> Expr:
    """Whether one of the signals holds for a model."""
    names = regex("|".join(each.name for each in either))
    return max_by((), instant(SIGNAL, signal=names)).equals(1)


def _all_down() -> Expr:
    return min_by((), instant(SIGNAL, signal=signals.down.name)).equals(1)


def _finishes() -> Expr:
    """1 where a request finishes. Signals are of whole models, whatever replica is chosen: so is this."""
    finished = over_time("last", requests.REQUESTS, requests.WINDOW).and_(instant(known_models.KNOWN), on=MODEL)
    return group_by((), finished > 0)


def _refused() -> Expr:
    """Requests of no model reach an engine, and no errors are known of: the share of failures would look well."""
    return _any(signals.arriving).unless(_any(signals.working, signals.failing, signals.only_errors))


def _trouble(value: Expr) -> tuple[Expr, Expr]:
    return _code(_all_down(), _DOWN, value), _code(_any(*_SILENT).unless(_finishes()), _UNANSWERED, value)


def _known_or_idle(value: Expr, observed: Record) -> tuple[Expr, ...]:
    nothing = max_by((), instant(observed)).equals(0)
    in_work = _any(signals.working, signals.arriving)
    code = (in_work * _NONE_FINISHED.code).or_(always() * _IDLE.code)
    # Without requests, a quantile is not a number.
    return value >= 0, (nothing + code).measured_in(value.shape.unit)


def _code(condition: Expr, state: State, value: Expr) -> Expr:
    return (condition * 0 + state.code).measured_in(value.shape.unit)


def _first(value: Expr, *answers: Expr) -> Expr:
    """The first of the answers that there is. A state does not report the value."""
    return reduce(Expr.or_, answers).reported_by(value.shape.reporters)
