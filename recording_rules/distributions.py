"""Distributions that only boards read. No alert, signal or baseline waits for them, so they are recorded rarely.

With many replicas, buckets are most of what the rules cost.
"""

from glassbox.query.rules import RecordGroup
from glassbox.settings.model import Settings
from recording_rules import engine, workload

_READ_ONLY_BY_BOARDS = (
    engine.PREFILL_TIME,
    engine.DECODE_TIME,
    workload.PROMPT_LENGTH,
    workload.OUTPUT_LENGTH,
)


def group(settings: Settings) -> RecordGroup:
    """The buckets. Their sums and counts are recorded with everything else."""
    buckets = tuple(histogram.bucket for histogram in _READ_ONLY_BY_BOARDS)
    return RecordGroup("distributions", buckets, settings.rare_interval_seconds)
