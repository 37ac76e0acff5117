"""How texts state the numbers of rules: shares and durations, as on-call people read them."""

from glassbox.query.promql import duration_seconds

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def percent(ratio: float) -> str:
    """A share of 0..1 in percent, with all of its digits: `97.5%`."""
    return f"{ratio * 100:g}%"


def span(duration: str | int) -> str:
    """A Prometheus duration, or seconds, in the largest unit that fits: `5 minutes`, `1 hour`."""
    amount, unit = _amount_and_unit(duration)
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


def last(duration: str | int) -> str:
    """The span that ends now: `last 5 minutes`, `last hour`."""
    amount, unit = _amount_and_unit(duration)
    return f"last {unit}" if amount == 1 else f"last {span(duration)}"


def _amount_and_unit(duration: str | int) -> tuple[int, str]:
    seconds = duration_seconds(duration) if isinstance(duration, str) else duration
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return seconds // size, unit
