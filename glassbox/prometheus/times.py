"""Moments of a time range as people write them: `now-30m`, ISO 8601, or milliseconds since 1970."""

import re

from glassbox.errors import GlassboxError
from glassbox.prometheus.unix_times import unix_seconds
from glassbox.query.promql import duration_seconds


def milliseconds(text: str, now_ms: int) -> int:
    """Milliseconds since 1970; a time without a zone is in UTC. Raises GlassboxError for anything else."""
    if relative := re.fullmatch(r"now(?:-(\d{1,6}[smhdw]))?", text):
        return now_ms - (duration_seconds(relative[1]) * 1000 if relative[1] else 0)
    if re.fullmatch(r"\d{12,14}", text):
        return int(text)
    try:
        return int(unix_seconds(text) * 1000)
    except ValueError:
        raise GlassboxError(
            f"{text!r} is no time: write now-30m, 2026-01-31T12:00, or milliseconds since 1970."
        ) from None
