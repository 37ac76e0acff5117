"""Titles of panels that name quantiles."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.misleading_numbers import QUANTILES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.tree import AggregateNode, CallNode, Node, NumberNode, SeriesNode

_NAMED = re.compile(
    r"(?<![\w.–-])[pP](50|75|80|9\d(?:\.\d+)?|999)(?![\w.]|\s*[–-]\s*[pP]?\d)|(?<![\w.])(\d{2}(?:\.\d+)?)(?:th|st|nd|rd)? percentile"
)
_BY_VARIABLE = re.compile(r"quantile\w*\s*\(\s*[$\[]")
# What a metric or a recorded series is called that is a quantile already.
_IN_NAMES = re.compile(r"(?:^|[_:])(?:p?\d{2,3}|quantile|percentile|median)(?:[_:]|$)", re.IGNORECASE)


@lint_rule(
    "quantile-not-asked",
    Severity.WARNING,
    title="A quantile that the title names, and no query asks for",
    why="Whoever reads the title takes the median for the slowest requests, or misses the line that it promises.",
    fix="Ask for the quantile, or name in the title those that are there.",
    bad=on_panel("histogram_quantile(0.5, sum by (le) (rate(a_bucket[5m])))", panel={"title": "Latency p50/p95"}),
    good=on_panel("histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))", panel={"title": "Latency p95"}),
)
def quantile_not_asked(corpus: Corpus) -> Iterator[Defect]:
    """Of panels that ask for quantiles by number, and for nothing that may be one by its name."""
    for panel in corpus.panels:
        named = {_ratio(number or words) for number, words in _NAMED.findall(panel.title)}
        asked = _asked(panel) if named else None
        if asked and (missing := sorted(named - asked)):
            shown = " and ".join(f"P{each * 100:g}" for each in missing)
            yield in_query(panel.queries[0], f"The title names {shown}, and no query asks for it.")


def _ratio(percent: str) -> float:
    return 0.999 if percent == "999" else round(float(percent) / 100, 6)


def _asked(panel: BoardPanel) -> set[float] | None:
    """The quantiles that its queries ask for; None where one may be another."""
    found = set[float]()
    for asked in (each for query in panel.queries for each in _asked_by(query)):
        if asked is None:
            return None
        found.add(asked)
    return found


def _asked_by(query: Query) -> Iterator[float | None]:
    """Those that a query asks for; None is one that is not known."""
    named = any(_IN_NAMES.search(series.name) or series.either for series in query.series)
    if query.tree is None or named or _BY_VARIABLE.search(query.text):
        yield None
    for node in query.nodes:
        yield from _quantiles(node)


def _quantiles(node: Node) -> Iterator[float | None]:
    """That which a part of a query asks for; None is one that is not known."""
    match node:
        case CallNode(name=name, arguments=(asked, *_)) if name in QUANTILES or name == "quantile_over_time":
            yield _number(asked)
        case AggregateNode(operator="quantile", parameter=asked):
            yield _number(asked)
        case SeriesNode(matchers=matchers):
            yield from (_chosen(each.operator, each.value) for each in matchers if each.label == "quantile")


def _number(asked: Node | None) -> float | None:
    return round(asked.value, 6) if isinstance(asked, NumberNode) else None


def _chosen(operator: str, value: str) -> float | None:
    return round(float(value), 6) if operator == "=" and re.fullmatch(r"[01](\.\d+)?", value) else None


RULES = (quantile_not_asked,)
