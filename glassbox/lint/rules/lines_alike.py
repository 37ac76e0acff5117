"""Lines and numbers of one panel that nobody can tell apart."""

import re
from collections.abc import Callable, Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.labels_told_apart import SERVERS, Told, has_servers, has_several, told_apart
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.rules.variables_named import names_in
from glassbox.lint.rules.windows import LINES
from glassbox.lint.series_of_parts import has_parts
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import of_legend
from glassbox.syntax.tree import (
    COMPARISONS,
    BinaryNode,
    CallNode,
    LabelMatcher,
    Node,
    SeriesNode,
    is_scalar,
)

_NUMBERS = ("stat", "singlestat", "gauge", "bargauge")


@lint_rule(
    "lines-alike",
    Severity.WARNING,
    title="Lines with one name",
    why="The query gives a line for each server, or for each part of one, and the legend calls all of them the same: nobody can tell which is which, or that there are several.",
    fix="Aggregate the query, or name a label in the legend.",
    bad=on_panel("rate(vllm:generation_tokens_total[$__rate_interval])", "Tokens/s"),
    good=on_panel("rate(vllm:generation_tokens_total[$__rate_interval])", "{{instance}}"),
)
def lines_alike(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard. Of servers: lines of metrics that are known to have a label of their own, unless one server is chosen, each has a panel of its own, or the dashboard shows `up` of the same job under one name; of those whose servers the dashboard names elsewhere; and of all of which a variable chooses several servers, also under the number of a card or a disk, since each server has a first one. Of parts of one server, lines and single numbers alike: what exporters give for each card, database, command or state, unless a comparison may leave one; and what the same dashboard tells apart elsewhere by a label such as the status, or chooses two values of."""
    for board in corpus.boards:
        told = told_apart(board, corpus)
        alike = [
            (panel, query)
            for panel in board.panels
            for query in panel.queries
            if query.legend and not query.hidden and _is_alike(query, panel, board, told, corpus)
        ]
        if alike:
            panel, query = alike[0]
            count = "1 query gives" if len(alike) == 1 else f"{len(alike)} queries give"
            what = "lines" if panel.type in LINES else "numbers"
            yield Defect(
                board.location, f"{count} {what} of one name, such as {query.legend!r} of {panel.title!r}.", query.text
            )


def _is_alike(query: Query, panel: BoardPanel, board: Board, told: Told, corpus: Corpus) -> bool:
    """Whether it gives several lines or numbers, and calls them the same."""
    if query.tree is None:
        return False
    shown = panel.type in (*LINES, *_NUMBERS) and query.format != "table"
    return (shown and _is_of_parts(query, told)) or (
        panel.type in LINES and _is_of_servers(query, query.tree, board, told, corpus)
    )


def _is_of_parts(query: Query, told: Told) -> bool:
    """Whether it is known to give several of one server; a comparison may leave one of them."""
    compares = any(isinstance(node, BinaryNode) and node.operator in COMPARISONS for node in query.nodes)
    if compares or "$" in query.legend or query.tree is None:
        return False
    named = frozenset(of_legend(query.legend))
    return _several(query.tree, lambda series: has_parts(series, named) or (not named and has_several(series, told)))


def _is_of_servers(query: Query, tree: Node, board: Board, told: Told, corpus: Corpus) -> bool:
    """Whether it gives a line for each server."""
    several = {each.name for each in board.variables if each.multi or each.include_all} - board.repeated
    single = {each.name for each in board.variables if not (each.multi or each.include_all)} | board.repeated

    def is_of_servers(series: SeriesNode) -> bool:
        known = _is_known(series, single, corpus) or has_servers(series, told)
        return known or _chooses_several(series, several)

    if _numbers_parts(query.legend):
        found = _several(tree, lambda series: _chooses_several(series, several))
    else:
        found = not _NAMES_LABEL.search(query.legend) and _several(tree, is_of_servers)
    return found and not any(one <= {*series.matchers} for series in query.series for one in jobs_of_one(board))


def _is_known(series: SeriesNode, single: set[str], corpus: Corpus) -> bool:
    """Whether it is known which labels its exporter gives it, and none of them says which server it is of."""
    known = corpus.known_series(series.name)
    return known is not None and known.labels is not None and not chooses_one(series, single)


def jobs_of_one(board: Board) -> Iterator[frozenset[LabelMatcher]]:
    """The matchers of each `up` that has one name on the board, though somebody says there which is up."""
    for query in (query for panel in board.panels for query in panel.queries):
        match query.tree:
            case SeriesNode(name="up", matchers=matchers) if query.legend and not _NAMES_LABEL.search(query.legend):
                yield from [frozenset(matchers)] if matchers else []


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
        case CallNode() if not node.name.startswith("absent"):
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
        each.label in SERVERS and each.operator == "=~" and not names_in((each.value,)).isdisjoint(several)
        for each in series.matchers
    )


def chooses_one(series: SeriesNode, single: set[str]) -> bool:
    """Whether a matcher chooses one server."""
    for each in series.matchers:
        if each.label in (*SERVERS, "container"):
            chosen = names_in((each.value,))
            return each.operator == "=" or chosen <= single
    return False


RULES = (lines_alike,)
