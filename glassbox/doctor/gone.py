"""Services that had series within the last month and have had none for a day or longer."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from glassbox.doctor.down import DAY_SECONDS
from glassbox.doctor.rows import unique
from glassbox.prometheus.api import Prometheus

MONTH_SECONDS = 30 * DAY_SECONDS
# Looked at so often: a service that was there for less may not be seen, and its end is known as exactly as that.
_STEP_SECONDS = 6 * 3600


@dataclass(frozen=True)
class GoneJob:
    """A job that had series of these engines within the last month, and about how long it has had none."""

    job: str
    engines: tuple[str, ...]
    ended_seconds: int


def names_of_a_month(prometheus: Prometheus) -> frozenset[str]:
    """The names of all series of the last month."""
    now = int(time.time())
    return frozenset(prometheus.values_of("__name__", now - MONTH_SECONDS, now))


def services_gone(prometheus: Prometheus, signs: Mapping[str, str], there: Collection[str]) -> Iterator[GoneJob]:
    """The jobs that had one of the series, which are given with their engines, but those that are there; raises GlassboxError."""
    if not signs:
        return
    now = int(time.time())
    query = f'count by (job, __name__) ({{__name__=~"{"|".join(signs)}"}})'
    engines: dict[str, set[str]] = {}
    ended: dict[str, int] = {}
    for each in prometheus.range(query, now - MONTH_SECONDS, now - DAY_SECONDS, _STEP_SECONDS):
        job, name = each.labels.get("job", ""), each.labels.get("__name__", "")
        if name in signs and each.values:
            engines.setdefault(job, set()).add(signs[name])
            ended[job] = max(ended.get(job, 0), *each.values)
    for job in sorted(engines.keys() - set(there)):
        yield GoneJob(job, unique(engines[job]), now - ended[job])
