"""Durations as Grafana reads and writes them."""

import re

_UNITS_MS = {"y": 31_536_000_000, "w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_ONLY_WHOLE = ("y", "w")
_PATTERN = re.compile("".join(rf"(?:(\d+){unit})?" for unit in _UNITS_MS))


def parse_ms(text: str) -> int:
    """Milliseconds of a Prometheus duration such as "1h30m"; "0" is allowed.

    Raises ValueError with the text of prometheus/common's model.ParseDuration.
    """
    match = _PATTERN.fullmatch(text)
    if text == "0":
        return 0
    if not text:
        raise ValueError("empty duration string")
    if match is None:
        raise ValueError(f'not a valid duration string: "{text}"')
    return sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS_MS.values(), strict=True))


def canonical(text: str) -> str:
    """The form that Grafana gives back: prometheus/common's model.Duration.String, so "60s" becomes "1m"."""
    rest = parse_ms(text)
    written = ""
    for unit, length in _UNITS_MS.items():
        if unit in _ONLY_WHOLE and rest % length:
            continue
        count, rest = divmod(rest, length)
        written += f"{count}{unit}" if count else ""
    return written or "0s"


def go_seconds(seconds: int) -> str:
    """Whole seconds as Go's time.Duration prints them: 15 is "15s", 75 is "1m15s", 3600 is "1h0m0s"."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    written = f"{rest}s"
    if hours or minutes:
        written = f"{minutes}m{written}"
    if hours:
        written = f"{hours}h{written}"
    return f"-{written}" if seconds < 0 else written
