"""Texts that name labels which the query drops."""

from collections.abc import Iterable, Iterator
from itertools import chain, filterfalse

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.known_metrics import known_series
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.series_labels import LABELS_OF_ALL_SERIES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.subjects.judged_boards import BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import lacks_a_brace, of_alert, of_field, of_legend
from glassbox.syntax.result_labels import NAME, LabelSet
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode

_FIX_OF_SERIES = "Print $value, or ask for the series: {{ with query `x` }}{{ . | first | value }}{{ end }}."
_FIX_OF_CLASSIC = "Compare with the expressions Reduce and Threshold, which keep the labels."
# Grafana writes it into a custom legend (PromQueryLegendEditor.tsx).
_TO_BE_FILLED_IN = "label_name"
# The Operator gives them to the series of its targets.
_OF_KUBERNETES = {"namespace", "pod", "container", "service", "endpoint", "node"}
_FIX = "Keep the label in the query (by, without, group_left), or take it out of the text."


@lint_rule(
    "dropped-label",
    Severity.WARNING,
    title="A text names a label that the query drops",
    why="Its place stays empty: lines cannot be told apart, and an alert does not say which server it is about.",
    fix=_FIX,
    bad=on_panel("sum by (model_name) (vllm:num_requests_waiting)", "{{instance}}"),
    good=on_panel("sum by (instance) (vllm:num_requests_waiting)", "{{instance}}"),
)
def dropped_label(corpus: Corpus) -> Iterator[Defect]:
    """Legends, annotations, links and alerts' templates, those of Grafana with a classic condition too; in these also the name of a series that is printed as if it were a label."""
    for panel in corpus.panels:
        yield from _of_legends(panel, corpus)
        yield from _of_fields(panel, corpus)
    for board in corpus.boards:
        for note in board.annotations:
            if note.query is not None:
                yield from _of_template(note.query, note.templates, corpus)
    for alert in corpus.alerts:
        yield from _of_alert(alert, corpus)


def _of_legends(panel: BoardPanel, corpus: Corpus) -> Iterator[Defect]:
    for query in panel.queries:
        if not query.hidden and query.format != "table" and not lacks_a_brace(query.legend):
            named = of_legend(query.legend)
            dropped = dict(_dropped(query, named, corpus))
            for label, kept in dropped.items():
                yield in_query(query, f"The legend names {label!r}, which no result has: {_kept(query, kept)}.")
            to_be_filled_in = _TO_BE_FILLED_IN in named and _TO_BE_FILLED_IN not in dropped
            if to_be_filled_in and _TO_BE_FILLED_IN not in _labels_named(query):
                message = f"The legend names {_TO_BE_FILLED_IN!r}, as Grafana writes it for a label to be filled in."
                yield in_query(query, message, fix="Name a label of the result, or take it out of the legend.")


def _of_template(query: Query, templates: Iterable[str], corpus: Corpus) -> Iterator[Defect]:
    named = dict.fromkeys(label for template in templates for label in of_legend(template))
    for label, kept in _dropped(query, named, corpus):
        yield in_query(query, f"The annotation's text names {label!r}, which no result has: {_kept(query, kept)}.")


def _of_fields(panel: BoardPanel, corpus: Corpus) -> Iterator[Defect]:
    """A link is offered on every line of the panel, so that one that has the label is enough."""
    asked = [query for query in panel.queries if not query.hidden]
    if not asked or not all(query.tree for query in asked):
        return
    for place, text in panel.label_texts:
        for label in of_field(text):
            if all(list(_dropped(query, (label,), corpus)) for query in asked):
                yield Defect(panel.location, f"{place} names the label {label!r}, which no query of the panel has.")


def _of_alert(alert: GroupedRule, corpus: Corpus) -> Iterator[Defect]:
    known = {"alertname", "grafana_folder", *alert.labels} if alert.is_grafana else set[str]()
    texts = {f"annotation {name!r}": text for name, text in alert.annotations.items()}
    texts |= {f"label {name!r}": text for name, text in alert.labels.items()}
    read = {series.name for series in alert.query.series} - _labels_named(alert.query)

    def is_a_series(label: str) -> bool:
        return label in read or label in known_series()

    for place, text in texts.items():
        named = [label for label in of_alert(text) if label not in known]
        for label in filter(is_a_series, named):
            message = f"The {place} prints {label!r} as a label, and it is the name of a series."
            yield in_query(alert.query, message, label, _FIX_OF_SERIES)
        if alert.loses_labels:
            message = f"The {place} prints the label {{!r}}, and the result of a classic condition has none."
            yield from (in_query(alert.query, message.format(label), fix=_FIX_OF_CLASSIC) for label in named)
            continue
        dropped = dict(_dropped(alert.query, filterfalse(is_a_series, named), corpus))
        for label in named:
            if label in dropped or _is_filled_in(label, alert):
                why = _of_the_rule(label, alert) or f"which no result has: {_kept(alert.query, dropped[label])}"
                yield in_query(alert.query, f"The {place} prints the label {label!r}, {why}.")


def _labels_named(query: Query) -> set[str]:
    """The labels that the query groups, joins or chooses by."""
    grouped = (node.labels or () for node in query.nodes if isinstance(node, AggregateNode | BinaryNode))
    chosen = ((each.label for each in series.matchers) for series in query.series)
    return set(chain.from_iterable((*grouped, *chosen)))


def _is_filled_in(label: str, alert: GroupedRule) -> bool:
    """Whether the rule makes the label from others, so that no exporter has it."""
    made = "{{" in alert.labels.get(label, "") and label not in of_alert(alert.labels[label])
    there = _OF_KUBERNETES | LABELS_OF_ALL_SERIES | _labels_named(alert.query)
    return made and not alert.is_grafana and label not in there


def _of_the_rule(label: str, alert: GroupedRule) -> str:
    """Why a label that the alert will have is not there yet."""
    added = label in alert.labels or label == "alertname"
    return "which Prometheus adds after it has filled in the texts" if added else ""


def _dropped(query: Query, labels: Iterable[str], corpus: Corpus) -> Iterator[tuple[str, LabelSet]]:
    """The labels that no result of the query can have, each with those that one can."""
    if query.tree is None:
        return
    possible = corpus.labels_of(query.tree).possible
    yield from ((label, possible) for label in labels if label not in possible)


def _kept(query: Query, possible: LabelSet) -> str:
    """What is there instead, in words."""
    if possible.all_but:
        removes = any(isinstance(node, AggregateNode | CallNode | BinaryNode) for node in query.nodes)
        return "the query removes it" if removes else "its series have none"
    names = sorted(possible.names - {NAME})
    return f"the query keeps {', '.join(names)}" if names else "the query keeps no label"


RULES = (dropped_label,)
