"""What a running Prometheus does not have, or answers slowly: judged only where one was asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.server_facts import PastFirings, QueryCost, ServerFacts
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.lint.words import counted, duration, listed
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.result_labels import selected
from glassbox.syntax.tree import CallNode, SeriesNode

# Ours: longer than somebody waits for a panel, and a tenth of the shortest usual interval of rules.
SLOW_PANEL_SECONDS, SLOW_RULE_SECONDS = 5.0, 1.5
# Ours: Prometheus keeps at most 50 million samples of a query in memory (--query.max-samples).
WIDE_SAMPLES, WIDE_LINES = 10_000_000, 500
# Ours: so many names are read in a sentence.
MOST_NAMED = 3
_UP = on_panel("up")
_THERE = ServerFacts(frozenset({"up", "x"}), {"x": frozenset({"job"})}, {"up": QueryCost(3, 180, 0.01)})


@dataclass(frozen=True)
class _Reader:
    """What is told of together: a dashboard or a group, and its queries, of which each panel or rule has some."""

    location: Location
    what: str
    asked: Sequence[tuple[str, Sequence[Query]]]


def _readers(corpus: Corpus) -> Iterator[_Reader]:
    for board in corpus.boards:
        panels = [(panel.title, panel.queries) for panel in board.panels if panel.queries]
        yield _Reader(board.location, "panel", panels)
    for group in corpus.groups:
        rules = [(rule.name, (rule.query, *rule.more_queries)) for rule in group.rules]
        yield _Reader(group.location, "rule", rules)


@lint_rule(
    "not-there-now",
    Severity.WARNING,
    title="Series that the server does not have",
    why="The panel is empty and the alert silent, whatever happens: the exporter is not scraped, is of another version, or has another name.",
    fix="Scrape what has it, load the rules that record it, or leave the panel or alert out. A series may also come with its first event.",
    bad=on_panel("own_requests_total").given("# up is all that the server has", server=_THERE),
    good=_UP.given("# the server has up", server=_THERE),
)
def not_there_now(corpus: Corpus) -> Iterator[Defect]:
    """Of the last hour, with `--online`: panels and rules of which no query reads anything that is there, nor asks what is absent. One finding for each dashboard and group."""
    names = corpus.server.names if corpus.server else None
    for reader in _readers(corpus) if names is not None else ():
        missing = {name: lacks for name, queries in reader.asked if (lacks := _lacking(queries, names or frozenset()))}
        if missing:
            first, lacks = next(iter(missing.items()))
            count = f"{len(missing)} of {counted(len(reader.asked), reader.what)}"
            yield Defect(
                reader.location, f"The server has nothing that {count} read, such as {_some(lacks)} of {first!r}."
            )


def _lacking(queries: Sequence[Query], names: frozenset[str]) -> tuple[str, ...]:
    """The names that they read, if the server has none of them."""
    read = dict.fromkeys(series.name for query in queries for series in query.series if series.name)
    known = not any(map(is_of_a_variable, read))
    answers = any(map(_asks_absence, queries))
    return tuple(read) if read and known and not answers and names.isdisjoint(read) else ()


def _asks_absence(query: Query) -> bool:
    return any(isinstance(node, CallNode) and node.name.startswith("absent") for node in query.nodes)


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many there are besides."""
    more = f" and {counted(len(names) - MOST_NAMED, 'other')}" if len(names) > MOST_NAMED else ""
    return listed(names[:MOST_NAMED]) + more


@lint_rule(
    "no-label-now",
    Severity.WARNING,
    title="A label that the series on the server do not have",
    why="A selector by it finds nothing: the label was never there, or is called otherwise where it is scraped.",
    fix="Use a label that is there, or add it where the targets are scraped.",
    bad=on_panel('x{pod="a"}').given("# x has the label job alone", server=_THERE),
    good=on_panel('x{job="a"}').given("# x has the label job", server=_THERE),
)
def no_label_now(corpus: Corpus) -> Iterator[Defect]:
    """Of the last hour, with `--online`: of matchers that a series without the label does not satisfy. One finding for each name and label of a dashboard."""
    if corpus.server is None:
        return
    for reader in _readers(corpus):
        found: dict[tuple[str, str], list[Query]] = {}
        for query in (query for _, queries in reader.asked for query in queries):
            for name, label in dict.fromkeys(_not_had(query, corpus.server)):
                found.setdefault((name, label), []).append(query)
        for (name, label), queries in found.items():
            more = f" {len(queries)} queries select by it." if len(queries) > 1 else ""
            yield in_query(queries[0], f"No series {name} has the label {label!r} now.{more}", label)


