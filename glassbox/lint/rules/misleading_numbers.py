"""Queries whose result is another number than the one that is meant."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import COUNTER
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
_USED = re.compile(r"(?<![a-z])used(?![a-z])", re.IGNORECASE)
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


@lint_rule(
    "average-since-start",
    Severity.WARNING,
    title="An average of all that ever happened",
    why="Sum and count of a histogram are counters: without a rate, their quotient is the average since the server started, and hardly moves any more.",
    fix="Divide the rates, as in sum(rate(x_sum[5m])) / sum(rate(x_count[5m])).",
    bad=on_panel("sum(latency_seconds_sum) / sum(latency_seconds_count)"),
    good=on_panel("sum(rate(latency_seconds_sum[5m])) / sum(rate(latency_seconds_count[5m]))"),
)
def average_since_start(corpus: Corpus) -> Iterator[Defect]:
    """Of the two parts of one histogram or summary, of two known counters, or of hits and misses, without a function around them, unless a title says so; recorded ones are rates."""
    meant = {id(query) for panel in corpus.panels for query in panel.queries if says_since_start(panel, query)}
    for query, quotient in corpus.quotients:
        above, below = _whole(quotient.left, corpus), _whole(quotient.right, corpus)
        below = below or _besides(above, quotient.right, corpus)
        counts = _are_parts(above, below) or _are_counters((above, below), corpus) or _are_hits(above, below)
        if id(query) not in meant and counts:
            yield in_query(query, f"{above} and {below} count everything since the server started.", above)


@lint_rule(
    "used-by-free",
    Severity.ERROR,
    title="What is used divided by what is free",
    why="It is not a share: at half it is 1 already, and 0.9 stands for 47 percent.",
    fix="Divide by all there is, as in used / (used + free).",
    bad=as_alert("DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_FREE > 0.9"),
    good=as_alert("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.9"),
)
def used_by_free(corpus: Corpus) -> Iterator[Defect]:
    """Of two series whose names differ in the words used and free alone; who asks for more than 1 knows what it is."""
    for query, quotient in corpus.quotients:
        above, below = _whole(quotient.left, corpus), _whole(quotient.right, corpus)
        named = _USED.search(above) and _USED.sub("free", above).lower() == below.lower()
        if named and not any(_is_above_one(quotient, node) for node in query.nodes):
            yield in_query(query, f"{above} is divided by {below}.", above)


def _is_above_one(quotient: Node, node: Node) -> bool:
    compared = isinstance(node, BinaryNode) and node.operator in COMPARISONS and node.left is quotient
    return compared and isinstance(node, BinaryNode) and isinstance(node.right, NumberNode) and node.right.value > 1


def _whole(node: Node, corpus: Corpus) -> str:
    """The series of which this is the value itself, in whatever aggregation; empty for all else and for recorded ones."""
    while isinstance(node, AggregateNode) and node.operator in ("sum", "avg", "max", "min"):
        node = node.of
    is_bare = isinstance(node, SeriesNode) and node.window is None and not node.offset_seconds
    return node.name if is_bare and isinstance(node, SeriesNode) and node.name not in corpus.recorded else ""


def _besides(part: str, whole: Node, corpus: Corpus) -> str:
    """The other of two series that are added up, of which one is named; empty for all else."""
    while True:
        if isinstance(whole, AggregateNode) and whole.operator == "sum":
            whole = whole.of
        elif isinstance(whole, BinaryNode) and whole.operator == "+" and is_scalar(whole.right):
            # Against a division by zero.
            whole = whole.left
        else:
            break
    if not part or not isinstance(whole, BinaryNode) or whole.operator != "+":
        return ""
    names = [_whole(each, corpus) for each in (whole.left, whole.right)]
    return names[1 - names.index(part)] if part in names else ""


def _are_parts(above: str, below: str) -> bool:
    """Whether they are sum and count of one histogram, or a sum of seconds and a total."""
    ends = above.endswith("_sum") and below.endswith("_count")
    same = ends and above.removesuffix("_sum") == below.removesuffix("_count")
    return same or (above.endswith("_seconds_sum") and below.endswith("_total"))


def _are_hits(above: str, below: str) -> bool:
    """Whether they are hits and misses, both with the ending of counters."""
    words = {word for name in (above, below) for word in ("hit", "miss") if word in name}
    return len(words) == 2 and all(name.endswith("_total") for name in (above, below))


def _are_counters(names: tuple[str, str], corpus: Corpus) -> bool:
    return all(corpus.type_of(name) == COUNTER for name in names)


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
    average_since_start,
    used_by_free,
    change_of_info,
)
