"""Names of metrics that no newer version of their exporter has."""

import re
from collections.abc import Iterator
from dataclasses import replace

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.known_metrics import FormerMetric, former_metrics, known_series
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import SeriesNode

_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
_CHOSEN_BY = re.compile(r"\{(\w+)[=!]")
# The router of vLLM's production stack exposes gauges of old versions under their names, with this label.
_OF_A_ROUTER = re.compile(r"\bserver\b")
_OF_A_HISTOGRAM = ("_bucket", "_sum", "_count")


@lint_rule(
    "removed-metric",
    Severity.WARNING,
    title="A metric that is gone",
    why="Newer versions of its exporter do not have it: the panel is empty, and the alert never fires.",
    fix="Read what answers instead.",
    bad=on_panel("vllm:gpu_cache_usage_perc"),
    good=on_panel("vllm:kv_cache_usage_perc or vllm:gpu_cache_usage_perc"),
)
def removed_metric(corpus: Corpus) -> Iterator[Defect]:
    """Unless the same panel or rule also reads what answers instead, or a rule records the old name. One finding for each name and dashboard."""
    for board in corpus.boards:
        found: dict[str, list[tuple[FormerMetric, SeriesNode, Query]]] = {}
        for query, beside in _with_those_beside(board):
            for former, series in _gone(query, beside, corpus):
                found.setdefault(former.name, []).append((former, series, query))
        for each in found.values():
            more = f" {len(each)} queries of the dashboard read it." if len(each) > 1 else ""
            repairs = tuple(repair for gone in each for repair in _renamed(*gone))
            yield replace(_is_gone(*each[0], more), repairs=repairs)
    for rule in corpus.rules:
        asked = (rule.query, *rule.more_queries)
        yield from (_is_gone(*gone, query) for query in asked for gone in _gone(query, asked, corpus))


def _is_gone(former: FormerMetric, series: SeriesNode, query: Query, more: str = "") -> Defect:
    differs = f": {former.differs}" if _differs(former, series) else ""
    fix = (
        f"Read {former.replacement} instead{differs}." if former.replacement else "Nothing answers instead: remove it."
    )
    message = f"{former.name} is gone from version {former.removed_in} on.{more}"
    return in_query(query, message, series.name, fix, _renamed(former, series, query))


def _renamed(former: FormerMetric, series: SeriesNode, query: Query) -> tuple[Repair, ...]:
    """The repair where the same series has another name, and every number of the query means what it did."""
    new = former.replacement + series.name.removeprefix(former.name)
    known = _NAME.fullmatch(former.replacement) and new in known_series()
    same = not any(_differs(former, each) for each in query.series if each.name == series.name)
    return with_part(query, series.name, new) if known and same else ()


def _differs(former: FormerMetric, series: SeriesNode) -> bool:
    """Whether what answers instead differs in something that the selector depends on."""
    named = ((each.label, each.value) for each in series.matchers)
    chosen = any(label == its and text in value for label, value in named for its, text in former.differing_labels)
    return bool(former.differs) and (chosen or not former.differing_labels)


def _gone(query: Query, beside: tuple[Query, ...], corpus: Corpus) -> Iterator[tuple[FormerMetric, SeriesNode]]:
    """Each metric that it reads and that is gone, with one of its selectors."""
    gone = {
        former.name: (former, each)
        for each in corpus.scraped_series(query)
        if (former := former_metrics().get(each.name))
    }
    for former, series in gone.values():
        # Ours reads names of every version, and those that Triton still has.
        ours = corpus.own and series.name in known_series()
        if not ours and not _is_answered(former, beside) and not _is_of_a_router(series, query):
            yield former, series


def _is_of_a_router(series: SeriesNode, query: Query) -> bool:
    is_gauge = series.name.startswith("vllm") and not series.name.endswith(_OF_A_HISTOGRAM)
    return is_gauge and bool(_OF_A_ROUTER.search(query.text))


def _with_those_beside(board: Board) -> Iterator[tuple[Query, tuple[Query, ...]]]:
    """Every query of a dashboard, with all of its panel."""
    for panel in board.panels:
        yield from ((query, panel.queries) for query in panel.queries)
    asked = (*(each.query for each in board.variables), *(each.query for each in board.annotations))
    yield from ((query, (query,)) for query in asked if query is not None)


def _is_answered(former: FormerMetric, queries: tuple[Query, ...]) -> bool:
    """Whether one of the queries reads a name of the replacement, chosen by its label where it is chosen by one."""
    if label := _CHOSEN_BY.search(former.replacement):
        name = former.replacement.partition("{")[0]
        read_so = (each.matchers for query in queries for each in query.series if each.name == name)
        return any(each.label == label[1] for matchers in read_so for each in matchers)
    read = {series.name for query in queries for series in query.series}
    read |= {known.metric for name in read if (known := known_series().get(name))}
    return not read.isdisjoint(set(_NAME.findall(former.replacement)) - {former.name})


RULES = (removed_metric,)
