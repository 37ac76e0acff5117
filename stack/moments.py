"""Moments of a time range as people write them: `now-30m`, ISO 8601, or milliseconds since 1970."""

import re
from datetime import UTC, datetime

from kit.errors import GlassboxError

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def milliseconds(text: str, now_ms: int) -> int:
    """Milliseconds since 1970; a time without a zone is in UTC. Raises GlassboxError for anything else."""
    if relative := re.fullmatch(r"now(?:-(\d{1,6})([smhdw]))?", text):
        number, unit = relative.groups()
        return now_ms - (int(number) * _UNIT_SECONDS[unit] * 1000 if number else 0)
    if re.fullmatch(r"\d{12,14}", text):
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GlassboxError(
            f"{text!r} is no time: write now-30m, 2026-01-31T12:00, or milliseconds since 1970."
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
