"""Whether histograms have the buckets at which our rules count."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import promql_parser as ast

from glassbox.doctor.listing import some
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.rows import unique
from glassbox.prometheus.api import Prometheus
from glassbox.query.buckets import SETTING
from glassbox.syntax.parsing import selectors_of

_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
# Prometheus 3 writes 10.0 where others write 10.
_MAY_END = "([.]0)?"


def buckets_in_the_way(prometheus: Prometheus, queries: Iterable[str], held: frozenset[str]) -> Iterator[Obstacle]:
    """Each histogram that lacks a bucket that a query asks for, with the nearest buckets, and each job that writes such a bound in another form."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for query in queries:
        for selector in selectors_of(query):
            if selector.name in held and (bound := _bound(selector)):
                wanted.setdefault((selector.name, _without_bound(selector)), set()).add(bound)
    otherwise: dict[tuple[str, str, str], list[str]] = {}
    for (name, matchers), bounds in sorted(wanted.items()):
        by_job = _bounds_of(prometheus, f"{name}{matchers}")
        histogram = name.removesuffix("_bucket")
        yield from _missing(histogram, bounds, by_job)
        for job, texts in by_job.items():
            for asked, written in _written_otherwise(bounds, texts):
                otherwise.setdefault((job, asked, written), []).append(histogram)
    for (job, asked, written), histograms in sorted(otherwise.items()):
        yield Obstacle(
            job,
            f'has the bound {written} of buckets where our rules read le="{asked}" ({some(unique(histograms))})',
            f"store it as {asked}, by metric_relabel_configs or in the collector that changes it",
        )


def _missing(histogram: str, bounds: set[str], by_job: Mapping[str, Sequence[str]]) -> Iterator[Obstacle]:
    # Histograms end at the length of a context, so servers of one job may have different buckets: those of any will do.
    there = sorted({float(text) for texts in by_job.values() for text in texts})
    # Other software uses some of the names, with other labels.
    if there and (missing := sorted({_number(bound) for bound in bounds} - set(there))):
        yield Obstacle(
            histogram,
            f"has no bucket {' and no '.join(f'{bound:g}' for bound in missing)}; beside it are {_beside(missing[0], there)}",
            f"choose a threshold that is a bucket, or name the buckets in {SETTING}",
        )


def _written_otherwise(bounds: Iterable[str], texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The bounds that are asked for as one text alone and that are there as another, with that one."""
    for bound in sorted(bounds):
        same = [text for text in texts if float(text) == _number(bound)]
        if same and not any(re.fullmatch(bound, text) for text in same):
            yield bound, same[0]


def _without_bound(selector: ast.VectorSelector) -> str:
    """Its other matchers, as they are written."""
    kept = (each for each in selector.matchers.matchers if each.name != "le")
    return f"{{{','.join(f'{each.name}{_OPERATORS[str(each.op)]}{json.dumps(each.value)}' for each in kept)}}}"


def _bound(selector: ast.VectorSelector) -> str:
    """The bucket that it asks for, as the matcher has it; empty where it asks for none alone."""
    for matcher in selector.matchers.matchers:
        if matcher.name == "le" and re.fullmatch(rf"[0-9.]+(?:{re.escape(_MAY_END)})?", matcher.value):
            return str(matcher.value)
    return ""


def _number(bound: str) -> float:
    return float(bound.removesuffix(_MAY_END))


def _bounds_of(prometheus: Prometheus, series: str) -> dict[str, list[str]]:
    """The finite bounds of the buckets of each job, as they are stored."""
    found: dict[str, list[str]] = {}
    for sample in prometheus.now(f"count by (job, le) ({series})"):
        if re.fullmatch(r"[0-9.]+(?:e[+-]?[0-9]+)?", text := sample.labels.get("le", "")):
            found.setdefault(sample.labels.get("job", ""), []).append(text)
    return found


def _beside(bound: float, there: list[float]) -> str:
    for below, above in pairwise(there):
        if below < bound < above:
            return f"{below:g} and {above:g}"
    return f"none but {there[-1]:g}"
