"""What cAdvisor reports of containers, and also of all that holds them."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import on_panel
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.series_labels import LABELS_OF_ALL_SERIES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.queries import Query
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, CallNode, Node, SeriesNode, is_scalar

# What each control group has, those of a pod and of the host as well as those of containers (docs/storage/prometheus.md of cAdvisor).
_OF_CGROUPS = re.compile(
    r"container_(cpu_(usage|user|system)_seconds_total|memory_(working_set_bytes|usage_bytes|rss|cache))"
)
# By one of these somebody chooses containers, or keeps them apart.
_OF_CONTAINERS = frozenset({"container", "container_name", "image", "name", "id", "rkt_container_name"})
_OF_KUBERNETES = frozenset({"pod", "pod_name", "namespace"})
_DONE = {"sum": "added to", "avg": "averaged with"}


@lint_rule(
    "counted-twice",
    Severity.WARNING,
    title="Containers that are counted with all that holds them",
    why="Beside those of containers, cAdvisor reports the control groups of their pod and of the host: a sum over a pod is twice what it uses, "
    "and an alert fires for the whole host as if it were a container.",
    fix='Choose the containers, as with container!="" in Kubernetes and name!="" in Docker.',
    bad=on_panel("sum by (pod) (rate(container_cpu_usage_seconds_total[5m]))"),
    good=on_panel('sum by (pod) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))'),
)
def counted_twice(corpus: Corpus) -> Iterator[Defect]:
    """Sums and averages of Kubernetes, and alerts that choose no container, of CPU and memory; what no aggregation adds up has lines of its own."""
    reading = dict.fromkeys(
        query for name, read in corpus.series_read.items() if _OF_CGROUPS.fullmatch(name) for query in read
    )
    for query in reading:
        for node in (each for each in query.nodes if isinstance(each, AggregateNode) and each.operator in _DONE):
            is_right = node.operator == "avg" and _is_a_share(query)
            if not is_right and (series := _whole(node.of)) and _adds_up_pods(node, series):
                message = f"{series.name} of a pod is {_DONE[node.operator]} that of its containers."
                yield in_query(query, message, series.name)
    for alert in corpus.alerts:
        tree = alert.query.tree
        compared = _whole(tree.left) if isinstance(tree, BinaryNode) and tree.operator in COMPARISONS else None
        labels = {each.label for each in compared.matchers} if compared else set[str]()
        if compared and labels <= LABELS_OF_ALL_SERIES:
            yield in_query(alert.query, f"{alert.name} also judges pods and the whole host.", compared.name)
        elif compared and labels & _OF_KUBERNETES and isinstance(tree, BinaryNode) and is_scalar(tree.right):
            message = f"{alert.name} judges each pod beside its containers, so that it fires twice for one of them."
            yield in_query(alert.query, message, compared.name)


def _whole(node: Node) -> SeriesNode | None:
    """The selector of which this is the value or the rate, or that changed by a number, if it chooses no container."""
    while True:
        if isinstance(node, BinaryNode) and is_scalar(node.right) and node.operator not in COMPARISONS:
            node = node.left
        elif isinstance(node, CallNode) and node.name in (
            "rate",
            "irate",
            "increase",
            "avg_over_time",
            "max_over_time",
        ):
            node = node.arguments[0]
        else:
            break
    if not isinstance(node, SeriesNode) or not _OF_CGROUPS.fullmatch(node.name) or node.either:
        return None
    chosen = any(each.label in _OF_CONTAINERS for each in node.matchers)
    return None if chosen else node


def _is_a_share(query: Query) -> bool:
    """Whether it divides by series, of which the averages are wrong in the same way."""
    return any(
        isinstance(each, BinaryNode) and each.operator == "/" and not is_scalar(each.right) for each in query.nodes
    )


def _adds_up_pods(node: AggregateNode, series: SeriesNode) -> bool:
    """Whether it is of Kubernetes, as its labels say, and its result is not apart by containers."""
    labels = frozenset(node.labels or ())
    if node.without or labels & _OF_CONTAINERS or any(map(is_of_a_variable, labels)):
        return False
    return bool(_OF_KUBERNETES & (labels | {each.label for each in series.matchers}))


RULES = (counted_twice,)