def _not_had(query: Query, server: ServerFacts) -> Iterator[tuple[str, str]]:
    for series in query.series:
        there = server.labels.get(series.name)
        for label in sorted(_required(series) - there) if there else ():
            yield series.name, label


def _required(series: SeriesNode) -> frozenset[str]:
    return selected(SeriesNode(series.name, series.matchers, either=series.either)).expected


@lint_rule(
    "slow-query",
    Severity.WARNING,
    title="A query that takes long, or that the server refuses",
    why="Whoever opens the dashboard waits, and others with him; a rule that takes longer than its interval leaves gaps.",
    fix="Record it, or a part of it, and read the recorded series.",
    bad=_UP.given(
        "# takes 9 s on the server", server=ServerFacts(frozenset({"up"}), {}, {"up": QueryCost(3, 10, 9.0)})
    ),
    good=_UP.given("# takes 0.01 s on the server", server=_THERE),
)
def slow_query(corpus: Corpus) -> Iterator[Defect]:
    """With `--online`, asked once: an hour of a panel at steps of a minute above 5 s, a moment of a rule above 1.5 s."""
    for query, cost in _costs(corpus):
        slow_seconds = SLOW_PANEL_SECONDS if query.kind is QueryKind.PANEL else SLOW_RULE_SECONDS
        if cost.refused:
            fix = "Correct what the server says; where it reads too much, record a part of it."
            yield in_query(query, f'The server refuses it: "{cost.refused}".', fix=fix)
        elif cost.seconds > slow_seconds:
            yield in_query(query, f"It took {cost.seconds:.1f} s, more than {slow_seconds:g} s.")


@lint_rule(
    "wide-query",
    Severity.WARNING,
    title="A query that reads or gives too much",
    why="It costs the server memory each time that somebody looks; and nobody can read hundreds of lines.",
    fix="Aggregate it, choose fewer series, or record it and read the recorded series.",
    bad=_UP.given(
        "# gives 900 lines on the server",
        server=ServerFacts(frozenset({"up"}), {}, {"up": QueryCost(900, 54_000, 0.1)}),
    ),
    good=_UP.given("# gives 3 lines on the server", server=_THERE),
)
def wide_query(corpus: Corpus) -> Iterator[Defect]:
    """With `--online`: above 10 million samples for an hour of a panel or a moment of a rule, or above 500 lines in a panel."""
    for query, cost in _costs(corpus):
        if cost.samples is not None and cost.samples > WIDE_SAMPLES:
            yield in_query(query, f"It reads {cost.samples / 1e6:.0f} million samples.")
        elif query.kind is QueryKind.PANEL and cost.lines > WIDE_LINES and query.format == "time_series":
            yield in_query(query, f"It gives {cost.lines} lines.")


def _costs(corpus: Corpus) -> Iterator[tuple[Query, QueryCost]]:
    costs = corpus.server.costs if corpus.server else {}
    yield from ((query, costs[query.text]) for query in corpus.queries if query.text in costs)


@lint_rule(
    "would-have-fired",
    Severity.INFO,
    title="An alert that would have fired",
    why="Who is called for it should know why; one that fires every day, or again and again, is soon not looked at any more.",
    fix="See with `deploy.py backtest` when and on what; raise its threshold or its `for` where nothing was wrong.",
    bad=as_alert("up == 0").given(
        "# fired twice in the last week",
        server=ServerFacts(firings={("example", "Example"): PastFirings(2, 600, 604_800, is_noisy=False)}),
    ),
    good=as_alert("up == 0").given("# did not fire in the last week", server=_THERE),
)
def would_have_fired(corpus: Corpus) -> Iterator[Defect]:
    """With `--online` and `--window`, over the recorded past of the server, by `backtest`."""
    firings = corpus.server.firings if corpus.server else {}
    for group in corpus.groups if firings else ():
        for alert in (rule for rule in group.rules if rule.is_alert):
            if past := firings.get((group.name, alert.name)):
                yield in_query(alert.query, _said(alert, past))


def _said(alert: GroupedRule, past: PastFirings) -> str:
    often = ", which is noisy" if past.is_noisy else ""
    times = f"{counted(past.times, 'time')} in {duration(past.window_seconds)}"
    return f"{alert.name} would have fired {times}, for {duration(past.seconds)} in all{often}."


RULES = (not_there_now, no_label_now, slow_query, wide_query, would_have_fired)
