"""Moments as people write them."""

from datetime import UTC, datetime


def unix_seconds(text: str) -> float:
    """Seconds since 1970 of a time in ISO 8601, in UTC where it names no zone; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
