"""Comparisons that no value satisfies."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, nextafter

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.result_bounds import Bounds, bounds_of
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GrafanaThreshold, GroupedRule
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.grafana_variables import is_of_a_variable, outside_of_texts
from glassbox.syntax.tree import COMPARISONS, BinaryNode, Node, NumberNode, series_of

_FIX_OF_THRESHOLD = "Compare once: take the comparison out of the query, or ask in the condition for what it leaves."
_RANGES = re.compile(r"\[[^\]]*\]")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@lint_rule(
    "never-holds",
    Severity.ERROR,
    title="A comparison that never holds",
    why="No value is in that range: the query has no result, and an alert never fires. Often the number is meant in another unit, "
    "as 90 for a share of 0.9.",
    fix="Correct the number or the operator.",
    bad=as_alert("vllm:kv_cache_usage_perc > 90"),
    good=as_alert("vllm:kv_cache_usage_perc > 0.9"),
)
def never_holds(corpus: Corpus) -> Iterator[Defect]:
    """Of shares and percentages whose exporter says so, of `up`, of `ALERTS`, which is 1 while an alert is there, of rates, which are not negative, of restarts, of which the kubelet's back-off leaves only so many, of two conditions on the same series, and of what a query leaves for a threshold of Grafana."""
    for alert in corpus.alerts:
        if alert.threshold:
            yield from _beside_a_threshold(alert, alert.threshold, corpus)
    for query in corpus.queries:
        if any(map(_compared, query.nodes)) and not _varies(query.text):
            yield from _out_of_bounds(query, corpus)
            yield from _contradicting(query)


def _beside_a_threshold(alert: GroupedRule, threshold: GrafanaThreshold, corpus: Corpus) -> Iterator[Defect]:
    """Where the query keeps some values by a comparison of its own, none of which satisfies that of the expression."""
    for query in (alert.query, *alert.more_queries):
        kept = _compared(query.tree) if query.tree else None
        if kept is None or query.ref_id != threshold.ref_id or _returns_bool(query.tree) or _varies(query.text):
            continue
        bounds = bounds_of(kept.of, corpus)
        left = Bounds(max(bounds.low, kept.range.low), min(bounds.high, kept.range.high))
        asked = _Compared(kept.of, threshold.operator, threshold.number)
        if left.low <= left.high and _are_apart(left, asked.range):
            message = f"The query leaves what is {kept}, of which nothing is {asked}, as the condition asks."
            yield in_query(query, message, kept.operator, _FIX_OF_THRESHOLD)


def _returns_bool(node: Node | None) -> bool:
    return isinstance(node, BinaryNode) and node.returns_bool


def _varies(query: str) -> bool:
    """Whether a variable stands for more than a text or a window."""
    return any(map(is_of_a_variable, (_RANGES.sub("", part) for part in outside_of_texts(query))))


def _out_of_bounds(query: Query, corpus: Corpus) -> Iterator[Defect]:
    for node in query.nodes:
        if (compared := _compared(node)) is None:
            continue
        bounds = bounds_of(compared.of, corpus)
        if _are_apart(bounds, compared.range):
            read = next(series_of(compared.of), None)
            message = f"The values are {_said(bounds)}, so that {compared} never holds."
            fix = "Count the alerts, as in count(ALERTS)." if read and read.name == "ALERTS" else ""
            yield in_query(query, message, read.name if read else compared.operator, fix)


def _said(bounds: Bounds) -> str:
    if bounds.low == bounds.high:
        return f"always {bounds.low:g}"
    if inf in (-bounds.low, bounds.high):
        return f"never below {bounds.low:g}" if bounds.high == inf else f"never above {bounds.high:g}"
    return f"between {bounds.low:g} and {bounds.high:g}"


@dataclass(frozen=True)
class _Compared:
    """What is compared with a number, and how."""

    of: Node
    operator: str
    number: float

    def __str__(self) -> str:
        return f"{self.operator} {self.number:g}"

    @property
    def range(self) -> Bounds:
        """The values for which it holds; those of != have no ends."""
        match self.operator:
            case ">":
                return Bounds(low=nextafter(self.number, inf))
            case ">=":
                return Bounds(low=self.number)
            case "<":
                return Bounds(high=nextafter(self.number, -inf))
            case "<=":
                return Bounds(high=self.number)
        return Bounds(self.number, self.number) if self.operator == "==" else Bounds()


def _compared(node: Node) -> _Compared | None:
    if not isinstance(node, BinaryNode) or node.operator not in COMPARISONS:
        return None
    if isinstance(node.right, NumberNode):
        return _Compared(node.left, node.operator, node.right.value)
    mirrored = _MIRRORED.get(node.operator, node.operator)
    return _Compared(node.right, mirrored, node.left.value) if isinstance(node.left, NumberNode) else None


def _are_apart(one: Bounds, other: Bounds) -> bool:
    return one.high < other.low or other.high < one.low


def _contradicting(query: Query) -> Iterator[Defect]:
    """Of conditions that are joined by all labels, so that both are about the same series."""
    seen: set[int] = set()
    for node in query.nodes:
        joined = dict(_joined(node)) if id(node) not in seen else {}
        seen |= joined.keys()
        conditions = [each for each in joined.values() if each is not None and _is_of_named_series(each.of)]
        for one, other in combinations(conditions, 2):
            if one.of == other.of and _are_apart(one.range, other.range):
                yield in_query(query, f"No value is {one} and {other}, so that they never hold together.", one.operator)


def _joined(node: Node) -> Iterator[tuple[int, _Compared | None]]:
    """Every node of which the result needs all, by its identity, with the condition that it is on a value."""
    if isinstance(node, BinaryNode) and node.operator == "and" and not node.matching:
        yield id(node), None
        yield from _joined(node.left)
        yield from _joined(node.right)
    elif isinstance(node, BinaryNode) and not node.returns_bool and (compared := _compared(node)):
        within = dict(_joined(compared.of))
        yield from within.items()
        # A comparison keeps the values, so that another around it is about the same.
        first = next((each for each in within.values() if each), None)
        yield id(node), replace(compared, of=first.of) if first else compared


def _is_of_named_series(node: Node) -> bool:
    """Whether it reads series, each selector those of one name: others are joined with each other's."""
    series = tuple(series_of(node))
    return bool(series) and all(each.name and not each.either for each in series)


RULES = (never_holds,)
