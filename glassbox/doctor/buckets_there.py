"""Whether histograms have the buckets at which our rules count."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import promql_parser as ast

from glassbox.doctor.obstacles import Obstacle
from glassbox.prometheus.api import Prometheus
from glassbox.query.buckets import EITHER_ENDING, SETTING
from glassbox.syntax.parsing import selectors_of

_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


def buckets_in_the_way(prometheus: Prometheus, queries: Iterable[str], held: frozenset[str]) -> Iterator[Obstacle]:
    """Each histogram that lacks a bucket that a query asks for, with the nearest buckets."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for query in queries:
        for selector in selectors_of(query):
            if selector.name in held and (bound := _bound(selector)):
                wanted.setdefault((selector.name, _without_bound(selector)), set()).add(bound)
    for (name, matchers), bounds in sorted(wanted.items()):
        # Histograms end at the length of a context, so servers of one job may have different buckets: those of any will do.
        there = _bounds_of(prometheus, f"{name}{matchers}")
        missing = sorted({_number(bound) for bound in bounds} - set(there))
        # Other software uses some of the names, with other labels.
        if there and missing:
            yield Obstacle(
                name.removesuffix("_bucket"),
                f"has no bucket {' and no '.join(f'{bound:g}' for bound in missing)}; beside it are {_beside(missing[0], there)}",
                f"choose a threshold that is a bucket, or name the buckets in {SETTING}",
            )


def _without_bound(selector: ast.VectorSelector) -> str:
    """Its other matchers, as they are written."""
    kept = (each for each in selector.matchers.matchers if each.name != "le")
    return f"{{{','.join(f'{each.name}{_OPERATORS[str(each.op)]}{json.dumps(each.value)}' for each in kept)}}}"


def _bound(selector: ast.VectorSelector) -> str:
    """The bucket that it asks for, as the matcher has it; empty where it asks for none alone."""
    for matcher in selector.matchers.matchers:
        if matcher.name == "le" and re.fullmatch(rf"[0-9.]+(?:{re.escape(EITHER_ENDING)})?", matcher.value):
            return str(matcher.value)
    return ""


def _number(bound: str) -> float:
    return float(bound.removesuffix(EITHER_ENDING))


def _bounds_of(prometheus: Prometheus, series: str) -> list[float]:
    """The finite bounds of its buckets, ascending."""
    texts = (sample.labels.get("le", "") for sample in prometheus.now(f"count by (le) ({series})"))
    return sorted({float(text) for text in texts if re.fullmatch(r"[0-9.]+(?:e[+-]?[0-9]+)?", text)})


def _beside(bound: float, there: list[float]) -> str:
    for below, above in pairwise(there):
        if below < bound < above:
            return f"{below:g} and {above:g}"
    return f"none but {there[-1]:g}"
