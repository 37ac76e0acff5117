"""Averages and sums of what is already an average or a quantile."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.misleading_numbers import QUANTILES
from glassbox.lint.series_labels import LABELS_OF_ALL_SERIES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.metrics.types import TARGET_LABELS
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import (
    COMPARISONS,
    AggregateNode,
    BinaryNode,
    CallNode,
    LabelMatcher,
    Node,
    SeriesNode,
    is_scalar,
    series_of,
)

# Without labels of their own (collector/fixtures/e2e-output.txt of node_exporter).
_ONE_A_TARGET = re.compile(
    r"up|node_(load\d+|time_seconds|boot_time_seconds|context_switches_total|forks_total|intr_total)"
    r"|node_(memory_(?!numa_)|vmstat_|netstat_|sockstat_|filefd_|procs_)\w+"
)
_KEEPING = frozenset(
    {"abs", "ceil", "clamp", "clamp_max", "clamp_min", "floor", "label_join", "label_replace", "round"}
)


@lint_rule(
    "average-of-quantiles",
    Severity.WARNING,
    title="An average or sum of quantiles",
    why="Quantiles cannot be averaged: a server with ten requests counts as much as one with ten thousand.",
    fix="Aggregate the buckets, as in histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))), or show the largest.",
    bad=on_panel("avg(histogram_quantile(0.9, sum by (le, pod) (rate(latency_seconds_bucket[5m]))))"),
    good=on_panel("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))"),
)
def average_of_quantiles(corpus: Corpus) -> Iterator[Defect]:
    """Also of quantiles that a rule records, and of a summary's quantiles."""
    for query in corpus.queries:
        for node in query.nodes:
            averages = isinstance(node, AggregateNode) and node.operator in ("avg", "sum")
            if isinstance(node, AggregateNode) and averages and (_is_quantile(node.of, corpus) or _by_quantile(node)):
                yield in_query(query, f"{node.operator} of quantiles is not a quantile.", node.operator)


def _by_quantile(node: AggregateNode) -> bool:
    """Whether it adds up the quantiles of summaries of several servers, each with its like."""
    labels = frozenset() if node.without else frozenset(node.labels or ())
    return isinstance(node.of, SeriesNode) and "quantile" in labels and labels.isdisjoint(("instance", "pod"))


def _is_quantile(node: Node, corpus: Corpus, *, recorded: bool = True) -> bool:
    if isinstance(node, SeriesNode):
        chosen = any(each.label == "quantile" and each.operator == "=" for each in node.matchers)
        rules = corpus.recorded.get(node.name, ()) if recorded else ()
        return chosen or any(
            rule.query.tree and _is_quantile(rule.query.tree, corpus, recorded=False) for rule in rules
        )
    if isinstance(node, CallNode) and node.name.startswith("label_"):
        return _is_quantile(node.arguments[0], corpus)
    return isinstance(node, CallNode) and node.name in QUANTILES


@lint_rule(
    "average-of-averages",
    Severity.WARNING,
    title="An average of averages",
    why="Each average counts as much as any other, however few values it is of.",
    fix="Divide the sum of the sums by the sum of the counts.",
    bad=on_panel("avg(rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]))"),
    good=on_panel("sum(rate(latency_seconds_sum[5m])) / sum(rate(latency_seconds_count[5m]))"),
)
def average_of_averages(corpus: Corpus) -> Iterator[Defect]:
    """Of the mean of a histogram, also of one that is recorded, and of an average by other labels, unless each is of one series."""
    for query in corpus.queries:
        for node in query.nodes:
            if (
                isinstance(node, AggregateNode)
                and node.operator in ("avg", "sum")
                and (why := _is_average(node, corpus))
            ):
                yield in_query(
                    query, f"{node.operator} of {why} weighs all alike, however many values each is of.", node.operator
                )


def _is_average(around: AggregateNode, corpus: Corpus) -> str:
    trees = [around.of]
    if isinstance(around.of, SeriesNode):
        trees = [rule.query.tree for rule in corpus.recorded.get(around.of.name, ()) if rule.query.tree]
    if any(is_mean(_without_filters(tree)) for tree in trees):
        return "" if _is_of_one_thing(around) else "means"
    inner = around.of if isinstance(around.of, AggregateNode) and around.of.operator == "avg" else None
    return "averages" if inner and around.operator == "avg" and _is_of_several(inner, around, corpus) else ""


def _is_of_one_thing(around: AggregateNode) -> bool:
    """Whether a variable chooses the one thing that all is about, and no label is taken away but those of its targets."""
    chosen = {each.label for series in series_of(around) for each in series.matchers if _is_chosen(each)}
    return around.without and bool(chosen) and LABELS_OF_ALL_SERIES.union(chosen).issuperset(around.labels or ())


def _is_chosen(matcher: LabelMatcher) -> bool:
    ours = matcher.operator == "=" and is_of_a_variable(matcher.value)
    return ours and matcher.label not in LABELS_OF_ALL_SERIES


def _is_of_several(inner: AggregateNode, around: AggregateNode, corpus: Corpus) -> bool:
    """Whether groups of different sizes are averaged, and several such averages again."""
    labels = frozenset(inner.labels or ())
    if any(map(is_of_a_variable, labels | frozenset(around.labels or ()))):
        return False
    alone = all(_is_alone(series, inner, corpus) for series in series_of(inner))
    if inner.without:
        return not alone and not labels <= LABELS_OF_ALL_SERIES
    return not alone and (around.without or not labels.issubset(around.labels or ()))


def _is_alone(series: SeriesNode, within: AggregateNode, corpus: Corpus) -> bool:
    """Whether each of its groups holds one such series."""
    known = corpus.known_series(series.name)
    own = known.labels - set(TARGET_LABELS) if known and known.labels is not None else None
    own = frozenset[str]() if _ONE_A_TARGET.fullmatch(series.name) else own
    given = frozenset(within.labels or ())
    if own is None or ("instance" in given) is within.without:
        return False
    return own.isdisjoint(given) if within.without else own <= given


def _without_filters(node: Node) -> Node:
    """What it is before comparisons leave series out, and numbers change it by a factor."""
    while True:
        match node:
            case BinaryNode(operator="and" | "unless"):
                node = node.left
            case BinaryNode() if is_scalar(node.right) and not node.returns_bool:
                node = node.left
            case BinaryNode(operator="*") if is_scalar(node.left):
                node = node.right
            case BinaryNode() if is_scalar(node.left) and node.operator in COMPARISONS and not node.returns_bool:
                node = node.right
            case CallNode(name=name) if name in _KEEPING:
                node = node.arguments[0]
            case _:
                return node


def is_mean(node: Node) -> bool:
    """Whether it divides the sum of a histogram's or summary's observations by their number."""
    if not (isinstance(node, BinaryNode) and node.operator == "/"):
        return False
    above = {each.name.removesuffix("_sum") for each in series_of(node.left) if each.name.endswith("_sum")}
    below = {each.name.removesuffix("_count") for each in series_of(node.right) if each.name.endswith("_count")}
    return bool(above & below)


RULES = (average_of_quantiles, average_of_averages)
