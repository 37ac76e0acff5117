"""What does not fit together within a dashboard, or between dashboards."""

import re
from collections import Counter
from collections.abc import Iterator

from glassbox.lint.examples import Example, on_board, on_panel, together
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects import Board, BoardLink, BoardPanel, BoardVariable, Corpus, Grid, Query, QueryKind
from glassbox.lint.words import listed
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, CallNode, Node, SeriesNode, is_scalar

_NAMED = re.compile(r"\$(?P<plain>[A-Za-z_]\w*)|\$\{(?P<braced>\w+)[^}]*\}|\[\[(?P<old>\w+)[^\]]*\]\]")
_COLUMNS = 24
# Grafana's own, beside those that begin with two underscores.
_BUILT_IN = frozenset({"timeFilter", "interval", "dashboard", "user", "org"})
_NARROWING = frozenset({"query", "custom", "textbox", "interval", "constant", "switch"})
_LINES = ("timeseries", "graph")
_NUMBERS = (*_LINES, "stat", "singlestat", "gauge", "bargauge")

_AT = Location("dashboard.json", object="Example")
_PANEL = _AT.within("Panel")


_TWICE = BoardPanel("Panel", "stat", _PANEL, queries=(Query("up", _PANEL, QueryKind.PANEL, "A"),) * 2)


def _variable(name: str = "model", kind: str = "query", **fields: object) -> BoardVariable:
    return BoardVariable(name, kind, _AT.within(f"variable {name}"), **fields)  # type: ignore[arg-type]  # fields of it


def _with_variable(expr: str, variable: BoardVariable, text: str) -> Example:
    panel = on_panel(expr)
    shown = panel.corpus.boards[0].panels
    return Example(f"{text}\n{panel.text}", on_board(panels=shown, variables=(variable,)))


def _named(texts: Iterator[str]) -> set[str]:
    return {name for text in texts for found in _NAMED.finditer(text) for name in found.groups() if name}


@lint_rule(
    "undefined-variable",
    Severity.ERROR,
    title="A variable that the dashboard does not have",
    why="Grafana sends its name as it is written: the query fails, or finds nothing.",
    fix="Define the variable, or correct its name.",
    bad=on_panel('vllm:num_requests_running{model_name=~"$model"}'),
    good=_with_variable('vllm:num_requests_running{model_name=~"$model"}', _variable(), "variable: model"),
)
def undefined_variable(corpus: Corpus) -> Iterator[Defect]:
    """In queries."""
    for board in corpus.boards:
        defined = {each.name for each in board.variables} | _BUILT_IN
        for query in board.queries if board.complete else ():
            for name in sorted(_named(iter((query.text,))) - defined):
                if not name.startswith("__"):
                    yield in_query(query, f"There is no variable {name!r}.", name)


