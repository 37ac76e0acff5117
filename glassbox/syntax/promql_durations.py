"""Durations as Prometheus writes them, such as 5m or 1h30m.

Its bound is that of 64 bits of nanoseconds, about 292 years (`ParseDuration` of github.com/prometheus/common/model).
"""

import re
from functools import lru_cache
from math import inf

LONGEST_SECONDS = (2**63 - 1) / 1e9
_SECONDS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# From the longest unit to the shortest, each once. vmalert also reads fractions of a unit.
_DURATION = re.compile("".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in _SECONDS))


def seconds_of(text: str) -> float | None:
    """The seconds of a duration, 0 of an empty text; None where it is not one, or longer than Prometheus takes."""
    seconds = _written(text)
    return seconds if seconds is not None and seconds <= LONGEST_SECONDS else None


# Many queries have the same few.
@lru_cache(maxsize=4096)
def is_too_long(text: str) -> bool:
    """Whether it is a duration, or a number of seconds as PromQL has them, that is longer than Prometheus takes."""
    seconds = _written(text)
    return (_number(text) if seconds is None else seconds) > LONGEST_SECONDS


def _written(text: str) -> float | None:
    found = _DURATION.fullmatch("" if text == "0" else text)
    if found is None:
        return None
    return sum(float(count) * length for count, length in zip(found.groups(), _SECONDS.values(), strict=True) if count)


def _number(text: str) -> float:
    """The size of a number as PromQL writes it, with no end where it has none; 0 of all else."""
    try:
        number = float(int(text, 16)) if "x" in text.lower() else float(text)
    except ValueError:
        return 0
    except OverflowError:
        return inf
    return abs(number) if number == number else inf  # noqa: PLR0124 - NaN is not itself
