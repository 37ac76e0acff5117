"""Services that were there within the last day and have no series now: their targets fail, or are gone."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from glassbox.doctor.rows import by, grouped, unique
from glassbox.prometheus.api import Prometheus

DAY_SECONDS = 86400
# Looked at so often within the day; the end of a series is known as exactly as that.
_STEP = "5m"


@dataclass(frozen=True)
class DownJob:
    """A job without a series of an engine: the engines that it had, its targets that fail their scrapes, and how long it has none."""

    job: str
    engines: tuple[str, ...]
    failing: int
    answering: int
    ended_seconds: int


def names_of_a_day(prometheus: Prometheus) -> frozenset[str]:
    """The names of all series of the last day."""
    now = int(time.time())
    return frozenset(prometheus.values_of("__name__", now - DAY_SECONDS, now))


def services_down(prometheus: Prometheus, signs: Mapping[str, str], running: Collection[str]) -> Iterator[DownJob]:
    """The jobs that had one of the series, which are given with their engines, and are not running; raises GlassboxError."""
    if not signs:
        return
    selector = f'{{__name__=~"{"|".join(signs)}"}}'
    rows = prometheus.now(f"count by (job, __name__) (last_over_time({selector}[1d:{_STEP}]))")
    had = grouped([each for each in rows if each.labels.get("__name__") in signs], "job")
    down = sorted(job for job in had if job not in running)
    if not down:
        return
    ended = by(prometheus.now(f"time() - max by (job) (max_over_time(timestamp({selector})[1d:{_STEP}]))"), "job")
    failing, answering = (by(prometheus.now(f"count by (job) (up == {value})"), "job") for value in (0, 1))
    for job in down:
        yield DownJob(
            job=job,
            engines=unique(signs[each.labels["__name__"]] for each in had[job]),
            failing=int(failing.get(job, 0)),
            answering=int(answering.get(job, 0)),
            ended_seconds=round(ended.get(job, 0)),
        )
