"""Names of metrics and labels that no exporter has, or none any more."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import HISTOGRAM, ExposedSeries, FormerMetric, former_metrics, known_series
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects import Corpus, Query
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import SeriesNode

# Names of one exporter are as like as this, so that only a slip of the pen is nearer.
_LIKE = 0.92
_LABELS_LIKE = 0.85
# Exporters all of whose metrics are known: others have more than are listed.
_COMPLETE = ("vllm:",)
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
# The router of vLLM's production stack exposes names of old versions, with this label.
_OF_A_ROUTER = re.compile(r"\bserver\b")


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
    """Unless the same panel or rule also reads what answers instead, or a rule records the old name."""
    for query, beside in _with_those_beside(corpus):
        gone = {
            former.name: (former, each)
            for each in _of_exporters(query, corpus)
            if (former := former_metrics().get(each.name))
        }
        for former, series in gone.values():
            # Ours reads names of every version, and those that Triton still has.
            ours = corpus.own and series.name in known_series()
            if not ours and not _is_answered(former, beside) and not _OF_A_ROUTER.search(query.text):
                instead = former.replacement
                fix = f"Read {instead} instead." if instead else "Nothing answers instead: remove it."
                yield in_query(query, f"{former.name} is gone from version {former.removed_in} on.", series.name, fix)


def _with_those_beside(corpus: Corpus) -> Iterator[tuple[Query, tuple[Query, ...]]]:
    """Every query, with all of its panel or rule."""
    for panel in corpus.panels:
        yield from ((query, panel.queries) for query in panel.queries)
    for board in corpus.boards:
        yield from (
            (each, (each,)) for each in board.queries if not any(each in panel.queries for panel in board.panels)
        )
    for rule in corpus.rules:
        asked = (rule.query, *rule.more_queries)
        yield from ((query, asked) for query in asked)


def _is_answered(former: FormerMetric, queries: tuple[Query, ...]) -> bool:
    """Whether one of the queries reads a name of the replacement."""
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
    """Of exporters that are known. Functions of native histograms read the bare name."""
    for query in corpus.queries:
        for series in _of_exporters(query, corpus):
            if series.name not in former_metrics() and (there := _there_instead(series.name)):
                fix = f"Read {there}."
                yield in_query(query, f"There are no series {series.name}.", series.name, fix)


def _there_instead(name: str) -> str:
    known = known_series().get(name)
    if known is None:
        return f"{name}_total" if f"{name}_total" in known_series() else ""
    # Prometheus may store any histogram as a native one, under its bare name; client libraries of Python never expose one.
    bare = known.type == HISTOGRAM and name.startswith(_COMPLETE)
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
    """Only where all metrics of the exporter are known, and one of them has nearly this name."""
    for query in corpus.queries:
        for series in _of_exporters(query, corpus):
            if near := _near(series.name):
                message = f"No version has {series.name}; {near} is nearest."
                yield in_query(query, message, series.name, f"Read {near}, or correct the name.")


def _near(name: str) -> str:
    known = name in known_series() or name in former_metrics() or bool(_there_instead(name))
    if known or not name.startswith(_COMPLETE):
        return ""
    return next(iter(get_close_matches(name, known_series(), n=1, cutoff=_LIKE)), "")


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
