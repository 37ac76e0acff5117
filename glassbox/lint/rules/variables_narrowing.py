"""Variables that do not choose what they seem to choose."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from glassbox.lint.examples import Example, on_board, on_panel
from glassbox.lint.finding import Location, Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.known_metrics import first_word
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.variables_named import hands_all_on, names_in
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.lint.words import listed
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import LabelMatcher, SeriesNode

_CHOOSING = frozenset({"query", "custom", "textbox"})
# A matcher by the variable alone; with a format, such as ${x:regex}, somebody knew what he did.
_ALONE = re.compile(r"\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\]", re.ASCII)
_OF_ALL = re.compile(r"\b(?:all|total|overall|fleet|cluster|global|every|whole)\b", re.IGNORECASE)
_LOCAL_PATH = re.compile(r"/(?:home|Users|share|data|mnt|root|tmp|opt|workspace)/\S+")
# Of so many queries a choice is meant for all.
_MOST = 0.75
_SHORT_RANGE = re.compile(r"now-(?:[1-9]|[12]\d|30)m")
_FEW = 4
_AT = Location("dashboard.json", object="Example")


def _board(variable: BoardVariable, *exprs: str, text: str = "", title: str = "Panel") -> Example:
    panels = tuple(
        panel
        for number, expr in enumerate(exprs)
        for panel in on_panel(expr, panel={"title": f"{title} {number}"}).corpus.boards[0].panels
    )
    said = "\n".join(f"expr: {expr}" for expr in exprs)
    return Example(f"variable: {variable.name} {text}\n{said}", on_board(panels=panels, variables=(variable,)))


def _model(**fields: object) -> BoardVariable:
    return BoardVariable("model", "query", _AT.within("variable model"), **fields)  # type: ignore[arg-type]  # fields of it


@lint_rule(
    "equals-several",
    Severity.WARNING,
    title="A variable of several values behind an equals sign",
    why="Of several values Grafana makes a pattern, as in (a|b), and `=` looks for that text itself: with more than one value, or with All, panels are empty.",
    fix="Write =~ instead of =.",
    bad=_board(_model(multi=True), 'vllm:num_requests_running{model_name="$model"}', text="(multi: true)"),
    good=_board(_model(multi=True), 'vllm:num_requests_running{model_name=~"$model"}', text="(multi: true)"),
)
def equals_several(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each variable, of matchers by it alone; a repeated panel or row has one value at a time."""
    for board in corpus.boards:
        several = {each.name for each in board.variables if each.multi or each.include_all}
        found: dict[str, list[tuple[Query, LabelMatcher]]] = {}
        for query in board.queries if several else ():
            one_at_a_time = board.repeated if query.kind is QueryKind.PANEL else ()
            for name, matcher in _equal(query):
                if name in several and name not in one_at_a_time:
                    found.setdefault(name, []).append((query, matcher))
        for name, places in found.items():
            more = f" So do {len(places) - 1} more." if len(places) > 1 else ""
            message = f"It compares with {name!r}, which may be several values.{more}"
            query, matcher = places[0]
            repairs = tuple(repair for place in places for repair in _with_pattern(*place))
            yield in_query(query, message, matcher.value, repairs=repairs)


def _with_pattern(query: Query, matcher: LabelMatcher) -> tuple[Repair, ...]:
    """The repair, where the matcher is written without spaces."""
    written = f'{matcher.label}{matcher.operator}"{matcher.value}"'
    return with_part(
        query, written, written.replace("=", "=~", 1) if matcher.operator == "=" else written.replace("!=", "!~", 1)
    )


def _equal(query: Query) -> Iterator[tuple[str, LabelMatcher]]:
    """The variables that it compares a label with."""
    for series in query.series:
        for each in series.matchers:
            if each.operator in ("=", "!=") and (named := _ALONE.fullmatch(each.value)):
                yield named[1] or named[2] or named[3], each


