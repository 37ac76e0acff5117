"""Moments and lengths of time as a report states them: in UTC, and in two units at most."""

from datetime import UTC, datetime

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def moment(time: int) -> str:
    """Unix seconds in UTC, to the minute."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")


def length(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`: the largest unit that fits, and the rest in the next one."""
    rest = round(seconds)
    for index, (size, unit) in enumerate(_UNITS):
        if rest >= size:
            smaller, small_unit = _UNITS[min(index + 1, len(_UNITS) - 1)]
            more = rest % size // smaller if size > 60 else rest % size
            return f"{rest // size} {unit}" + (f" {more} {small_unit}" if more and smaller < size else "")
    return "0 s"


def share(ratio: float) -> str:
    """A ratio 0..1 in percent; a small share that is not zero is not shown as 0%."""
    if 0 < ratio < 0.001:
        return "<0.1%"
    return f"{ratio:.1%}"
