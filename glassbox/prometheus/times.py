"""Times as people write them: ISO 8601, and for a time range also `now-30m` or milliseconds since 1970."""

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.query.promql import duration_seconds

DEFAULT_INTERVAL_SECONDS = 60
"""Prometheus' own for `global.evaluation_interval`, where neither the group of rules nor its settings name another."""


def interval_seconds(group: Mapping[str, Any]) -> int:
    """How often a group of a rule file is evaluated; raises QueryError for an interval that is not a duration."""
    interval = group.get("interval")
    return duration_seconds(str(interval)) if interval else DEFAULT_INTERVAL_SECONDS


def unix_seconds(text: str) -> float:
    """Seconds since 1970 of a time in ISO 8601, in UTC where it names no zone; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def end_of_window(text: str | None) -> float:
    """Unix seconds of the option `--end`, or now without it; raises GlassboxError for a text that is not a time."""
    if text is None:
        return time.time()
    try:
        return unix_seconds(text)
    except (ValueError, OverflowError):
        raise GlassboxError(f"--end {text} is not a time: write it like 2026-11-22T08:00:00Z.") from None


def milliseconds(text: str, now_ms: int) -> int:
    """Milliseconds since 1970; a time without a zone is in UTC. Raises GlassboxError for anything else."""
    if relative := re.fullmatch(r"now(?:-(\d{1,6}[smhdw]))?", text):
        return now_ms - (duration_seconds(relative[1]) * 1000 if relative[1] else 0)
    if re.fullmatch(r"\d{12,14}", text):
        return int(text)
    try:
        return int(unix_seconds(text) * 1000)
    except (ValueError, OverflowError):
        raise GlassboxError(
            f"{text!r} is not a time: write now-30m, 2026-01-31T12:00, or milliseconds since 1970."
        ) from None
