"""What a baseline measures of each model, a block of five minutes at a time, and which direction is worse.

Five minutes is the window of the recorded rates: blocks do not overlap, as the samples of every evaluation do.
"""

from dataclasses import dataclass
from enum import Enum

from glassbox.query.expr import Expr

BLOCK = "5m"
BLOCK_SECONDS = 300


class Worse(Enum):
    """In which direction a change is for the worse; NEITHER describes the load, or follows from it."""

    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True)
class Measure:
    """One number of a block. A change below `smallest_ratio` of what was, or below `smallest`, does not matter."""

    name: str
    expr: Expr
    worse: Worse = Worse.NEITHER
    smallest_ratio: float = 0.05
    smallest: float = 0.0


@dataclass(frozen=True)
class Measures:
    """All measures of a model: `requests` (per second) say whether a block means anything, `load` at which level it belongs."""

    requests: Measure
    load: Measure
    others: tuple[Measure, ...]

    @property
    def all(self) -> tuple[Measure, ...]:
        """Every measure, in the order of reports."""
        return (self.requests, self.load, *self.others)
