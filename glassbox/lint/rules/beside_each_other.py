"""Queries of one panel whose lines cannot be compared with each other."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import Example, on_board, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.labels_told_apart import SERVERS
from glassbox.lint.named_units import unit_said
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.averages import is_mean
from glassbox.lint.rules.lines_alike import jobs_of_one
from glassbox.lint.rules.units import PLAIN
from glassbox.lint.rules.variables_named import names_in
from glassbox.lint.rules.windows import LINES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.metrics.types import Unit
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, SeriesNode, is_scalar, series_of


def _beside(*examples: Example) -> Example:
    """One panel with the queries of all."""
    panels = [panel for each in examples for panel in each.corpus.panels]
    queries = tuple(query for panel in panels for query in panel.queries)
    both = BoardPanel(panels[0].title, "timeseries", panels[0].location, id=1, queries=queries, unit=panels[0].unit)
    return Example("\n".join(each.text for each in examples), on_board(panels=(both,)))


_P95 = on_panel("histogram_quantile(0.95, sum by (le) (rate(x_seconds_bucket[5m])))", "P95")


@lint_rule(
    "average-of-each",
    Severity.WARNING,
    title="An average of each server beside quantiles of all",
    why="The quantiles are of all servers together, and the average is not aggregated: with two servers there is one P95 and two lines called Average, and none of them is the average of all.",
    fix="Divide the sums, as in sum(rate(x_sum[5m])) / sum(rate(x_count[5m])).",
    bad=_beside(_P95, on_panel("rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])", "Average")),
    good=_beside(_P95, on_panel("sum(rate(x_seconds_sum[5m])) / sum(rate(x_seconds_count[5m]))", "Average")),
)
def average_of_each(corpus: Corpus) -> Iterator[Defect]:
    """Of one histogram in one panel, where the average has one name and no matcher chooses one server, and the dashboard does not show `up` of the same job under one name."""
    for board in corpus.boards:
        for panel in board.panels:
            shown = [query for query in panel.queries if query.tree and not query.hidden]
            of_all = {name for query in shown if query.tree for name in _histograms_of_all(query.tree)}
            for query in shown:
                if name := _averaged(query, board) & of_all:
                    message = f"The quantiles of {min(name)} are of all servers, and {query.legend!r} is of each."
                    yield in_query(query, message)


def _histograms_of_all(node: Node) -> set[str]:
    """The histograms of which it is a quantile of all together."""
    node = _without_factor(node)
    buckets = node.arguments[-1] if isinstance(node, CallNode) and node.name == "histogram_quantile" else None
    if not isinstance(buckets, AggregateNode) or buckets.without or buckets.operator != "sum":
        return set()
    names = {each.name.removesuffix("_bucket") for each in series_of(buckets) if each.name.endswith("_bucket")}
    return names if buckets.labels == ("le",) else set()


def _averaged(query: Query, board: Board) -> set[str]:
    """The histograms of which it is the average of each series, under one name."""
    mean = _without_factor(query.tree) if query.tree else None
    named = not query.legend or "{{" in query.legend or "$" in query.legend
    if named or mean is None or not is_mean(mean) or any(isinstance(each, AggregateNode) for each in query.nodes):
        return set()
    several = {each.name for each in board.variables if each.multi or each.include_all} - board.repeated
    jobs = tuple(jobs_of_one(board))
    if any(_is_of_one(each, several) or any(job <= {*each.matchers} for job in jobs) for each in query.series):
        return set()
    return {each.name.removesuffix("_sum") for each in query.series if each.name.endswith("_sum")}


def _without_factor(node: Node) -> Node:
    """What it is before a number changes it, as from seconds to milliseconds."""
    while isinstance(node, BinaryNode) and (is_scalar(node.left) or is_scalar(node.right)):
        node = node.right if is_scalar(node.left) else node.left
    return node


_A_VARIABLE = re.compile(r"\$\w+|\$\{\w+(?::\w+)?\}|\[\[\w+\]\]")


def _is_of_one(series: SeriesNode, several: set[str]) -> bool:
    """Whether a matcher chooses one server, as far as that is certain; `several` are the variables that choose more."""
    for each in series.matchers:
        if each.label in SERVERS:
            variable = _A_VARIABLE.fullmatch(each.value) and names_in((each.value,)).isdisjoint(several)
            if each.operator == "=" or variable:
                return True
    return False


_NOT_BESIDE = {
    Unit.BYTES: frozenset({Unit.SECONDS, Unit.RATIO, Unit.FACTOR, Unit.PERCENT, Unit.EVENTS}),
    Unit.PERCENT: frozenset({Unit.RATIO}),
}
_CALLED = {
    Unit.BYTES: "bytes",
    Unit.SECONDS: "seconds",
    Unit.RATIO: "ratios",
    Unit.FACTOR: "ratios",
    Unit.PERCENT: "percent",
    Unit.EVENTS: "numbers",
}


@lint_rule(
    "mixed-units",
    Severity.WARNING,
    title="Lines of different units on one axis",
    why="Beside a billion bytes, seconds, shares and numbers of connections are all a flat line at zero, and a ratio of 0 to 1 is one beside percent.",
    fix="Give each unit a panel, or an axis and a unit of its own by an override.",
    bad=_beside(on_panel("go_memstats_heap_alloc_bytes", "Heap"), on_panel("go_goroutines", "Goroutines")),
    good=_beside(on_panel("go_memstats_heap_alloc_bytes", "Heap"), on_panel("go_memstats_sys_bytes", "All")),
)
def mixed_units(corpus: Corpus) -> Iterator[Defect]:
    """Of bytes beside seconds, shares or numbers, and ratios beside percent, as exporters and names say it, where all lines have one scale that is not logarithmic; numbers only where the panel has no unit."""
    for panel in corpus.panels:
        if panel.type in LINES and not panel.other_units and not panel.several_scales:
            first = _first_of_units(panel, corpus)
            for unit, others in _NOT_BESIDE.items():
                other = next((each for each in first if unit in first and each in others), None)
                if other:
                    name = first[unit].legend or first[unit].text
                    message = f"These are {_CALLED[other]}, and on the same axis {name!r} is in {_CALLED[unit]}."
                    yield in_query(first[other], message)


def _first_of_units(panel: BoardPanel, corpus: Corpus) -> dict[Unit, Query]:
    """The first query of each unit that is drawn."""
    drawn = [(query, query.tree) for query in panel.queries if query.tree and not query.hidden]
    first = dict[Unit, Query]()
    for query, tree in drawn if len(drawn) > 1 else ():
        unit = unit_said(tree, corpus)
        # With a unit, requests may be those for memory, and wrong-unit finds ratios.
        if unit and (panel.unit in PLAIN or unit not in (Unit.EVENTS, Unit.PERCENT)):
            first.setdefault(unit, query)
    return first


RULES = (average_of_each, mixed_units)
