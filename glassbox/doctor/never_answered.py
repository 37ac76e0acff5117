"""Jobs none of whose targets has answered a scrape within the last day: what they are, nobody knows."""

from collections.abc import Collection, Iterator

from glassbox.doctor.fleet import of_up
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import by
from glassbox.lint.words import counted
from glassbox.prometheus.api import Prometheus

_ALL_FAIL = "count by (job) (up == 0) unless on (job) count by (job) (up == 1)"


def never_answered(prometheus: Prometheus, known: Collection[str]) -> Iterator[Obstacle]:
    """Those that are not among the known ones; raises GlassboxError."""
    failing = {job: targets for job, targets in by(prometheus.now(_ALL_FAIL), "job").items() if job not in known}
    if not failing:
        return
    answered = by(of_up(prometheus, sorted(failing), "max by (job) (max_over_time(UP[1d:5m])) == 1"), "job")
    for job in sorted(failing.keys() - answered.keys()):
        targets = counted(int(failing[job]), "target")
        yield Obstacle(
            job,
            f"has {targets} and no answer to a scrape within a day, so that what it is is not known",
            "if it is a service, Prometheus' page of targets says why: engines answer at /metrics on the port of their API",
        )
