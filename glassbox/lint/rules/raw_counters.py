"""Counters that are compared or drawn as they are."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import COUNTER
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.misleading_numbers import says_since_start
from glassbox.lint.rules.windows import LINES, OF_COUNTERS, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import AggregateNode, BinaryNode, Node, NumberNode, SeriesNode, series_of

# What hardware counts over its life is compared with 0 on purpose.
_OF_HARDWARE = ("DCGM_", "node_edac_", "smartctl_")
_OF_BUCKETS = ("bargauge", "heatmap")


@lint_rule(
    "raw-counter",
    Severity.WARNING,
    title="A counter without a rate",
    why="A counter holds everything since its server started. It hardly ever falls: an alert that compares it fires for ever, and a line only climbs.",
    fix="Take its rate or increase.",
    bad=as_alert("sum(vllm:num_preemptions_total) > 10"),
    good=as_alert("sum(increase(vllm:num_preemptions_total[10m])) > 10"),
)
def raw_counter(corpus: Corpus) -> Iterator[Defect]:
    """Compared with a number in an alert, drawn as a line that is not called cumulative, or buckets as bars; also of a name on _total that another query takes the rate of."""
    counters = _taken_for_counters(corpus)
    for alert in corpus.alerts:
        for node in alert.query.nodes:
            if (
                isinstance(node, BinaryNode)
                and node.operator in (">", ">=", "!=")
                and isinstance(node.right, NumberNode)
                and not _asks_whether_observed(node, alert.query, corpus)
                and not _asks_whether_ever(node, alert.query)
            ):
                effect = "never falls below it again before a restart"
                yield from _raw(alert.query, node.left, effect, corpus, counters)
    for panel in corpus.panels:
        for query in panel.queries if panel.type in LINES + _OF_BUCKETS else ():
            drawn = query.tree and (panel.type in LINES or _is_of_buckets(query.tree)) and not query.instant
            if query.tree and drawn and not (query.hidden or says_since_start(panel, query)):
                yield from _raw(query, query.tree, "only climbs", corpus, counters)


def _asks_whether_observed(comparison: BinaryNode, query: Query, corpus: Corpus) -> bool:
    """Whether it compares the count of a histogram with 0, of which the query also reads the buckets: those of none have no quantile."""
    known = corpus.known_series(comparison.left.name) if isinstance(comparison.left, SeriesNode) else None
    if known is None or known.part != "count" or comparison.right != NumberNode(0):
        return False
    return any(each.name == f"{known.metric}_bucket" for each in query.series)


def _asks_whether_ever(comparison: BinaryNode, query: Query) -> bool:
    """Whether it compares a counter with 0 whose rate the query asks for too."""
    rated = {read.name for _, read, _ in calls(query, OF_COUNTERS) if isinstance(read, SeriesNode)}
    return comparison.right == NumberNode(0) and {each.name for each in series_of(comparison.left)} <= rated


def _taken_for_counters(corpus: Corpus) -> frozenset[str]:
    """Names with the ending of counters that another query takes the rate of, of exporters that are not known."""
    read = (read for query in corpus.queries for _, read, _ in calls(query, OF_COUNTERS))
    names = {each.name for each in read if isinstance(each, SeriesNode) and each.name.endswith("_total")}
    return frozenset(name for name in names - corpus.recorded.keys() if not corpus.known_series(name))


def _is_of_buckets(node: Node) -> bool:
    return all(series.name.endswith("_bucket") for series in series_of(node))


def _raw(query: Query, node: Node, what: str, corpus: Corpus, counters: frozenset[str]) -> Iterator[Defect]:
    while isinstance(node, AggregateNode) and node.operator in ("sum", "max", "min", "avg"):
        node = node.of
    raw = isinstance(node, SeriesNode) and node.window is None and not node.name.startswith(_OF_HARDWARE)
    if raw and isinstance(node, SeriesNode) and (node.name in counters or corpus.type_of(node.name) == COUNTER):
        yield in_query(query, f"{node.name} is a counter, which {what}.", node.name)


RULES = (raw_counter,)
