"""What a past that was worked out lacks, compared with one that a Prometheus with our rules recorded."""

from collections.abc import Iterator

from glassbox.doctor.odd_names import native_alone
from glassbox.http.sentences import on_one_line
from glassbox.past.working_out import Worker


def not_as_recorded(worker: Worker) -> Iterator[str]:
    """A sentence about each thing that could not be read or worked out."""
    for each in native_alone(worker.plan.names):
        yield f"{each.about} {each.problem}: {each.advice}."
    if worker.reader.tally.native_histograms:
        yield "Native histograms were not read: our rules need classic ones, with buckets by le."
    for rule, said in worker.evaluator.failed.items():
        name = dict(rule.labels).get("alertname", rule.record)
        yield f"{name} of the group {rule.group} could not be evaluated at some moments: {on_one_line(said)}"
