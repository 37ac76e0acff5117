"""Distributions that only boards read: no alert, signal or baseline waits for them, so they are recorded rarely.

Buckets are most of what rules cost at many replicas.
"""

from glassbox.query.rules import RecordGroup
from glassbox.settings.model import Settings
from recording_rules import engine, workload

_READ_BY_BOARDS_ALONE = (
    engine.PREFILL_TIME,
    engine.DECODE_TIME,
    workload.PROMPT_LENGTH,
    workload.OUTPUT_LENGTH,
)


def group(settings: Settings) -> RecordGroup:
    """The buckets; their sums and counts are recorded with those of everything else."""
    buckets = tuple(histogram.bucket for histogram in _READ_BY_BOARDS_ALONE)
    return RecordGroup("distributions", buckets, settings.rare_interval_seconds)