@lint_rule(
    "unused-variable",
    Severity.WARNING,
    title="A variable that nothing uses",
    why="Whoever chooses a value believes that the panels show that one, and they go on to show all.",
    fix="Use it in the queries, or remove it.",
    bad=_with_variable("vllm:num_requests_running", _variable(), "variable: model"),
    good=_with_variable('vllm:num_requests_running{model_name=~"$model"}', _variable(), "variable: model"),
)
def unused_variable(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard. Those that links hand on to other dashboards are used."""
    for board in corpus.boards:
        offered = [each for each in board.variables if each.type in _NARROWING]
        used = _named(_texts(board)) if board.complete and offered else set()
        repeated = {panel.repeats for panel in board.panels}
        unused = [each.name for each in offered if each.name not in used | repeated]
        handed_on = any(link.with_variables for link in board.links)
        if unused and board.complete and not handed_on:
            yield Defect(board.location, f"Nothing uses {listed(unused)}.")


def _texts(board: Board) -> Iterator[str]:
    """Every text that may name a variable; of a variable's own definition, those of the others."""
    yield from board.texts
    for link in board.links:
        yield from (link.title, link.url)
    for panel in board.panels:
        yield from (panel.title, panel.description, panel.datasource, *panel.texts)
        for query in panel.queries:
            yield from (query.text, query.legend)
    for note in board.annotations:
        yield from (*note.templates, *note.texts)
    for variable in board.variables:
        yield from (text for text in variable.texts if text != variable.name)
        yield variable.query.text if variable.query else ""


@lint_rule(
    "unscoped-variable",
    Severity.WARNING,
    title="A variable that lists the values of a label of everything",
    why="Any exporter may have a label of that name: the list offers values for which the panels have nothing, and asks the server for all series.",
    fix="Name a metric of the dashboard, as in label_values(metric, label).",
    bad=_with_variable('up{job="$model"}', _variable(label="job"), "variable: label_values(job)"),
    good=_with_variable(
        'up{job="$model"}',
        _variable(label="job", query=Query("up", _AT.within("variable model"), QueryKind.VARIABLE)),
        "variable: label_values(up, job)",
    ),
)
def unscoped_variable(corpus: Corpus) -> Iterator[Defect]:
    """Of label_values with a label alone."""
    for board in corpus.boards:
        for each in board.variables:
            if each.type == "query" and each.label and each.query is None:
                yield Defect(each.location, f"It lists the values that {each.label} has on any series.")


@lint_rule(
    "duplicate-uid",
    Severity.WARNING,
    title="Two dashboards with one uid",
    why="Grafana keeps one of them: whichever is written last.",
    fix="Give one of them another uid.",
    bad=together(on_panel("up"), on_panel("up == 0")),
    good=on_panel("up"),
)
def duplicate_uid(corpus: Corpus) -> Iterator[Defect]:
    """Among all that is read together; the same dashboard in two places is found too."""
    first: dict[str, Board] = {}
    for board in corpus.boards:
        if board.uid and first.setdefault(board.uid, board) is not board:
            other = first[board.uid].location
            yield Defect(board.location, f"The uid {board.uid!r} is that of {other.object!r} in {other.file} too.")


@lint_rule(
    "duplicate-panel-id",
    Severity.WARNING,
    title="Two panels with one id",
    why="A link to one of them opens the other, and Grafana renumbers them when it saves.",
    fix="Give one of them another id.",
    bad=Example(
        "panels: [{id: 1}, {id: 1}]",
        on_board(panels=(BoardPanel("A", "stat", _PANEL, id=1), BoardPanel("B", "stat", _PANEL, id=1))),
    ),
    good=Example(
        "panels: [{id: 1}, {id: 2}]",
        on_board(panels=(BoardPanel("A", "stat", _PANEL, id=1), BoardPanel("B", "stat", _PANEL, id=2))),
    ),
)
def duplicate_panel_id(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard."""
    for board in corpus.boards:
        count = Counter(panel.id for panel in board.panels if panel.id is not None)
        if twice := [str(number) for number, times in count.items() if times > 1]:
            yield Defect(board.location, f"Several panels have the id {listed(twice)}.")


@lint_rule(
    "duplicate-ref-id",
    Severity.ERROR,
    title="Two queries of a panel with one name",
    why="Grafana keeps the result of one of them.",
    fix="Give each query of the panel its own refId.",
    bad=Example("targets: [{refId: A}, {refId: A}]", on_board(panels=(_TWICE,))),
    good=on_panel("up"),
)
def duplicate_ref_id(corpus: Corpus) -> Iterator[Defect]:
    """Also of hidden queries."""
    for panel in corpus.panels:
        count = Counter(query.ref_id for query in panel.queries if query.ref_id)
        if twice := [name for name, times in count.items() if times > 1]:
            yield Defect(panel.location, f"Several queries are called {listed(twice)}.")


@lint_rule(
    "off-grid",
    Severity.WARNING,
    title="A panel that does not fit the grid",
    why="Grafana's grid has 24 columns: what does not fit is moved, and everything below with it.",
    fix="Make it narrower, or move it to the left.",
    bad=on_panel("up", panel={"grid": Grid(18, 0, 12, 8)}),
    good=on_panel("up", panel={"grid": Grid(12, 0, 12, 8)}),
)
def off_grid(corpus: Corpus) -> Iterator[Defect]:
    """Also of panels without a size."""
    for panel in corpus.panels:
        at = panel.grid
        if at and (at.x < 0 or at.y < 0 or at.x + at.width > _COLUMNS or at.width < 1 or at.height < 1):
            yield Defect(panel.location, f"It begins in column {at.x} and is {at.width} wide and {at.height} high.")


@lint_rule(
    "broken-link",
    Severity.ERROR,
    title="A link to a dashboard or panel that is not there",
    why="It leads to an error page when somebody needs it.",
    fix="Correct the link, or remove it.",
    bad=on_panel("up", panel={"links": (BoardLink("Gone", "/d/example?viewPanel=7", _PANEL, "example", 7),)}),
    good=on_panel("up", panel={"links": (BoardLink("Here", "/d/example?viewPanel=1", _PANEL, "example", 1),)}),
)
def broken_link(corpus: Corpus) -> Iterator[Defect]:
    """To panels of dashboards that were read; to other dashboards only where those that were read are all there are."""
    by_uid = {board.uid: board for board in corpus.boards}
    for link in (link for board in corpus.boards for link in (*board.links, *_of_panels(board))):
        if link.dashboard_uid and (problem := _leads_nowhere(link, by_uid.get(link.dashboard_uid), corpus)):
            yield Defect(link.location, problem)


def _leads_nowhere(link: BoardLink, there: Board | None, corpus: Corpus) -> str:
    if there is None:
        return f"There is no dashboard with the uid {link.dashboard_uid!r}." if corpus.own else ""
    missing = link.panel_id is not None and link.panel_id not in {panel.id for panel in there.panels}
    return f"{there.title} has no panel with the id {link.panel_id}." if missing and there.complete else ""


def _of_panels(board: Board) -> Iterator[BoardLink]:
    return (link for panel in board.panels for link in panel.links)


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
    """One finding for each dashboard, of metrics that are known to have a label of their own, unless a choice of one server is made."""
    for board in corpus.boards:
        single = {each.name for each in board.variables if not (each.multi or each.include_all)}
        alike = [
            (panel, query)
            for panel in board.panels
            for query in (panel.queries if panel.type in _LINES else ())
            if query.tree
            and query.legend
            and not _NAMES_LABEL.search(query.legend)
            and _several(query.tree, single, corpus)
        ]
        if alike:
            panel, query = alike[0]
            count = "1 query gives" if len(alike) == 1 else f"{len(alike)} queries give"
            yield Defect(
                board.location, f"{count} lines of one name, such as {query.legend!r} of {panel.title!r}.", query.text
            )


_NAMES_LABEL = re.compile(r"\{\{|\$")


def _several(node: Node, single: set[str], corpus: Corpus) -> bool:
    """Whether the result has a series for each server, as far as that is certain."""
    match node:
        case SeriesNode():
            known = corpus.known_series(node.name)
            return known is not None and known.labels is not None and not _of_one(node, single)
        case CallNode():
            return bool(node.arguments) and not node.scalar and _several(node.arguments[0], single, corpus)
        case BinaryNode() if node.operator in COMPARISONS or is_scalar(node.right):
            return _several(node.left, single, corpus)
        case BinaryNode(operator="/"):
            return _several(node.left, single, corpus) and _several(node.right, single, corpus)
        case AggregateNode():
            return False
    return False


def _of_one(series: SeriesNode, single: set[str]) -> bool:
    """Whether a matcher chooses one server."""
    for each in series.matchers:
        if each.label in ("instance", "pod", "node", "host", "hostname", "server", "container"):
            chosen = _named(iter((each.value,)))
            return each.operator == "=" or chosen <= single
    return False


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


RULES = (
    undefined_variable,
    unused_variable,
    unscoped_variable,
    duplicate_uid,
    duplicate_panel_id,
    duplicate_ref_id,
    off_grid,
    broken_link,
    lines_alike,
    no_unit,
)
