"""Queries that read much where little would do."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from glassbox.lint.estimated_cost import estimated_cost, in_words
from glassbox.lint.examples import Example, as_record, on_board, on_panel, together
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.lines_alike import chooses_one
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, LabelMatcher, Node, SeriesNode

_RATES = ("rate", "irate", "increase")


@lint_rule(
    "raw-histogram",
    Severity.WARNING,
    title="A panel that reads every bucket of every server, where their sum is recorded",
    why="A histogram of a fleet has a series for each bucket of each server, and each look at the panel reads all their samples: "
    "forty servers with twenty buckets are 800 series, and the recorded sum is twenty.",
    fix="Read the recorded series.",
    bad=together(
        as_record("model:latency_seconds_bucket:rate5m", "sum by (model_name, le) (rate(latency_seconds_bucket[5m]))"),
        on_panel("histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[$__rate_interval])))"),
    ),
    good=together(
        as_record("model:latency_seconds_bucket:rate5m", "sum by (model_name, le) (rate(latency_seconds_bucket[5m]))"),
        on_panel("histogram_quantile(0.9, sum by (le) (model:latency_seconds_bucket:rate5m))"),
    ),
)
def raw_histogram(corpus: Corpus) -> Iterator[Defect]:
    """In panels, where a rule that was read too records the sum by all labels that the panel keeps or selects by."""
    sums = _recorded_sums(corpus)
    for panel in corpus.panels:
        for query in panel.queries if sums else ():
            for node in query.nodes:
                if (series := _bucket_rates(node)) and (instead := _instead(node, series, sums)):
                    message = f"It reads {series.name} of every server; {instead} holds the sum."
                    yield in_query(query, message, series.name, f"Read {instead}.")


def _bucket_rates(node: Node) -> SeriesNode | None:
    """The buckets of which this is the sum of the rates."""
    return _rated(node.of) if isinstance(node, AggregateNode) and node.operator == "sum" else None


def _rated(node: Node) -> SeriesNode | None:
    read = node.arguments[0] if isinstance(node, CallNode) and node.name in _RATES else None
    return read if isinstance(read, SeriesNode) and read.name.endswith("_bucket") else None


def _recorded_sums(corpus: Corpus) -> Mapping[str, list[tuple[frozenset[str], str]]]:
    """By the buckets that rules sum: the labels that each keeps, and the name of what it records."""
    found: dict[str, list[tuple[frozenset[str], str]]] = {}
    for rule in corpus.rules:
        node = rule.query.tree
        if isinstance(node, AggregateNode) and node.operator == "sum" and not (node.without or rule.is_alert):
            for series in filter(None, map(_rated, _alternatives(node.of))):
                if all(map(_leaves_out_little, series.matchers)):
                    found.setdefault(series.name, []).append((frozenset(node.labels or ()), rule.name))
    return found


def _alternatives(node: Node) -> Iterator[Node]:
    """The sides of every `or`, whatever labels are written into them."""
    while isinstance(node, CallNode) and node.name in ("label_replace", "label_join"):
        node = node.arguments[0]
    if isinstance(node, BinaryNode) and node.operator == "or":
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _leaves_out_little(matcher: LabelMatcher) -> bool:
    """Whether it only leaves out what is not meant, such as series without the label."""
    return matcher.operator == "!=" or (matcher.operator, matcher.value) == ("=~", ".+")


def _instead(node: Node, series: SeriesNode, sums: Mapping[str, list[tuple[frozenset[str], str]]]) -> str:
    if not isinstance(node, AggregateNode) or node.without:
        return ""
    needed = {*(node.labels or ()), *(each.label for each in series.matchers)}
    return next((name for kept, name in sums.get(series.name, ()) if needed <= kept), "")


# Ours: with 40 servers 16,000 series at each look, which Prometheus reads in seconds.
_MOST_OF_EACH_SERVER = 400
_MEAN = "sum(rate(vllm:e2e_request_latency_seconds_sum[5m])) / sum(rate(vllm:e2e_request_latency_seconds_count[5m]))"


def _twenty(expr: str) -> Example:
    panels = on_panel(expr).corpus.boards[0].panels * 20
    return Example(f"20 panels, each with\nexpr: {expr}", on_board(panels=panels))


@lint_rule(
    "many-series",
    Severity.INFO,
    title="A dashboard that reads hundreds of series of every server",
    why="With each server that is added, each look at it costs as much again: what is quick with two servers ends in timeouts with a hundred.",
    fix="Record the sums of buckets that several panels read, or let one server be chosen.",
    bad=_twenty("histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))"),
    good=_twenty(_MEAN),
)
def many_series(corpus: Corpus) -> Iterator[Defect]:
    """Estimated from the labels and buckets of known metrics, above 400 series of each server; of selectors that do not choose one."""
    for board in corpus.boards:
        single = {each.name for each in board.variables if not (each.multi or each.include_all)}
        asked = [query for panel in board.panels for query in panel.queries if not query.hidden]
        of_all = partial(_is_of_all, single)
        costs = [replace(estimated_cost(query, corpus, of_all), unknown=()) for query in asked]
        if sum(cost.series for cost in costs) > _MOST_OF_EACH_SERVER:
            yield Defect(board.location, f"It reads {in_words(costs)} in an hour.")


def _is_of_all(single: set[str], series: SeriesNode) -> bool:
    return not chooses_one(series, single)


RULES = (raw_histogram, many_series)
