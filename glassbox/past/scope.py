"""Whose series are read: names that unrelated software uses too are read only for jobs that have other series of ours, or that rules name."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from glassbox.metrics import CATALOGUE
from glassbox.prometheus.api import Prometheus, TooMuchError
from glassbox.prometheus.samples import SampledSeries
from glassbox.syntax.parsing import selectors_of

SHARED = frozenset(
    part.name for metrics in CATALOGUE.values() for metric in metrics if metric.shared_name for part in metric.parts
)
# A query has room for this many names or jobs; if there are more jobs, shared names are read for all jobs.
_NAMES_AT_ONCE = 40
_MOST_JOBS = 100
_MOMENTS = 8


@dataclass(frozen=True)
class ReadScope:
    """The number of series of each name, and a pattern of the jobs for which `SHARED` names are read; "" means all."""

    series: Mapping[str, int]
    jobs: str = ""

    def jobs_of(self, name: str) -> str:
        """The pattern of the jobs for which this name is read."""
        return self.jobs if name in SHARED else ""


def scope_of(
    prometheus: Prometheus, naming_jobs: Iterable[str], names: Iterable[str], start: int, end: int
) -> ReadScope:
    """Count series at a few moments between start and end; names without any are left out. Raises GlassboxError.

    The jobs that the matchers of the queries `naming_jobs` name are services.
    """
    found = _counted(prometheus, sorted(names), start, end)
    jobs = {re.escape(job) for name, by_job in found.items() if name not in SHARED for job in by_job} | _named(
        naming_jobs
    )
    pattern = "|".join(sorted(jobs)) if len(jobs) <= _MOST_JOBS else ""
    series = {name: _sum(by_job, pattern if name in SHARED else "") for name, by_job in found.items()}
    return ReadScope({name: count for name, count in series.items() if count}, pattern)


def _counted(prometheus: Prometheus, names: Sequence[str], start: int, end: int) -> dict[str, dict[str, int]]:
    """By name and job."""
    found: dict[str, dict[str, int]] = {}
    for first in range(0, len(names), _NAMES_AT_ONCE):
        for each in _counts(prometheus, names[first : first + _NAMES_AT_ONCE], start, end):
            of_name = found.setdefault(each.labels.get("__name__", ""), {})
            of_name[each.labels.get("job", "")] = int(max(each.values.values(), default=0))
    return found


def _counts(prometheus: Prometheus, names: Sequence[str], start: int, end: int) -> Iterator[SampledSeries]:
    """The numbers of series at each moment; what is too much for the server is asked for half as many names."""
    query = f"count by (__name__, job) ({selector(names)})"
    try:
        yield from prometheus.range(query, start, end, max(60, (end - start) // _MOMENTS))
    except TooMuchError:
        if len(names) == 1:
            raise
        yield from _counts(prometheus, names[: len(names) // 2], start, end)
        yield from _counts(prometheus, names[len(names) // 2 :], start, end)


def _sum(by_job: Mapping[str, int], pattern: str) -> int:
    return sum(count for job, count in by_job.items() if not pattern or re.fullmatch(pattern, job))


def _named(queries: Iterable[str]) -> set[str]:
    """The patterns of jobs that the queries name; variables of boards and patterns that fit everything are not among them."""
    matchers = (each for query in queries for found in selectors_of(query) for each in found.matchers.matchers)
    positive = {
        each.value for each in matchers if each.name == "job" and str(each.op) in {"MatchOp.Equal", "MatchOp.Re"}
    }
    return {pattern for pattern in positive if not re.search(r"[$.]\W|\$", pattern) and pattern}


def selector(names: Sequence[str], jobs: str = "") -> str:
    """A selector of series of these names, and of jobs of this pattern."""
    of_jobs = f",job=~{_quoted(jobs)}" if jobs else ""
    return f"{{__name__=~{_quoted('|'.join(map(re.escape, names)))}{of_jobs}}}"


def _quoted(text: str) -> str:
    # PromQL reads the escapes of JSON; a line must not end within a string.
    return json.dumps(text, ensure_ascii=False)
