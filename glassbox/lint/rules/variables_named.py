"""Variables of dashboards that are not there, or do nothing."""

import re
from collections.abc import Collection, Iterable, Iterator

from glassbox.lint.examples import Example, on_board, on_panel
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.lint.words import listed
from glassbox.syntax.grafana_variables import variables_named

# What only looks like a variable: a dollar sign that a pattern escapes, and groups of patterns, which have numbers or names.
_ESCAPED = re.compile(r"\\\$")
_GROUP = re.compile(r"\(\?P?<(\w+)>")
# Grafana's own, beside those that begin with two underscores.
_BUILT_IN = frozenset({"timeFilter", "interval", "dashboard", "user", "org"})
_ALL = "__all_variables"
_CHOICES = frozenset({"query", "custom", "textbox", "interval", "constant", "switch", "datasource"})

_AT = Location("dashboard.json", object="Example")


def _variable(name: str = "model", kind: str = "query", **fields: object) -> BoardVariable:
    return BoardVariable(name, kind, _AT.within(f"variable {name}"), **fields)  # type: ignore[arg-type]  # fields of it


def _with_variable(expr: str, variable: BoardVariable, text: str) -> Example:
    panel = on_panel(expr)
    shown = panel.corpus.boards[0].panels
    return Example(f"{text}\n{panel.text}", on_board(panels=shown, variables=(variable,)))


def names_in(texts: Iterable[str]) -> set[str]:
    """The variables that texts name, as `$x`, `${x}` or `[[x]]`."""
    return {name for text in texts for name in variables_named(text)}


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
    """In queries, without what is meant for Prometheus: `${1}` and `${name}` of a pattern's groups, and a dollar sign behind a backslash. One finding for each variable and dashboard."""
    for board in (each for each in corpus.boards if each.complete):
        naming: dict[str, list[Query]] = {}
        for query in board.queries:
            for name in sorted(_undefined(query, board)):
                naming.setdefault(name, []).append(query)
        for name, queries in naming.items():
            more = f" {len(queries)} queries of the dashboard name it." if len(queries) > 1 else ""
            yield in_query(queries[0], f"There is no variable {name!r}.{more}", name)


def _undefined(query: Query, board: Board) -> set[str]:
    """The names of a query that Grafana takes for variables, without those of the dashboard and its own."""
    defined = {each.name for each in board.variables} | _BUILT_IN | {*_GROUP.findall(query.text)}
    named = names_in((_ESCAPED.sub("", query.text),)) - defined
    return {name for name in named if not name.startswith("__") and not name[0].isdigit()}


@lint_rule(
    "unused-variable",
    Severity.WARNING,
    title="A variable that nothing uses",
    why="Whoever chooses a value believes that the panels show that one, and they go on to show all. Nobody can choose a hidden one: "
    "it is left over, and Grafana may ask a server for its values all the same.",
    fix="Use it in the queries, or remove it.",
    bad=_with_variable("vllm:num_requests_running", _variable(), "variable: model"),
    good=_with_variable('vllm:num_requests_running{model_name=~"$model"}', _variable(), "variable: model"),
)
def unused_variable(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, and one for its hidden variables. Those that links hand on to other dashboards are used."""
    for board in corpus.boards:
        unused = _unused(board)
        if offered := [each.name for each in unused if not each.hidden]:
            yield Defect(board.location, f"Nothing uses {listed(offered)}.")
        if hidden := [each.name for each in unused if each.hidden]:
            message = f"Nothing uses {listed(hidden)}, and nobody can choose what is hidden."
            yield Defect(board.location, message, fix="Remove it, or use it in the queries.")


def _unused(board: Board) -> list[BoardVariable]:
    """The variables that nothing uses, as far as that is known. A hidden choice of a data source costs nothing and misleads nobody."""
    choices = [each for each in board.variables if each.type in _CHOICES and each.name]
    asked = [each for each in choices if not (each.type == "datasource" and each.hidden)]
    used = names_in(_texts(board)) if board.complete and asked else set()
    is_known = board.complete and not hands_all_on(board, used)
    return [each for each in asked if is_known and each.name not in used | board.repeated]


def hands_all_on(board: Board, named: Collection[str]) -> bool:
    """Whether a link of the dashboard, or of a panel or a value, hands on all variables; `named` are those that its texts name."""
    links = (*board.links, *(link for panel in board.panels for link in panel.links))
    return _ALL in named or any(link.with_variables for link in links)


def _texts(board: Board) -> Iterator[str]:
    """Every text that may name a variable; of a variable's own definition, those of the others."""
    yield from (*board.texts, *(row.title for row in board.rows))
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


RULES = (undefined_variable, unused_variable, unscoped_variable)
