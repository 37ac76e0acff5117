"""By which labels a dashboard itself tells the series of a metric apart, which proves that there are several of it."""

import re
from collections.abc import Iterator, Mapping

from glassbox.lint.series_labels import LABELS_OF_PLACES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.judged_boards import Board
from glassbox.lint.subjects.queries import Query
from glassbox.lint.templates import of_legend
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import AggregateNode, SeriesNode, series_of

# Labels of what there are several of wherever the label is: a program may have one server, one model, one card, but hardly one status.
_OF_SEVERAL = frozenset(
    {
        *("method", "http_method", "grpc_method", "verb", "handler", "path", "route", "uri"),
        *("status", "status_code", "http_status", "code", "http_code", "response_code", "grpc_code"),
        *("command", "cmd", "operation", "result", "outcome", "reason", "level", "severity"),
        *("state", "phase", "mode", "direction", "quantile"),
    }
)
SERVERS = frozenset({"instance", "pod", "node", "host", "hostname", "server"})
"""Labels that say which server a series is of."""
# A ServiceMonitor gives each series the name of the port that was scraped as its `endpoint`, unless it has one of its own.
_WITH_ENDPOINTS = re.compile(r"(?:^|_)(?:http|rest|api)_")
# Client libraries give method, status or path to what they measure of each request: prometheus-fastapi-instrumentator
# src/prometheus_fastapi_instrumentator/metrics.py, express-prom-bundle src/index.js, Micrometer, the semantic conventions of
# OpenTelemetry, go-grpc-middleware providers/prometheus.
_OF_REQUESTS = re.compile(
    r"(?:\w+_)?http_(?:server_|client_)?requests?_(?:duration_)?(?:milli)?seconds_bucket|grpc_(?:server|client)_handling_seconds_bucket"
)

Told = Mapping[str, frozenset[str]]
"""By the metric, without the ending of a part of a histogram: the labels of which it has several values."""


def told_apart(board: Board, corpus: Corpus) -> Told:
    """What the queries and legends of a dashboard tell apart, without labels that an exporter is known not to give."""
    found: dict[str, set[str]] = {}
    values: dict[tuple[str, str], set[str]] = {}
    for query in board.queries:
        for series, label in _named(query):
            if _may_have(series, label, corpus):
                found.setdefault(_metric(series.name), set()).add(label)
        for series, label, value in _chosen(query):
            values.setdefault((_metric(series.name), label), set()).add(value)
    for (name, label), several in values.items():
        if len(several) > 1:
            found.setdefault(name, set()).add(label)
    return {name: frozenset(labels) for name, labels in found.items()}


def has_several(series: SeriesNode, told: Told) -> bool:
    """Whether it has a series for each value of a label that it chooses none of."""
    chosen = {each.label for each in series.matchers}
    if _OF_REQUESTS.fullmatch(series.name) and chosen <= LABELS_OF_PLACES | {"le"}:
        return True
    return not told.get(_metric(series.name), frozenset()) - SERVERS <= chosen


def has_servers(series: SeriesNode, told: Told) -> bool:
    """Whether the servers that have it are told apart elsewhere, and it chooses none of them."""
    chosen = {each.label for each in series.matchers}
    return not SERVERS.isdisjoint(told.get(_metric(series.name), ())) and SERVERS.isdisjoint(chosen)


def _named(query: Query) -> Iterator[tuple[SeriesNode, str]]:
    """What it reads, with each label that its legend names, or an aggregation of it keeps."""
    aggregations = (node for node in query.nodes if isinstance(node, AggregateNode) and not node.without)
    kept = [(node.labels or (), series_of(node.of)) for node in aggregations]
    for labels, read in (*kept, (of_legend(query.legend), query.series)):
        for series in filter(_is_named, read):
            yield from ((series, label) for label in labels if _is_of_several(label, series))


def _is_of_several(label: str, series: SeriesNode) -> bool:
    endpoint = label == "endpoint" and bool(_WITH_ENDPOINTS.search(series.name))
    return endpoint or label in _OF_SEVERAL or label in SERVERS


def _chosen(query: Query) -> Iterator[tuple[SeriesNode, str, str]]:
    """What it reads, with each label and value that it chooses and that is not one of a place."""
    for series in filter(_is_named, query.series):
        for each in series.matchers:
            named = each.operator == "=" and each.value and not is_of_a_variable(each.value)
            if named and each.label not in LABELS_OF_PLACES | {"le", "endpoint"}:
                yield series, each.label, each.value


def _is_named(series: SeriesNode) -> bool:
    return bool(series.name) and not is_of_a_variable(series.name)


def _may_have(series: SeriesNode, label: str, corpus: Corpus) -> bool:
    known = corpus.known_series(series.name)
    return known is None or known.labels is None or label in known.labels


def _metric(name: str) -> str:
    ending = name.rpartition("_")[2]
    return name.removesuffix(f"_{ending}") if ending in ("bucket", "sum", "count") else name
