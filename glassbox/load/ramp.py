"""The load at which the queue grows: one rate after another, each long enough to distinguish growth from chance."""

import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.load.arrivals import Ask, Bodies, Watcher, arrivals_within, open_loop
from glassbox.load.chat import Outcome

# With fewer in the second half of a step, only an overload of more than half would be detected.
FEWEST_ARRIVALS = 20
# Queues of a step begin empty; after half of it, five times the time of a single answer, those that settle have settled.
ANSWERS_PER_STEP = 10
_GROWTH_RATIO = 0.05
_CHANCE = 2.0


@dataclass(frozen=True)
class Ramp:
    """Rates in requests per second from `first` to `last`, and how long each is offered."""

    first: float
    last: float
    step: float
    step_seconds: float

    @property
    def rates(self) -> Sequence[float]:
        """All of them, ascending."""
        steps = math.floor((self.last - self.first) / self.step + 1e-9)
        return [round(self.first + number * self.step, 9) for number in range(steps + 1)]

    def check(self, answer_seconds: float) -> None:
        """Raises GlassboxError where steps are too short for their rate or for the time that an answer takes."""
        for_chance = 2 * FEWEST_ARRIVALS / self.first
        for_answers = ANSWERS_PER_STEP * answer_seconds
        if self.step_seconds < max(for_chance, for_answers):
            raise GlassboxError(
                f"Steps of {self.step_seconds:g} s are too short: an answer takes {answer_seconds:.2g} s here, and "
                f"{self.first:g} requests/s is a low rate; give --step-seconds {math.ceil(max(for_chance, for_answers))} or more."
            )


@dataclass(frozen=True)
class Step:
    """One rate, and what came of it. `arrived` and `completed` count the second half, which is `half_seconds` long.

    Failed requests do not count as completed: a server that refuses requests does not serve them.
    """

    offered_per_second: float
    half_seconds: float
    arrived: int
    completed: int
    outcomes: Sequence[Outcome]

    @property
    def completed_per_second(self) -> float:
        return self.completed / self.half_seconds

    @property
    def is_saturated(self) -> bool:
        """Whether the requests in progress kept growing through the second half.

        By more than a twentieth of what arrived, and by more than twice the standard deviation of a Poisson count, the
        square root of what arrived. Where nothing waits, the growth's own deviation is at most sqrt(2 * in progress): half
        of that where an answer takes a quarter of a step, and less where it takes less (Little's law: in progress = rate * time).
        """
        grown = self.arrived - self.completed
        return grown > max(_GROWTH_RATIO * self.arrived, _CHANCE * math.sqrt(self.arrived))

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "offered_per_second": self.offered_per_second,
            "completed_per_second": round(self.completed_per_second, 6),
            "arrived": self.arrived,
            "completed": self.completed,
            "saturated": self.is_saturated,
        }


def judged(outcomes: Sequence[Outcome], started_at: float, rate: float, seconds: float) -> Step:
    """A step from its outcomes and its start, by the clock that they were measured with."""
    middle, end = started_at + seconds / 2, started_at + seconds
    arrived = sum(middle <= outcome.due_at < end for outcome in outcomes)
    completed = sum(not outcome.failure and middle <= outcome.ended_at < end for outcome in outcomes)
    return Step(rate, seconds / 2, arrived, completed, outcomes)


def capacity(steps: Sequence[Step]) -> float | None:
    """Requests per second that the server can serve; None where no step saturated it.

    That is what it completed while requests were always waiting, or what it served in the step before, where overload slows it down.
    """
    if not steps or not steps[-1].is_saturated:
        return None
    return max(step.completed_per_second for step in steps[-2:])


async def climb(ask: Ask, bodies: Bodies, ramp: Ramp, seed: int, watcher: Watcher) -> AsyncIterator[Step]:
    """Each step once all its answers are in, up to the first that saturates the server."""
    for number, rate in enumerate(ramp.rates):
        outcomes = _Collected(watcher)
        arrivals = arrivals_within(ramp.step_seconds, rate, seed + number)
        started_at = await open_loop(ask, bodies, arrivals, outcomes)
        step = judged(outcomes.outcomes, started_at, rate, ramp.step_seconds)
        yield step
        if step.is_saturated:
            return


class _Collected:
    """Keeps the outcomes of a step, and notifies another watcher."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.outcomes: list[Outcome] = []

    def begun(self) -> None:
        self._watcher.begun()

    def ended(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._watcher.ended(outcome)
