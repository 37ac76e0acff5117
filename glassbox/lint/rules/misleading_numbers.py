"""Queries whose result is another number than the one that is meant."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.windows import OF_COUNTERS, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.syntax.tree import (
    COMPARISONS,
    AggregateNode,
    BinaryNode,
    CallNode,
    Node,
    NumberNode,
    SeriesNode,
    SubqueryNode,
    is_scalar,
    series_of,
    walk,
)

_AVERAGING = ("avg", "avg_over_time")
_NAMED = (NumberNode(0), NumberNode(1))
# What says that something is up.
_UP = (("==", NumberNode(1)), (">", NumberNode(0)), (">=", NumberNode(1)))
_SINCE_START = re.compile(
    r"\b(?:cumulative|lifetime|total(?: \w+)? count|all[- ]time|so far|overall (?:avg|average|mean)|since (?:the )?(?:last )?(?:start|restart|boot))\b",
    re.IGNORECASE,
)
QUANTILES = ("histogram_quantile", "histogram_quantiles")
"""The functions that take a quantile of buckets."""


def says_since_start(panel: BoardPanel, query: Query) -> bool:
    """Whether a title, legend or description says that the number is of everything since the server started."""
    return bool(_SINCE_START.search(f"{panel.title} {query.legend} {panel.description}"))


@lint_rule(
    "bool-needed",
    Severity.ERROR,
    title="A comparison that leaves out what it should count as 0",
    why="A comparison keeps the series for which it holds, with their values: an average of `up == 1` is always 1.",
    fix="Write the comparison with bool, as in avg(up == bool 1), which gives 0 and 1.",
    bad=on_panel('avg_over_time((up{job="api"} == 1)[1d:])'),
    good=on_panel('avg_over_time((up{job="api"} == bool 1)[1d:])'),
)
def bool_needed(corpus: Corpus) -> Iterator[Defect]:
    """An average of what equals a number, a sum of what equals 0, what is left of 1 by the average of a comparison, the count of those that are up as a share of all, and a comparison in a panel with a text for 0 and for 1; a join or a table may read its labels alone."""
    for query, compared in (each for panel in corpus.panels for each in _named_alone(panel)):
        message = "The panel has a text for 0 and for 1, and the comparison keeps the values that are compared."
        yield in_query(query, message, compared.operator)
    for query in corpus.queries:
        # A join takes no more than the labels of such an average.
        if any(isinstance(node, BinaryNode) and node.group for node in query.nodes) or query.format == "table":
            continue
        for node in query.nodes:
            if (of := _averaged(node)) and _compares(of, "=="):
                yield in_query(query, f"{_name(node)} of what equals a number is always that number.", "==")
            elif isinstance(node, AggregateNode) and _is_sum_of_zeros(node) and _is_read(query, node):
                yield in_query(query, "A sum of what equals 0 is always 0.", "==", "Count them, as in count(up == 0).")
            elif isinstance(node, BinaryNode) and _is_share_of_up(node) and query.kind is not QueryKind.ALERT:
                fix = "Take the average of the comparison with bool, as in avg(up == bool 1)."
                yield in_query(query, "Where none is left, the share is nothing rather than 0.", "count", fix)
            elif (of := _left_of_one(node)) and _compares(of):
                yield in_query(
                    query, "The average leaves out the series for which the comparison does not hold.", of.operator
                )


def _is_sum_of_zeros(node: AggregateNode) -> bool:
    of = node.of
    return node.operator == "sum" and isinstance(of, BinaryNode) and _compares(of, "==") and of.right == NumberNode(0)


def _is_read(query: Query, node: Node) -> bool:
    """Whether somebody reads its value, and not only whether it has one: as the result, or compared with a number."""
    tree = query.tree
    if isinstance(tree, BinaryNode) and is_scalar(tree.right):
        return tree.left is node
    return tree is node and query.kind is not QueryKind.ALERT


def _is_share_of_up(node: BinaryNode) -> bool:
    """Whether it divides how many are 1, or above 0, by how many there are."""
    above, below = node.left, node.right
    if node.operator != "/" or not (isinstance(above, AggregateNode) and isinstance(below, AggregateNode)):
        return False
    alike = (above.operator, above.labels, above.without) == ("count", below.labels, below.without)
    of = above.of
    if not alike or below.operator != "count" or not isinstance(of, BinaryNode) or not _compares(of):
        return False
    return of.left == below.of and (of.operator, of.right) in _UP


def _named_alone(panel: BoardPanel) -> Iterator[tuple[Query, BinaryNode]]:
    """What is above another number than 0 and 1, where the panel names these two values alone."""
    for query in panel.queries if panel.named_values == {"0", "1"} else ():
        node = query.tree
        above = isinstance(node, BinaryNode) and node.operator in (">", ">=") and not node.returns_bool
        if isinstance(node, BinaryNode) and above and is_scalar(node.right) and node.right not in _NAMED:
            yield query, node


def _left_of_one(node: Node) -> BinaryNode | None:
    """What the average is of, if it is taken from 1."""
    taken = isinstance(node, BinaryNode) and node.operator == "-" and node.left == NumberNode(1)
    return _averaged(node.right) if taken and isinstance(node, BinaryNode) else None


def _name(node: Node) -> str:
    match node:
        case AggregateNode():
            return node.operator
        case CallNode():
            return node.name
    return ""


def _averaged(node: Node) -> BinaryNode | None:
    """What it is the average of, if that is an operation."""
    if _name(node) not in _AVERAGING:
        return None
    of: Node = (
        node.of if isinstance(node, AggregateNode) else node.arguments[-1] if isinstance(node, CallNode) else node
    )
    of = of.of if isinstance(of, SubqueryNode) else of
    return of if isinstance(of, BinaryNode) else None


def _compares(node: BinaryNode, operator: str = "") -> bool:
    """Whether it keeps the series whose value compares so with a number."""
    fits = node.operator == operator if operator else node.operator in COMPARISONS
    return fits and not node.returns_bool and isinstance(node.right, NumberNode)


@lint_rule(
    "nan-in-sum",
    Severity.WARNING,
    title="A division within a sum",
    why="Where nothing happens the division is 0 / 0, which is not a number, and one such series makes the whole sum not a number: "
    "the line disappears, and an alert never fires.",
    fix="Divide by what is above 0, as in sum(a / (b > 0)), or divide the sums.",
    bad=as_alert("sum(rate(errors_total[5m]) / rate(requests_total[5m])) > 1"),
    good=as_alert("sum(rate(errors_total[5m]) / (rate(requests_total[5m]) > 0)) > 1"),
)
def nan_in_sum(corpus: Corpus) -> Iterator[Defect]:
    """Of rules, and only where a rate is divided by, which is 0 whenever nothing happens."""
    for query in (rule.query for rule in corpus.rules):
        for node in query.nodes:
            if isinstance(node, AggregateNode) and node.operator in ("sum", "avg") and _may_be_nan(node.of):
                yield in_query(query, f"The {node.operator} is not a number as soon as one of the divisors is 0.", "/")


def _may_be_nan(node: Node) -> bool:
    while isinstance(node, CallNode) and node.name in ("abs", "round", "label_replace", "label_join"):
        node = node.arguments[0]
    return isinstance(node, BinaryNode) and node.operator == "/" and _is_rate(node.right)


def _is_rate(node: Node) -> bool:
    if isinstance(node, AggregateNode) and node.operator == "sum":
        return _is_rate(node.of)
    return isinstance(node, CallNode) and node.name in OF_COUNTERS


@lint_rule(
    "quantile-since-start",
    Severity.WARNING,
    title="A quantile of all that ever happened",
    why="Buckets are counters: without a rate, the quantile is of everything since the server started, and hardly moves any more.",
    fix="Take the rate of the buckets first.",
    bad=on_panel("histogram_quantile(0.9, sum by (le) (latency_seconds_bucket))"),
    good=on_panel("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))"),
)
def quantile_since_start(corpus: Corpus) -> Iterator[Defect]:
    """Of selectors of buckets that no function of a range reads; recorded ones are rates."""
    for query in corpus.queries:
        for node in query.nodes:
            if isinstance(node, CallNode) and node.name in QUANTILES:
                for series in series_of(node):
                    if _raw_bucket(series, corpus) and not _subqueried(node, series):
                        yield in_query(query, f"{series.name} counts everything since the server started.", series.name)


def _raw_bucket(series: SeriesNode, corpus: Corpus) -> bool:
    return series.window is None and series.name.endswith("_bucket") and series.name not in corpus.recorded


def _subqueried(node: Node, series: SeriesNode) -> bool:
    return any(isinstance(each, SubqueryNode) and series in walk(each) for each in walk(node))


@lint_rule(
    "change-of-info",
    Severity.ERROR,
    title="A change of what is always 1",
    why="An info series has the value 1 for ever; when what it says changes, it is another series. changes() and increase() are always 0.",
    fix="Count the series, as in count(count_over_time(x_info[1h])) > 1, or compare with an offset.",
    bad=as_alert("changes(app_build_info[10m]) > 0"),
    good=as_alert("count by (job) (count_over_time(app_build_info[10m])) > 1"),
)
def change_of_info(corpus: Corpus) -> Iterator[Defect]:
    """OpenMetrics reserves the ending `_info` for them."""
    for query in corpus.queries:
        for function, read, _ in calls(query):
            if isinstance(read, SeriesNode) and read.name.endswith("_info") and read.name not in corpus.recorded:
                yield in_query(query, f"{function} of {read.name} is always 0: an info series is always 1.", read.name)


RULES = (
    bool_needed,
    nan_in_sum,
    quantile_since_start,
    change_of_info,
)
