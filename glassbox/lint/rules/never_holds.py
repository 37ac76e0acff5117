"""Comparisons that no value satisfies, or every one."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from glassbox.lint.compared_numbers import ComparedNumber, compared_number, varies
from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.result_bounds import UNKNOWN, Bounds, bounds_of
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import BinaryNode, Node, series_of

_FIX_OF_THRESHOLD = "Compare once: take the comparison out of the query, or ask in the condition for what it leaves."


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
        yield from _beside_a_threshold(alert, corpus)
    for query in corpus.queries:
        if any(map(compared_number, query.nodes)) and not varies(query.text):
            for compared in filter(None, map(compared_number, query.nodes)):
                yield from _out_of_bounds(query, compared, corpus)
            yield from _contradicting(query)


def _beside_a_threshold(alert: GroupedRule, corpus: Corpus) -> Iterator[Defect]:
    """Where the query keeps some values by a comparison of its own, none of which satisfies that of the expression."""
    for query in (alert.query, *alert.more_queries):
        if (asked := _by_threshold(alert, query)) is None:
            continue
        kept = compared_number(query.tree)
        if kept is None or _returns_bool(query.tree):
            yield from _out_of_bounds(query, asked, corpus)
            continue
        bounds = bounds_of(kept.of, corpus)
        left = Bounds(max(bounds.low, kept.range.low), min(bounds.high, kept.range.high))
        if left.low <= left.high and _are_apart(left, asked.range):
            message = f"The query leaves what is {kept}, of which nothing is {asked}, as the condition asks."
            yield in_query(query, message, kept.operator, _FIX_OF_THRESHOLD)


def _by_threshold(alert: GroupedRule, query: Query) -> ComparedNumber | None:
    """What an expression of Grafana compares, where it is this query."""
    threshold = alert.threshold
    if threshold is None or query.tree is None or query.ref_id != threshold.ref_id or varies(query.text):
        return None
    return ComparedNumber(query.tree, threshold.operator, threshold.number)


def _returns_bool(node: Node | None) -> bool:
    return isinstance(node, BinaryNode) and node.returns_bool


def _out_of_bounds(query: Query, compared: ComparedNumber, corpus: Corpus) -> Iterator[Defect]:
    bounds = bounds_of(compared.of, corpus)
    if _are_apart(bounds, compared.range):
        read = next(series_of(compared.of), None)
        message = f"The values are {bounds}, so that {compared} never holds."
        fix = "Count the alerts, as in count(ALERTS)." if read and read.name == "ALERTS" else ""
        yield in_query(query, message, read.name if read else compared.operator, fix)


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


def _joined(node: Node) -> Iterator[tuple[int, ComparedNumber | None]]:
    """Every node of which the result needs all, by its identity, with the condition that it is on a value."""
    if isinstance(node, BinaryNode) and node.operator == "and" and not node.matching:
        yield id(node), None
        yield from _joined(node.left)
        yield from _joined(node.right)
    elif isinstance(node, BinaryNode) and not node.returns_bool and (compared := compared_number(node)):
        within = dict(_joined(compared.of))
        yield from within.items()
        # A comparison keeps the values, so that another around it is about the same.
        first = next((each for each in within.values() if each), None)
        yield id(node), replace(compared, of=first.of) if first else compared


def _is_of_named_series(node: Node) -> bool:
    """Whether it reads series, each selector those of one name: others are joined with each other's."""
    series = tuple(series_of(node))
    return bool(series) and all(each.name and not each.either for each in series)


@lint_rule(
    "always-holds",
    Severity.ERROR,
    title="An alert whose condition always holds",
    why="Every value is in that range: the alert fires as long as its series are there. Often the number is meant in another unit, "
    "as 20 for a share of 0.2.",
    fix="Correct the number or the operator.",
    bad=as_alert("vllm:kv_cache_usage_perc < 20"),
    good=as_alert("vllm:kv_cache_usage_perc < 0.2"),
)
def always_holds(corpus: Corpus) -> Iterator[Defect]:
    """Of the values whose bounds `never-holds` knows, where the comparison is all that the alert asks; not of what is always one number, such as `absent`."""
    for alert in corpus.alerts:
        for query in (alert.query, *alert.more_queries):
            asked = _asked(alert, query)
            bounds = bounds_of(asked.of, corpus) if asked else UNKNOWN
            if asked and asked.operator != "!=" and bounds.low < bounds.high and bounds.are_within(asked.range):
                read = next(series_of(asked.of), None)
                message = f"The values are {bounds}, so that {asked} always holds."
                yield in_query(query, message, read.name if read else asked.operator)


def _asked(alert: GroupedRule, query: Query) -> ComparedNumber | None:
    """The comparison with a number that decides by itself whether the alert fires; None where none does."""
    if alert.threshold:
        return _by_threshold(alert, query)
    is_other = alert.compares or varies(query.text) or _returns_bool(query.tree)
    return None if is_other else compared_number(query.tree)


RULES = (never_holds, always_holds)
