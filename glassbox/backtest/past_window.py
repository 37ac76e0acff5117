"""The window of the past that is evaluated, in whole minutes."""

from dataclasses import dataclass

from glassbox.errors import GlassboxError
from glassbox.past.limits import SHORTEST, SHORTEST_SECONDS
from glassbox.prometheus.times import end_of_window
from glassbox.query.promql import duration_seconds


@dataclass(frozen=True)
class PastWindow:
    """From `start` to `end` in Unix seconds; firings count within it."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        return self.end - self.start


def past_window(duration: str, end: str | None) -> PastWindow:
    """The window of this length up to now or `end`, in whole minutes; raises GlassboxError for one that cannot be read or is too short."""
    seconds = duration_seconds(duration)
    if seconds < SHORTEST_SECONDS:
        raise GlassboxError(f"--window {duration} is too short for alerts to fire in: give at least {SHORTEST}.")
    last = int(end_of_window(end)) // 60 * 60
    if seconds >= last:
        raise GlassboxError(f"--window {duration} begins before 1970: give a shorter one.")
    return PastWindow(last - seconds, last)
