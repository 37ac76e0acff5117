"""Names of metrics and labels that no exporter has, or none any more."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Repair, Severity
from glassbox.lint.fixing.query_repairs import with_part
from glassbox.lint.known_metrics import (
    HISTOGRAM,
    ExposedSeries,
    FormerMetric,
    dcgm_fields,
    first_word,
    former_metrics,
    known_series,
)
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import SeriesNode

# Names of one exporter are as like as this, so that only a slip of the pen is nearer.
_LIKE = 0.92
_LABELS_LIKE = 0.85
_WHO = {True: "The exposition has no", False: "No version has"}
# Client libraries give these to the metrics of every program.
_OF_ANY_EXPORTER = frozenset({"go", "process", "python", "http", "promhttp", "jvm", "up", "scrape", "target"})
# Exporters all of whose metrics are known: others have more than are listed. vLLM-Omni is another server, with the same prefix.
_COMPLETE = re.compile(r"vllm:(?!omni_)[^:]+|DCGM_FI_(?:DEV|PROF)_[A-Z0-9_]+")
# Hardly anybody records a series under such a name, which is how client libraries end theirs.
_CERTAIN = re.compile(r"vllm:(?!omni_)[^:]+_(?:total|bucket|sum|count|counter)|DCGM_FI_(?:DEV|PROF)_[A-Z0-9_]+")
_ENDING = re.compile(r"_(?:total|bucket|sum|count)$")
# Nearly all of whose metrics are known, so that a slip of the pen is likelier than one more.
_NEARLY_COMPLETE = ("kube_",)
# Others have the same words in another order: older client libraries for Java, own queries of postgres_exporter, and programs named after an engine.
_OF_OTHERS_TOO = ("jvm_", "pg_", "ray_", "vllm_", "sglang_", "llamacpp_")
# What is often read of vLLM and was never there: it counts requests that fail by the reason for which they end.
_OF_FAILURES = re.compile(r"vllm:(?:num_)?requests?_(?:fail(?:ures?|ed)|errors?)(?:_total)?")
_FIX_OF_FAILURES = 'Read vllm:request_success_total{finished_reason="error"}, which counts them from version 0.13 on.'
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
_CHOSEN_BY = re.compile(r"\{(\w+)[=!]")
# Their client library writes the endings, so that no version had the bare names.
_OF_PYTHON = ("vllm:", "sglang:", "trtllm_", "litellm_")
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
        for each in _of_exporters(query, corpus)
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


def _of_exporters(query: Query, corpus: Corpus) -> Iterator[SeriesNode]:
    """The selectors of series that no rule records and no variable names, each name once."""
    named = {each.name: each for each in query.series if each.name and not is_of_a_variable(each.name)}
    yield from (each for name, each in named.items() if name not in corpus.recorded)


@lint_rule(
    "missing-suffix",
    Severity.ERROR,
    title="The name of a metric without that of its series",
    why="A counter is stored under a name that ends in _total, a histogram under three: _bucket, _sum and _count. "
    "Under the bare name there is nothing, so that the panel is empty and the alert never fires.",
    fix="Read the series that are there.",
    bad=as_alert("rate(vllm:num_preemptions[5m]) > 1"),
    good=as_alert("rate(vllm:num_preemptions_total[5m]) > 1"),
)
def missing_suffix(corpus: Corpus) -> Iterator[Defect]:
    """Of exporters whose client library writes the endings, and of those whose exposition was given."""
    for query in corpus.queries:
        for series in _of_exporters(query, corpus):
            if series.name not in former_metrics() and (there := _there_instead(series.name, corpus)):
                fix = f"Read {there}."
                repairs = with_part(query, series.name, there) if _NAME.fullmatch(there) else ()
                yield in_query(query, f"There are no series {series.name}.", series.name, fix, repairs)


def _there_instead(name: str, corpus: Corpus) -> str:
    known = corpus.series_there.get(name)
    if known is None:
        certain = name.startswith(_OF_PYTHON) or f"{name}_total" in corpus.exposed
        return f"{name}_total" if certain and f"{name}_total" in corpus.series_there else ""
    # Prometheus may store any histogram as a native one, under its bare name; client libraries of Python never expose one.
    bare = known.type == HISTOGRAM and name.startswith(_OF_PYTHON)
    return f"{name}_bucket, {name}_sum or {name}_count" if bare else ""


@lint_rule(
    "unknown-metric",
    Severity.WARNING,
    title="A metric that its exporter does not have",
    why="A slip of the pen in a name is an empty panel, or an alert that never fires.",
    fix="Correct the name.",
    bad=on_panel("vllm:num_request_waiting"),
    good=on_panel("vllm:num_requests_waiting"),
)
def unknown_metric(corpus: Corpus) -> Iterator[Defect]:
    """Where all metrics of the exporter are known, if the name is nearly one of them or ends as exporters' names do; where it has the words of a known one in another order; and of exporters whose exposition was given."""
    prefixes = {prefix for name in corpus.exposed if (prefix := first_word(name)) not in _OF_ANY_EXPORTER}
    for query in corpus.queries:
        for series in _of_exporters(query, corpus):
            if not _is_known(series.name, corpus):
                yield from _unknown(query, series.name, corpus, exposed=first_word(series.name) in prefixes)


