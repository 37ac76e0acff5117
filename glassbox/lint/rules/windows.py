"""Windows of rates that are too short, or of the wrong kind."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.lint.words import duration
from glassbox.syntax.tree import AggregateNode, CallNode, Node, SeriesNode, SubqueryNode, Window, walk

OF_COUNTERS = frozenset({"rate", "irate", "increase"})
"""Functions that take every fall for a restart."""
OF_CHANGE = OF_COUNTERS | {"delta", "idelta", "deriv", "changes", "resets", "predict_linear"}
"""Functions that compare samples, so that they need two at least."""
# kube-prometheus scrapes every 30 s, Grafana assumes 15 s.
_ASSUMED_SCRAPE_SECONDS, _GRAFANAS_SCRAPE_SECONDS = 30, 15
# Two samples are needed, a window begins between two scrapes, and one scrape may fail: Grafana's $__rate_interval has four too.
_SCRAPES = 4
_LONG_SECONDS = 30 * 60
_ADDING = ("sum", "avg", "count", "min", "max")
LINES = ("timeseries", "graph")
_NAMED_A_RATE = re.compile(r".*:(?:rate|irate|increase)(?:\d+[smhdw])?$")


def calls(query: Query, names: Collection[str] = OF_CHANGE) -> Iterator[tuple[str, SeriesNode | SubqueryNode, Window]]:
    """Each use of these functions: its name, what it reads, and over which window."""
    for node in query.nodes:
        if isinstance(node, CallNode) and node.name in names:
            for argument in node.arguments:
                if isinstance(argument, SeriesNode | SubqueryNode) and argument.window is not None:
                    yield node.name, argument, argument.window


@lint_rule(
    "short-window",
    Severity.WARNING,
    title="A window holds too few samples",
    why="A rate needs two samples. A window below four scrape intervals loses them when a scrape is late or fails: "
    "lines have gaps, and an alert's `for` begins again each time.",
    fix="Make the window at least four times the scrape interval; on dashboards use $__rate_interval.",
    bad=as_alert("rate(errors_total[30s]) > 1").given("# scraped every 15 s", scrape_interval_seconds=15),
    good=as_alert("rate(errors_total[1m]) > 1").given("# scraped every 15 s", scrape_interval_seconds=15),
)
def short_window(corpus: Corpus) -> Iterator[Defect]:
    """Where the scrape interval is not known, windows that hold two samples at most with the usual 30 s, and one finding for each dashboard and group of recorded series."""
    if corpus.scrape_interval_seconds:
        for query in _of_prometheus(corpus):
            yield from _short(
                query, _SCRAPES * corpus.scrape_interval_seconds, duration(corpus.scrape_interval_seconds)
            )
        return
    shortest, assumed = 2 * _ASSUMED_SCRAPE_SECONDS + 1, f"{duration(_ASSUMED_SCRAPE_SECONDS)}, which is assumed"
    for alert in (rule for rule in corpus.rules if rule.is_alert):
        yield from _short(alert.query, shortest, assumed)
    for group in corpus.groups:
        recorded = (rule.query for rule in group.rules if not rule.is_alert)
        yield from _once("group", [defect for query in recorded for defect in _short(query, shortest, assumed)])
    for board in (each for each in corpus.boards if not each.for_victoria_metrics):
        found = [defect for query in board.queries for defect in _short(query, shortest, assumed)]
        yield from _once("dashboard", found)


def _once(whole: str, found: list[Defect]) -> Iterator[Defect]:
    """The first of them, with how many there are."""
    times = f" {len(found)} windows of the {whole} are as short." if len(found) > 1 else ""
    yield from (replace(each, message=f"{each.message}{times}") for each in found[:1])


def _of_prometheus(corpus: Corpus) -> Iterator[Query]:
    """The queries that no VictoriaMetrics answers, which also reads the sample before a window (its "MetricsQL", "MetricsQL features")."""
    yield from replace(corpus, boards=tuple(each for each in corpus.boards if not each.for_victoria_metrics)).queries


def _short(query: Query, shortest: float, scraped: str) -> Iterator[Defect]:
    for function, read, window in calls(query):
        if isinstance(read, SeriesNode) and not window.variable and window.seconds < shortest:
            text = duration(window.seconds)
            yield in_query(query, f"{function} over {text} is below four scrape intervals of {scraped}.", f"[{text}]")


@lint_rule(
    "interval-window",
    Severity.WARNING,
    title="A rate over $__interval",
    why="Zoomed in, $__interval is as short as the scrape interval: the window holds one sample, and the line disappears.",
    fix="Use $__rate_interval, which is never shorter than four scrape intervals.",
    bad=on_panel("rate(requests_total[$__interval])"),
    good=on_panel("rate(requests_total[$__rate_interval])"),
)
def interval_window(corpus: Corpus) -> Iterator[Defect]:
    """Unless the query names a shortest step that is long enough, or may be: of a variable whose values are not known."""
    enough = _SCRAPES * (corpus.scrape_interval_seconds or _GRAFANAS_SCRAPE_SECONDS)
    for query in _of_prometheus(corpus):
        if _may_be_short(query, enough):
            for function, _, window in calls(query):
                if window.variable == "$__interval":
                    message = f"{function} over $__interval has gaps when one zooms in."
                    yield in_query(query, message, "__interval", repairs=_with_rate_interval(query))


def _may_be_short(query: Query, enough: float) -> bool:
    """Whether $__interval may be below so many seconds."""
    return not query.step_is_chosen if query.step_seconds is None else query.step_seconds < enough


def _with_rate_interval(query: Query) -> tuple[Repair, ...]:
    """The repair, where every $__interval is the window of a function that compares samples."""
    windows = [window for *_, window in calls(query) if window.variable == "$__interval"]
    only = len(windows) == query.text.count("[$__interval]") == query.text.count("__interval")
    return with_part(query, "[$__interval]", "[$__rate_interval]") if only else ()


@lint_rule(
    "fixed-window",
    Severity.INFO,
    title="Rates over fixed windows",
    why="A fixed window smooths a short range too much, and over a long range it skips what lies between two points.",
    fix="Use $__rate_interval, or read a recorded series.",
    bad=on_panel("rate(requests_total[5m])"),
    good=on_panel("rate(requests_total[$__rate_interval])"),
)
def fixed_window(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard, of lines only: a number may be meant to be of its own window."""
    for board in corpus.boards:
        lines = [panel for panel in board.panels if panel.type in LINES]
        asked = [query for panel in lines for query in panel.queries if not query.instant]
        fixed = [query for query in asked if not _reads_records(query) and _has_fixed(query)]
        if fixed:
            message = f"{len(fixed)} of {len(asked)} queries that draw lines have a fixed window."
            yield Defect(board.location, message, fixed[0].text)


