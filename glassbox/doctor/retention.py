"""Whether a server keeps samples for as long as error budgets look back."""

import re
import time
from dataclasses import dataclass

from glassbox.doctor.down import DAY_SECONDS
from glassbox.doctor.listing import roughly
from glassbox.doctor.obstacles import Obstacle
from glassbox.prometheus.api import Prometheus
from glassbox.query.wording import span

# As Prometheus writes durations; its years have 365 days.
_UNITS = {"y": 365 * DAY_SECONDS, "w": 7 * DAY_SECONDS, "d": DAY_SECONDS, "h": 3600, "m": 60, "s": 1}
_POINTS = 60
NEAR_SECONDS = 60
"""How exactly the moment of the oldest sample is known."""


@dataclass(frozen=True)
class Retention:
    """For how long a server keeps samples, None where it does not say; `oldest_seconds` is about the age of the oldest of `up`.

    `by_size` is whether it drops samples sooner when they take too much room. The oldest is looked for within the period alone.
    """

    period_seconds: int
    seconds: int | None
    by_size: bool
    oldest_seconds: int | None

    @property
    def evidence(self) -> str:
        """What the oldest sample says."""
        if self.oldest_seconds is None:
            return "no sample of up was found"
        return f"the oldest sample of up within {span(self.period_seconds)} is about {roughly(self.oldest_seconds)} old"

    def obstacle(self) -> Obstacle | None:
        """Something to do, where samples are kept for less than the period."""
        if self.seconds is None or self.seconds >= self.period_seconds:
            return None
        period = span(self.period_seconds)
        return Obstacle(
            "This server",
            f"keeps samples for {roughly(self.seconds)}, and error budgets look back for {period}; {self.evidence}",
            f"keep them for {period} or longer, or shorten slo_period_days",
        )

    def unknown(self) -> str:
        """What is not known about it; empty where samples of the whole period are there, or will be."""
        if self.oldest_seconds == self.period_seconds or (self.seconds is not None and not self.by_size):
            return ""
        said = "it limits their size" if self.by_size else "this server does not say it"
        period = span(self.period_seconds)
        return f"How long samples are kept: {said}. Error budgets look back for {period}, and {self.evidence}."


def retention_of(prometheus: Prometheus, period_days: int) -> Retention:
    """Asks a server what it is set to, and for the beginning of its samples within the period; raises GlassboxError."""
    period = period_days * DAY_SECONDS
    about = prometheus.about("status/runtimeinfo")
    said = about.get("storageRetention") if isinstance(about, dict) else None
    said = said if isinstance(said, str) else ""
    return Retention(
        period, _kept_seconds(said), bool(re.search(r"\d\s*[KMGTPE]?i?B\b", said)), _oldest_seconds(prometheus, period)
    )


def _kept_seconds(said: str) -> int | None:
    """The time of `15d`, `1w2d` or `30d or 50GiB`; None where none is said, as of `50GiB`."""
    text = said.partition(" or ")[0].strip()
    if not re.fullmatch(r"(?:\d{1,9}[ywdhms])+", text):
        return None
    return sum(int(amount) * _UNITS[unit] for amount, unit in re.findall(r"(\d+)([ywdhms])", text)) or None


def _oldest_seconds(prometheus: Prometheus, period_seconds: int) -> int | None:
    now = int(time.time())
    oldest = oldest_sample(prometheus, now - period_seconds, now)
    return None if oldest is None else now - oldest


def oldest_sample(prometheus: Prometheus, start: int, end: int) -> int | None:
    """About when the first sample of `up` between two moments is (Unix seconds), or None; raises GlassboxError.

    Found among points of the whole time, then of the time before the first of them, and so on.
    """
    step = max(NEAR_SECONDS, (end - start) // _POINTS)
    first = _first(prometheus, start, end, step)
    while first is not None and step > NEAR_SECONDS:
        earliest, step = max(first - step, start), max(NEAR_SECONDS, step // _POINTS)
        first = _first(prometheus, earliest, first, step) or first
    return first


def _first(prometheus: Prometheus, start: int, end: int, step: int) -> int | None:
    return min(
        (moment for each in prometheus.range("count(up)", start, end, step) for moment in each.values), default=None
    )