def _is_known(name: str, corpus: Corpus) -> bool:
    """Whether it is there, or another rule reports it."""
    there = name in corpus.series_there or name in former_metrics() or name in dcgm_fields()
    return there or bool(_there_instead(name, corpus))


def _unknown(query: Query, name: str, corpus: Corpus, *, exposed: bool) -> Iterator[Defect]:
    of_failures = _OF_FAILURES.fullmatch(name)
    certain = exposed or of_failures or _CERTAIN.fullmatch(name)
    listed = certain or _COMPLETE.fullmatch(name) or name.startswith(_NEARLY_COMPLETE)
    near = (_near(name, corpus) if listed else "") or _same_words(name)
    if near or certain:
        nearest = f"; {near} is nearest" if near and not of_failures else ""
        fix = _FIX_OF_FAILURES if of_failures else f"Read {near}, or correct the name." if near else ""
        yield in_query(query, f"{_WHO[exposed]} {name}{nearest}.", name, fix)


def _near(name: str, corpus: Corpus) -> str:
    """The metric of the same exporter that has nearly this name, or what answers instead of it; "" where none has."""
    without_ending = _ENDING.sub("", name)
    if without_ending in corpus.series_there:
        return without_ending
    exporter = name[: len(first_word(name)) + 1]
    names = (*corpus.series_there, *former_metrics(), *dcgm_fields())
    same = [each for each in names if each.startswith(exporter)]
    found = next(iter(get_close_matches(name, same, n=1, cutoff=_LIKE)), "")
    former = former_metrics().get(found)
    return former.replacement if former and found not in corpus.series_there else found


@cache
def _same_words(name: str) -> str:
    """A known name of the same exporter that has the same letters, as its words in another order; empty where there is none."""
    if name.startswith(_OF_OTHERS_TOO):
        return ""
    alike = (each for each in _names_by_length().get(_length(name), ()) if first_word(each) == first_word(name))
    return next((each for each in alike if _letters(each) == _letters(name)), "")


@cache
def _names_by_length() -> Mapping[int, tuple[str, ...]]:
    """The known names of series, by how many letters they have."""
    found: dict[int, list[str]] = {}
    for name in known_series():
        found.setdefault(_length(name), []).append(name)
    return {length: tuple(names) for length, names in found.items()}


def _length(name: str) -> int:
    return len(name) - name.count("_")


def _letters(name: str) -> list[str]:
    return sorted(name.replace("_", ""))


@lint_rule(
    "unknown-label",
    Severity.WARNING,
    title="A label that its metric does not have",
    why="A selector by a label that is not there finds nothing.",
    fix="Correct the label.",
    bad=on_panel('rate(vllm:request_success_total{finish_reason="length"}[5m])'),
    good=on_panel('rate(vllm:request_success_total{finished_reason="length"}[5m])'),
)
def unknown_label(corpus: Corpus) -> Iterator[Defect]:
    """Only where the metric has one of nearly the same name: any other may have been added when it was scraped."""
    for query in corpus.queries:
        for series in query.series:
            known = corpus.known_series(series.name)
            for each in series.matchers if known and not series.either else ():
                if near := _near_label(each.label, known):
                    yield in_query(query, f"{series.name} has no label {each.label!r}, but {near!r}.", each.label)


def _near_label(label: str, known: ExposedSeries | None) -> str:
    if known is None or known.labels is None or label in known.labels:
        return ""
    return next(iter(get_close_matches(label, known.labels, n=1, cutoff=_LABELS_LIKE)), "")


RULES = (removed_metric, missing_suffix, unknown_metric, unknown_label)
