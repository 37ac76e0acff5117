"""Distributions that boards read, and baselines, whose blocks are longer. No alert or signal waits for them, so they are recorded rarely.

With many replicas, buckets are most of what the rules cost. An objective reads here only whether there is a bucket at its
threshold.
"""

from glassbox.query.rules import RecordGroup
from glassbox.settings.model import Settings
from recording_rules import engine, requests, workload

_READ_BY_PEOPLE = (
    requests.DURATION,
    engine.TIME_TO_FIRST_TOKEN,
    engine.INTER_TOKEN_LATENCY,
    engine.QUEUE_TIME,
    engine.PREFILL_TIME,
    engine.DECODE_TIME,
    workload.TIME_PER_OUTPUT_TOKEN,
    workload.PROMPT_LENGTH,
    workload.OUTPUT_LENGTH,
)


def group(settings: Settings) -> RecordGroup:
    """The buckets. Their sums and counts are recorded with everything else."""
    buckets = tuple(histogram.bucket for histogram in _READ_BY_PEOPLE)
    return RecordGroup("distributions", buckets, settings.rare_interval_seconds)
