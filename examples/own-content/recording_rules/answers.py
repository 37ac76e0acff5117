"""How long the answers of a service are: a series of our own, made of one that is recorded already."""

from glassbox.metrics.types import Unit
from glassbox.query.promql import instant, ratio, sum_by
from glassbox.query.rules import Record, RecordGroup
from recording_rules import workload
from recording_rules.levels import JOB

GROUP = RecordGroup("answer-length")

LENGTH = Record(
    "job:answer_length_tokens:ratio5m",
    ratio(
        sum_by(JOB, instant(workload.OUTPUT_LENGTH.sum)), sum_by(JOB, instant(workload.OUTPUT_LENGTH.count))
    ).measured_in(Unit.TOKENS),
    "Mean number of tokens of the answers of the last 5 minutes.",
)