def _has_fixed(query: Query) -> bool:
    # A longer one says something of its own, such as the share of an hour.
    return any(not window.variable and window.seconds < _LONG_SECONDS for *_, window in calls(query, ("rate", "irate")))


def _reads_records(query: Query) -> bool:
    """Whether it also reads a recorded rate, whose window it must then have."""
    return any(_NAMED_A_RATE.match(series.name) for series in query.series)


@lint_rule(
    "rate-of-aggregate",
    Severity.ERROR,
    title="A rate of an aggregated counter, or of a rate",
    why="When one of the counters restarts, their sum falls. The rate takes that for a restart of all, and jumps.",
    fix="Take the rate first and aggregate then, as in sum(rate(x[5m])).",
    bad=on_panel("rate(sum(requests_total)[5m:])"),
    good=on_panel("sum(rate(requests_total[5m]))"),
)
def rate_of_aggregate(corpus: Corpus) -> Iterator[Defect]:
    """Of a subquery over an aggregation or rate, and of a series that records one."""
    for query in corpus.queries:
        for function, read, _ in calls(query, OF_COUNTERS):
            if isinstance(read, SubqueryNode) and (why := _falls(read.of)):
                yield in_query(query, f"{function} reads {why}.", function)
            elif isinstance(read, SeriesNode) and (why := _recorded_as(read.name, corpus)):
                yield in_query(query, f"{function} reads {read.name}, which records {why}.", read.name)


def _recorded_as(name: str, corpus: Corpus) -> str:
    rules = corpus.recorded.get(name)
    if rules is None:
        return "a rate, as its name says" if _NAMED_A_RATE.match(name) else ""
    return next(filter(None, (_falls(rule.query.tree) for rule in rules if rule.query.tree)), "")


def _falls(node: Node) -> str:
    """Why the values fall without a restart; empty where they need not."""
    if any(isinstance(each, CallNode) and each.name in OF_COUNTERS for each in walk(node)):
        return "a rate"
    return f"the {node.operator} of counters" if isinstance(node, AggregateNode) and node.operator in _ADDING else ""


RULES = (short_window, interval_window, fixed_window, rate_of_aggregate)
