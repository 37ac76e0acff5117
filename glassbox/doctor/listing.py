"""Names in a line, the first of them and how many more there are, and durations."""

from collections.abc import Sequence

from glassbox.query.wording import span

_LISTED = 3


def some(names: Sequence[str]) -> str:
    """The first names, and the number of the rest; empty where there are none."""
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + rest


def roughly(seconds: float) -> str:
    """A duration in whole days, hours, minutes or seconds: the largest unit in which it is two or more."""
    size = next((each for each in (86400, 3600, 60) if seconds >= 2 * each), 1)
    amount = round(seconds / size)
    return f"{amount} {_UNITS[size]}" if amount != 1 else span(size)


_UNITS = {86400: "days", 3600: "hours", 60: "minutes", 1: "seconds"}