@lint_rule(
    "never-narrowing-variable",
    Severity.WARNING,
    title="A variable that only texts name",
    why="Titles change with the choice, and the numbers below them do not: whoever chooses reads one server's name over the numbers of all.",
    fix="Use it in the queries, or remove it.",
    bad=_board(_model(), "vllm:num_requests_running", title="Running on $model"),
    good=_board(_model(), 'vllm:num_requests_running{model_name=~"$model"}', title="Running on $model"),
)
def never_narrowing_variable(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard. Links, other variables, repeats and sources use one; hidden and derived values are no choice."""
    for board in corpus.boards:
        shown = names_in(_shown(board))
        chosen = [each for each in board.variables if each.type in _CHOOSING and not each.hidden]
        names = {each.name for each in chosen}
        offered = [each.name for each in chosen if each.name in shown and not _only_shows(each, names)]
        used = names_in(_working_texts(board)) | board.repeated
        idle = [name for name in offered if name not in used] if board.complete else []
        if idle and not hands_all_on(board, used):
            yield Defect(board.location, f"Titles name {listed(idle)}, and no query does.")


def _only_shows(variable: BoardVariable, chosen: Collection[str]) -> bool:
    """Whether its values are those of a query, or follow from other variables that somebody chooses."""
    follows = (names_in(variable.texts) - {variable.name}) & {*chosen}
    return bool(follows) or any(text.lstrip().startswith("query_result(") for text in variable.texts)


def _shown(board: Board) -> Iterator[str]:
    yield from (row.title for row in board.rows)
    for panel in board.panels:
        yield from (panel.title, panel.description)


def _working_texts(board: Board) -> Iterator[str]:
    yield from board.texts
    yield from (link.url for link in board.links)
    for panel in board.panels:
        yield from (query.text for query in panel.queries)
        yield from (text for text in (panel.datasource, *panel.texts) if text not in (panel.title, panel.description))
    for note in board.annotations:
        yield from note.texts
    for variable in board.variables:
        yield from (text for text in variable.texts if text != variable.name)


@lint_rule(
    "ignored-variable",
    Severity.WARNING,
    title="A panel that leaves out the choice that the others follow",
    why="Beside panels of the chosen server it shows all of them, and nothing says so.",
    fix="Add the matcher that the other panels have, or say in the title that it is of all.",
    bad=_board(
        _model(),
        *(f'vllm:{name}{{model_name=~"$model"}}' for name in ("num_requests_running", "num_requests_waiting", "x")),
        "vllm:kv_cache_usage_perc",
    ),
    good=_board(
        _model(),
        *(f'vllm:{name}{{model_name=~"$model"}}' for name in ("num_requests_running", "num_requests_waiting", "x")),
        'vllm:kv_cache_usage_perc{model_name=~"$model"}',
    ),
)
def ignored_variable(corpus: Corpus) -> Iterator[Defect]:
    """Of variables that at least three of four queries match a label by, of those of the same exporter whose metrics have that label."""
    for board in corpus.boards:
        asked = [(query, panel) for panel in board.panels for query in panel.queries if query.series]
        asked = [(query, panel) for query, panel in asked if not query.hidden]
        named = {query: names_in((query.text,)) for query, _ in asked}
        chosen = _chosen(query for query, _ in asked)
        for variable in board.variables:
            by = chosen.get(variable.name, set())
            following = [query for query, _ in asked if variable.name in named[query]]
            free = [(query, panel) for query, panel in asked if variable.name not in named[query]]
            free = [each for each in free if by and all(_is_free(series, by, corpus) for series in each[0].series)]
            if len(following) < _FEW - 1 or len(free) > (len(following) + len(free)) * (1 - _MOST):
                continue
            for query, panel in free:
                if not _OF_ALL.search(panel.title):
                    yield in_query(query, f"It ignores the choice of {variable.name!r}.", query.series[0].name)


def _chosen(queries: Iterable[Query]) -> Mapping[str, set[tuple[str, str]]]:
    """By variable: the first words of the metrics that it chooses of, each with the label by which it does."""
    found: dict[str, set[tuple[str, str]]] = {}
    for series in (series for query in queries for series in query.series):
        for each in series.matchers:
            for name in names_in((each.value,)) if is_of_a_variable(each.value) else ():
                found.setdefault(name, set()).add((first_word(series.name), each.label))
    return found


def _is_free(series: SeriesNode, chosen: Collection[tuple[str, str]], corpus: Corpus) -> bool:
    """Whether its metric is known to have a label by which others of its exporter are chosen, and is not chosen by it; to ask that it is there is no choice."""
    known = corpus.known_series(series.name)
    labels = {label for word, label in chosen if word == first_word(series.name)}
    matched = {each.label for each in series.matchers if (each.operator, each.value) != ("!=", "")}
    return known is not None and known.labels is not None and bool(labels & known.labels) and not labels & matched


@lint_rule(
    "saved-path",
    Severity.INFO,
    title="A choice that is a path of somebody's machine",
    why="Whoever opens the dashboard begins with a value that his servers do not have: every panel is empty.",
    fix="Clear what is chosen before you save, or let All be chosen.",
    bad=_board(_model(saved=("/home/ann/models/llama",)), "up", text="(current: /home/ann/models/llama)"),
    good=_board(_model(saved=("$__all",)), "up", text="(current: All)"),
)
def saved_path(corpus: Corpus) -> Iterator[Defect]:
    """Of variables that list what a server has."""
    for board in corpus.boards:
        for variable in board.variables:
            if variable.type == "query" and (path := next(filter(_LOCAL_PATH.fullmatch, variable.saved), "")):
                yield Defect(variable.location, f"{variable.name} is saved as {path!r}.")


@lint_rule(
    "stands-still",
    Severity.INFO,
    title="A dashboard of the last minutes that does not renew itself",
    why="Left open, it shows minutes that are long gone, and looks as if it were of now.",
    fix="Give it a refresh, such as 30s.",
    bad=Example("time: {from: now-5m}", on_board(time_from="now-5m")),
    good=Example("time: {from: now-5m}\nrefresh: 30s", on_board(time_from="now-5m", refresh="30s")),
)
def stands_still(corpus: Corpus) -> Iterator[Defect]:
    """Of ranges of half an hour and less, up to now."""
    for board in corpus.boards:
        if _SHORT_RANGE.fullmatch(board.time_from) and board.refresh in ("", "false"):
            yield Defect(board.location, f"It opens at {board.time_from} and is not refreshed.")


_SERVERS = (
    "instance",
    "pod",
    "job",
    "namespace",
    "service",
    "node",
    "host",
    "hostname",
    "container",
    "endpoint",
    "cluster",
)


@lint_rule(
    "no-choice-of-servers",
    Severity.INFO,
    title="A dashboard without a choice of the servers that it is of",
    why="Where two installations share a Prometheus, it mixes them, and a single server cannot be looked at.",
    fix="Add a variable of job, namespace or instance, and match by it.",
    bad=_board(_model(), *['rate(vllm:generation_tokens_total{model_name="$model"}[5m])'] * 4),
    good=_board(
        BoardVariable("job", "query", _AT.within("variable job")),
        *['rate(vllm:generation_tokens_total{job="$job"}[5m])'] * 4,
    ),
)
def no_choice_of_servers(corpus: Corpus) -> Iterator[Defect]:
    """Of dashboards with at least four queries, all of known metrics; what a matcher names is chosen too."""
    for board in corpus.boards:
        read = [series for panel in board.panels for query in panel.queries for series in query.series]
        known = read and all(corpus.known_series(series.name) for series in read)
        chosen = any(each.label in _SERVERS for series in read for each in series.matchers)
        filters = any(variable.type == "adhoc" for variable in board.variables)
        if known and not chosen and not filters and len(read) >= _FEW:
            yield Defect(board.location, "No query chooses by job, namespace or instance.")


RULES = (
    equals_several,
    never_narrowing_variable,
    ignored_variable,
    saved_path,
    stands_still,
    no_choice_of_servers,
)
