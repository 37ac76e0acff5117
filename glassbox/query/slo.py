"""Service level objectives, and the windows that detect a burning error budget.

Source of the shares and windows: The Site Reliability Workbook, chapter 5 "Alerting on SLOs", section "Multiwindow,
Multi-Burn-Rate Alerts"; the day-long window in between is that of the Kubernetes mixin and of Sloth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from glassbox.errors import GlassboxError

SECONDS_PER_DAY = 86400

Indicator = Literal["availability", "request_latency", "time_to_first_token", "time_per_output_token"]
# What a good request is, by indicator; `{seconds}` is the entry's threshold.
_PROMISES: dict[Indicator, str] = {
    "availability": "are answered without a server error, before their callers give up",
    "request_latency": "are answered within {seconds:g} s",
    "time_to_first_token": "see their first token within {seconds:g} s",
    "time_per_output_token": "get their tokens at no more than {seconds:g} s each",
}


@dataclass(frozen=True, kw_only=True)
class Slo:
    """One promise: `objective_ratio` of the requests are good. All but availability have a `threshold_seconds`, which must be a bucket."""

    name: str
    indicator: Indicator
    objective_ratio: float
    threshold_seconds: float | None = None

    def __post_init__(self) -> None:
        needs_threshold = self.indicator != "availability"
        if needs_threshold == (self.threshold_seconds is None):
            problem = "needs" if needs_threshold else "does not take"
            raise GlassboxError(
                f"Setting slos, entry {self.name!r}: {self.indicator} {problem} threshold_seconds; "
                f"{'add' if needs_threshold else 'remove'} it."
            )

    @property
    def budget_ratio(self) -> float:
        """The share of requests that may be bad."""
        return round(1 - self.objective_ratio, 9)

    @property
    def promise(self) -> str:
        """The objective in words."""
        return f"{self.objective_ratio * 100:g}% of requests {_PROMISES[self.indicator].format(seconds=self.threshold_seconds)}"


DEFAULT_SLOS = (
    Slo(name="availability", indicator="availability", objective_ratio=0.995),
    Slo(name="request_latency", indicator="request_latency", objective_ratio=0.95, threshold_seconds=10),
    Slo(name="time_to_first_token", indicator="time_to_first_token", objective_ratio=0.95, threshold_seconds=2.5),
    Slo(name="time_per_output_token", indicator="time_per_output_token", objective_ratio=0.95, threshold_seconds=0.1),
)


@dataclass(frozen=True)
class BurnWindow:
    """Notice that `budget_share_ratio` of a period's budget is spent within `long_seconds`.

    The short window, a twelfth, ends the alert soon after the burning ends.
    """

    budget_share_ratio: float
    long_seconds: int

    @property
    def short_seconds(self) -> int:
        return self.long_seconds // 12

    @property
    def long(self) -> str:
        return window_text(self.long_seconds)

    @property
    def short(self) -> str:
        return window_text(self.short_seconds)

    def factor(self, period_days: int) -> float:
        """How many times faster than evenly over the period the budget burns when that share is spent within the window."""
        return round(self.budget_share_ratio * period_days * SECONDS_PER_DAY / self.long_seconds, 3)

    def outage_seconds(self, budget_ratio: float, period_days: int) -> float:
        """How long every request must fail, after a long window of even and good ones, until the long window burns that fast."""
        return self.factor(period_days) * budget_ratio * self.long_seconds


PAGE_WINDOWS = (BurnWindow(0.02, 3600), BurnWindow(0.05, 6 * 3600))
TICKET_WINDOWS = (BurnWindow(0.10, SECONDS_PER_DAY), BurnWindow(0.10, 3 * SECONDS_PER_DAY))


def window_text(seconds: int) -> str:
    """The window as a Prometheus duration in the largest unit that fits: 5m, 6h, 3d."""
    unit, size = next((unit, size) for unit, size in (("d", 86400), ("h", 3600), ("m", 60)) if seconds % size == 0)
    return f"{seconds // size}{unit}"


def outage_seconds(budget_ratio: float, period_days: int) -> float:
    """How long a full outage burns a budget until it pages, by the formula alone: the first of the paging windows."""
    return min(window.outage_seconds(budget_ratio, period_days) for window in PAGE_WINDOWS)


def check_slos(slos: Sequence[Slo], period_days: int) -> None:
    """Raises GlassboxError where two entries share a name, or where an outage would not burn a budget fast enough to page."""
    for index, slo in enumerate(slos):
        if slo.name in {earlier.name for earlier in slos[:index]}:
            raise GlassboxError(f"Setting slos: two entries are called {slo.name!r}; rename one.")
        slowest_page = min(window.factor(period_days) for window in PAGE_WINDOWS)
        if slo.budget_ratio * slowest_page >= 1:
            lowest = math.floor((1 - 1 / slowest_page) * 1000 + 1) / 1000
            raise GlassboxError(
                f"Setting slos, entry {slo.name!r}: with an objective_ratio of {slo.objective_ratio:g} even a full outage "
                f"does not burn the budget {slowest_page:g} times too fast, where paging begins; use {lowest:g} or more."
            )
