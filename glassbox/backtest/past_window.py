"""The time that is looked back on, in whole evaluations."""

import time
from dataclasses import dataclass

from glassbox.errors import GlassboxError
from glassbox.prometheus.times import unix_seconds
from glassbox.query.promql import duration_seconds

SHORTEST_SECONDS = 600


@dataclass(frozen=True)
class PastWindow:
    """From `start` to `end` in Unix seconds; firings count within it."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        return self.end - self.start

    @property
    def weeks(self) -> float:
        return self.seconds / (7 * 86400)


def past_window(duration: str, end: str | None) -> PastWindow:
    """The window of this length up to now or `end`, in whole minutes; raises GlassboxError for one that cannot be read or is too short."""
    seconds = duration_seconds(duration)
    if seconds < SHORTEST_SECONDS:
        raise GlassboxError(f"--window {duration} is too short for alerts to fire in: give at least 10m.")
    last = int(_end(end)) // 60 * 60
    if seconds >= last:
        raise GlassboxError(f"--window {duration} begins before 1970: give a shorter one.")
    return PastWindow(last - seconds, last)


def _end(text: str | None) -> float:
    if text is None:
        return time.time()
    try:
        return unix_seconds(text)
    except (ValueError, OverflowError):
        raise GlassboxError(f"--end {text} is not a time: write it like 2026-11-22T08:00:00Z.") from None
