"""Matchers of labels that are not what they look like: patterns and texts in each other's place, and none where a name is everybody's."""

import re
from collections.abc import Iterable, Iterator

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Location, Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import of_alert
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import LabelMatcher

_FIRST_OF_A_PATTERN = re.compile(r"[.^$*+?()\[\]{}|\\]")
_ALL = (".*", "(.*)")
_FOR_PATTERNS = {"=": "=~", "!=": "!~"}
_FOR_TEXTS = {pattern: text for text, pattern in _FOR_PATTERNS.items()}
# Several names with bars between them, and a class of codes; other signs of a pattern may be part of a text.
_SEVERAL = re.compile(r"/?[\w.-]+(?:/[\w.-]+)*(?:\|/?[\w.-]+(?:/[\w.-]+)*)+|[1-5]\.\.|[1-5]\[0-9\]\[0-9\]|[\w-]+\.[*+]")
# Some servers name their routes by patterns.
_OF_ROUTES = frozenset({"handler", "path", "route", "uri", "url", "endpoint", "pattern", "resource", "query", "expr"})
# What client libraries and Prometheus itself give to every target.
_OF_ALL_TARGETS = re.compile(
    r"up|scrape_\w+|process_\w+|go_\w+|python_\w+|http_requests_total|http_request_duration_seconds\w*"
)
_SAY_WHICH = frozenset(
    {"job", "instance", "namespace", "pod", "service", "app", "container", "deployment", "host", "node", "cluster"}
)


@lint_rule(
    "equals-pattern",
    Severity.WARNING,
    title="A pattern behind an equals sign",
    why="Behind `=`, Prometheus looks for that text itself, and no label has it: the query is empty, and an alert never fires.",
    fix="Write =~ instead of =, or !~ instead of !=.",
    bad=as_alert('sum(rate(requests_total{code="5.."}[5m])) > 1'),
    good=as_alert('sum(rate(requests_total{code=~"5.."}[5m])) > 1'),
)
def equals_pattern(corpus: Corpus) -> Iterator[Defect]:
    """Of several names with bars between them, of classes of codes, and of a name with `.*` behind it, unless the label is one of routes."""
    for query, each in _matchers(corpus.queries):
        if each.operator in ("=", "!=") and _SEVERAL.fullmatch(each.value) and not _may_be_a_route(each):
            message = f"{each.label}{each.operator}{each.value!r} compares with that text, which looks like a pattern."
            written = _written(each)
            pattern = written.replace(each.operator, _FOR_PATTERNS[each.operator], 1)
            yield in_query(query, message, written, repairs=with_part(query, written, pattern))


def _may_be_a_route(matcher: LabelMatcher) -> bool:
    return matcher.label in _OF_ROUTES and "|" not in matcher.value


@lint_rule(
    "needless-pattern",
    Severity.INFO,
    title="A pattern that is a plain text, or that matches everything",
    why="A plain text is found faster by `=`, and says that one value is meant; `.*` matches series without the label too, so that it chooses nothing.",
    fix="Write = instead of =~ for a text, and leave out what matches everything.",
    bad=on_panel('rate(requests_total{job=~"api"}[5m])'),
    good=on_panel('rate(requests_total{job="api"}[5m])'),
)
def needless_pattern(corpus: Corpus) -> Iterator[Defect]:
    """One finding for each dashboard and each group of rules."""
    boards = [(board.location, board.queries) for board in corpus.boards]
    groups = [(group.location, [rule.query for rule in group.rules]) for group in corpus.groups]
    for location, queries in (*boards, *groups):
        yield from _needless(location, queries)


def _needless(location: Location, queries: Iterable[Query]) -> Iterator[Defect]:
    found = [(query, each) for query, each in _matchers(queries) if _is_needless(each)]
    if found:
        some = "1 matcher is" if len(found) == 1 else f"{len(found)} matchers are"
        repairs = tuple(repair for query, each in found for repair in _as_text(query, each))
        yield Defect(location, f"{some} a needless pattern, such as {_written(found[0][1])}.", repairs=repairs)


def _is_needless(matcher: LabelMatcher) -> bool:
    if matcher.operator not in ("=~", "!~") or not matcher.value:
        return False
    is_all = matcher.operator == "=~" and matcher.value in _ALL
    return is_all or not _FIRST_OF_A_PATTERN.search(_without_ends(matcher.value))


def _without_ends(pattern: str) -> str:
    """The pattern without the signs of its two ends, which Prometheus adds itself."""
    return pattern.removeprefix("^").removesuffix("$")


def _as_text(query: Query, matcher: LabelMatcher) -> tuple[Repair, ...]:
    written = _written(matcher)
    text = f'{matcher.label}{_FOR_TEXTS[matcher.operator]}"{_without_ends(matcher.value)}"'
    return with_part(query, written, text) if matcher.value not in _ALL else ()


@lint_rule(
    "shared-name",
    Severity.INFO,
    title="An alert on a name that every server has, of all of them",
    why="Every program exposes `up`, `process_...` and `http_requests_total`: without a label the alert adds up, or judges, the servers of all teams.",
    fix="Choose by a label, such as job, or name the job or instance in the text.",
    bad=as_alert("sum(rate(http_requests_total[5m])) < 1"),
    good=as_alert('sum(rate(http_requests_total{job="api"}[5m])) < 1'),
)
def shared_name(corpus: Corpus) -> Iterator[Defect]:
    """Where no selector has a matcher and no text says which server it is; one finding for each group."""
    for group in corpus.groups:
        found = [rule for rule in group.rules if rule.is_alert and rule.name and _is_of_all(rule.query)]
        found = [rule for rule in found if _SAY_WHICH.isdisjoint(of_alert(" ".join(rule.annotations.values())))]
        if found:
            read = found[0].query.series[0].name
            more = f" So do {len(found) - 1} more of the group." if len(found) > 1 else ""
            yield in_query(found[0].query, f"{found[0].name} reads {read} of every server.{more}", read)


def _is_of_all(query: Query) -> bool:
    return bool(query.series) and all(
        not each.matchers and not each.either and _OF_ALL_TARGETS.fullmatch(each.name) for each in query.series
    )


def _matchers(queries: Iterable[Query]) -> Iterator[tuple[Query, LabelMatcher]]:
    """Those that no variable has a part in."""
    for query in queries:
        yield from (
            (query, each) for series in query.series for each in series.matchers if not is_of_a_variable(each.value)
        )


def _written(matcher: LabelMatcher) -> str:
    return f'{matcher.label}{matcher.operator}"{matcher.value}"'


RULES = (equals_pattern, needless_pattern, shared_name)
