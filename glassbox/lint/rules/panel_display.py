"""How panels show what their queries give."""

import re
from collections.abc import Callable, Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.result_bounds import bounds_of
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.variables_named import names_in
from glassbox.lint.rules.windows import LINES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import GRAFANAS_THRESHOLDS, Board, BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import lacks_a_brace, of_legend
from glassbox.syntax.tree import (
    COMPARISONS,
    BinaryNode,
    CallNode,
    LabelMatcher,
    Node,
    SeriesNode,
    is_scalar,
)

_NUMBERS = (*LINES, "stat", "singlestat", "gauge", "bargauge")


@lint_rule(
    "lines-alike",
    Severity.WARNING,
    title="Lines with one name",
    why="The query gives a line for each server, and the legend calls all of them the same: nobody can tell which is which, or that there are several.",
    fix="Aggregate the query, or name a label in the legend.",
    bad=on_panel("rate(vllm:generation_tokens_total[$__rate_interval])", "Tokens/s"),
    good=on_panel("rate(vllm:generation_tokens_total[$__rate_interval])", "{{instance}}"),
)
def lines_alike(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of metrics that are known to have a label of their own, unless one server is chosen, each has a panel of its own, or the dashboard shows `up` of the same job under one name; and of all of which a variable chooses several servers, also under the number of a card or a disk, since each server has a first one."""
    for board in corpus.boards:
        alike = [
            (panel, query)
            for panel in board.panels
            for query in (panel.queries if panel.type in LINES else ())
            if query.tree and query.legend and _is_alike(query, board, corpus)
        ]
        if alike:
            panel, query = alike[0]
            count = "1 query gives" if len(alike) == 1 else f"{len(alike)} queries give"
            yield Defect(
                board.location, f"{count} lines of one name, such as {query.legend!r} of {panel.title!r}.", query.text
            )


def _is_alike(query: Query, board: Board, corpus: Corpus) -> bool:
    """Whether it gives a line for each server, and calls them the same."""
    several = {each.name for each in board.variables if each.multi or each.include_all} - board.repeated
    single = {each.name for each in board.variables if not (each.multi or each.include_all)} | board.repeated
    tree = query.tree
    if tree is None or any(one <= {*series.matchers} for series in query.series for one in _jobs_of_one(board)):
        return False
    if not _NAMES_LABEL.search(query.legend) and _several(tree, _has_parts):
        return True
    if _numbers_parts(query.legend):
        return _several(tree, lambda series: _chooses_several(series, several))
    return not _NAMES_LABEL.search(query.legend) and _several(
        tree, lambda series: _is_known(series, single, corpus) or _chooses_several(series, several)
    )


# What node_exporter reports of each file system, card, disk and core, of which a server has several, with the labels that choose some.
_OF_EACH_PART = {
    "node_filesystem_": frozenset({"mountpoint", "device", "fstype"}),
    "node_network_": frozenset({"device"}),
    "node_disk_": frozenset({"device"}),
    "node_cpu_seconds_total": frozenset({"cpu"}),
}


def _has_parts(series: SeriesNode) -> bool:
    """Whether it has a series for each part of one server."""
    labels = next((labels for start, labels in _OF_EACH_PART.items() if series.name.startswith(start)), frozenset())
    return bool(labels) and all(each.label not in labels for each in series.matchers)


def _is_known(series: SeriesNode, single: set[str], corpus: Corpus) -> bool:
    """Whether it is known which labels its exporter gives it, and none of them says which server it is of."""
    known = corpus.known_series(series.name)
    return known is not None and known.labels is not None and not chooses_one(series, single)


def _jobs_of_one(board: Board) -> Iterator[frozenset[LabelMatcher]]:
    """The matchers of each `up` that has one name on the board, though somebody says there which is up."""
    for query in (query for panel in board.panels for query in panel.queries):
        named = query.legend and not _NAMES_LABEL.search(query.legend)
        if named and isinstance(query.tree, SeriesNode) and query.tree.name == "up" and query.tree.matchers:
            yield frozenset(query.tree.matchers)


_OF_SERVERS = ("instance", "pod", "node", "host", "hostname", "server")
_NAMES_LABEL = re.compile(r"\{\{|\$")


# Labels that number the parts of a server.
_PARTS = frozenset(
    {"gpu", "gpu_id", "minor_number", "device", "cpu", "core", "chip", "sensor", "mountpoint", "mode", "le"}
)


def _numbers_parts(legend: str) -> bool:
    """Whether the legend names what each server has, and nothing else."""
    named = of_legend(legend)
    return "$" not in legend and bool(named) and set(named) <= _PARTS


def _several(node: Node, is_of_several: Callable[[SeriesNode], bool]) -> bool:
    """Whether the result has a series for each server, as far as that is certain."""
    match node:
        case SeriesNode():
            return is_of_several(node)
        case CallNode():
            of = node.arguments[-1 if node.name == "histogram_quantile" else 0] if node.arguments else None
            return of is not None and not node.scalar and _several(of, is_of_several)
        case BinaryNode() if node.operator in COMPARISONS or is_scalar(node.right) or is_scalar(node.left):
            return _several(node.right if is_scalar(node.left) else node.left, is_of_several)
        case BinaryNode(operator="/"):
            return _several(node.left, is_of_several) and _several(node.right, is_of_several)
    return False


def _chooses_several(series: SeriesNode, several: set[str]) -> bool:
    """Whether a matcher chooses more than one server."""
    return any(
        each.label in _OF_SERVERS and each.operator == "=~" and not names_in((each.value,)).isdisjoint(several)
        for each in series.matchers
    )


def chooses_one(series: SeriesNode, single: set[str]) -> bool:
    """Whether a matcher chooses one server."""
    for each in series.matchers:
        if each.label in (*_OF_SERVERS, "container"):
            chosen = names_in((each.value,))
            return each.operator == "=" or chosen <= single
    return False


# Of these 80 may well be meant.
_UNITS_OF_EIGHTY = ("percent", "celsius", "humidity", "dB", "ms")
_TITLES_OF_EIGHTY = re.compile(r"%|percent|usage|utili[sz]|temp", re.IGNORECASE)


@lint_rule(
    "unchosen-threshold",
    Severity.WARNING,
    title="Numbers that turn red at 80, the bound of a panel without one",
    why="Nobody has chosen this bound, which Grafana gives every panel without one: 81 requests are as red as an outage, and a ratio, which ends at 1, is always green.",
    fix="Choose bounds that mean something for these values, or take the colour away.",
    bad=on_panel("sum(vllm:num_requests_running)", panel={"type": "stat", "thresholds": (80.0,), "colored": True}),
    good=on_panel("sum(vllm:num_requests_running)", panel={"type": "stat", "thresholds": (300.0,), "colored": True}),
)
def unchosen_threshold(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of panels that show their value in the colour of the thresholds, but those of percent, degrees and milliseconds, where the scale ends at 100, and where values have texts of their own."""
    for board in corpus.boards:
        unchosen = [panel for panel in board.panels if panel.queries and _has_proposed_threshold(panel)]
        if unchosen:
            count = "1 panel turns" if len(unchosen) == 1 else f"{len(unchosen)} panels turn"
            yield Defect(unchosen[0].location, f"{count} red at 80, such as {unchosen[0].title!r}.")


def _has_proposed_threshold(panel: BoardPanel) -> bool:
    proposed = panel.colored and panel.thresholds == GRAFANAS_THRESHOLDS and not panel.named_values
    to_a_hundred = panel.unit in _UNITS_OF_EIGHTY or panel.maximum == 100
    titled = panel.unit != "percentunit" and _TITLES_OF_EIGHTY.search(panel.title)
    return proposed and not to_a_hundred and not titled


@lint_rule(
    "colour-of-always",
    Severity.ERROR,
    title="A colour that begins at 0 for what is never below",
    why="The first colour is that of what is below the next bound: where that is 0, a number of requests or servers never has it, and is red or green whatever it is.",
    fix="Let the second colour begin where it should: at 1, as soon as there is any.",
    bad=on_panel('up{job="vllm"}', panel={"type": "stat", "thresholds": (0.0,), "colored": True}),
    good=on_panel('up{job="vllm"}', panel={"type": "stat", "thresholds": (1.0,), "colored": True}),
)
def colour_of_always(corpus: Corpus) -> Iterator[Defect]:
    """Of panels with one bound that show their value in its colour, where every query is known never to be negative."""
    for panel in corpus.panels:
        begins_at_zero = panel.colored and panel.thresholds == (0.0,) and not panel.named_values
        trees = [query.tree for query in panel.queries if begins_at_zero]
        if trees and all(tree and bounds_of(tree, corpus).low >= 0 for tree in trees):
            yield in_query(panel.queries[0], "Every value has the colour that begins at 0.")


@lint_rule(
    "no-unit",
    Severity.INFO,
    title="Panels without a unit",
    why="Without a unit 0.5 may be half a second or half of everything.",
    fix="Give each panel the unit of its values.",
    bad=on_panel("up"),
    good=on_panel("up", panel={"unit": "bool"}),
)
def no_unit(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard."""
    for board in corpus.boards:
        shown = [panel for panel in board.panels if panel.type in _NUMBERS and panel.queries and not panel.library]
        bare = [panel.title for panel in shown if not panel.unit and not panel.other_units]
        if bare:
            yield Defect(board.location, f"{len(bare)} of {len(shown)} panels have no unit, such as {bare[0]!r}.")


@lint_rule(
    "missing-brace",
    Severity.WARNING,
    title="A legend in which a brace is missing",
    why="Grafana looks for a label by all that stands up to the next two braces, and finds none: lines cannot be told apart.",
    fix="Write two braces on each side of a label, as in {{label}}.",
    bad=on_panel("sum by (pod) (up)", "{{pod}"),
    good=on_panel("sum by (pod) (up)", "{{pod}}"),
)
def missing_brace(corpus: Corpus) -> Iterator[Defect]:
    """Legends of panels that draw lines or numbers."""
    for panel in corpus.panels:
        for query in panel.queries:
            if query.format != "table" and (part := lacks_a_brace(query.legend)):
                yield in_query(query, f"The legend lacks a brace at {part!r}.")


RULES = (lines_alike, unchosen_threshold, colour_of_always, no_unit, missing_brace)
