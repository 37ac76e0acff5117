"""What is known of the labels of series: of recorded ones what their rules say, of scraped ones what Prometheus adds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

from glassbox.lint.known_metrics import known_series
from glassbox.metrics import CATALOGUE
from glassbox.syntax.result_labels import NAME, ResultLabels, either, labels_by_parts, selected
from glassbox.syntax.tree import Node, SeriesNode

# Prometheus, or what gathers the series of several, may add these to everything (`external_labels`, replica labels).
EXTERNAL_LABELS = (
    *(
        "cluster",
        "cluster_id",
        "cluster_name",
        "datacenter",
        "dc",
        "env",
        "environment",
        "prometheus",
        "prometheus_replica",
    ),
    *("receive", "receive_replica", "region", "replica", "site", "stage", "tenant", "tenant_id", "zone", "__replica__"),
)
# Prometheus adds them to all that it scrapes.
_OF_TARGETS = frozenset({"job", "instance"})
LABELS_OF_ALL_SERIES = _OF_TARGETS | frozenset(EXTERNAL_LABELS)
"""Labels that say where series were scraped, and by whom, rather than what they are of."""
LABELS_OF_PLACES = LABELS_OF_ALL_SERIES | {
    *("namespace", "service", "pod", "node", "host", "hostname", "server", "container", "app", "application"),
}
"""These, and others that say where something runs."""
# Of node_exporter (its collector/fixtures/e2e-output.txt): a file system's labels are on nothing else, and these have none but a target's.
_OF_FILE_SYSTEMS = ("mountpoint", "fstype")
_OF_PARTS = (*_OF_FILE_SYSTEMS, "device", "mode", "cpu")
_OF_THE_WHOLE_HOST = ("node_memory_Mem", "node_load", "node_netstat_", "node_vmstat_", "node_procs_", "node_filefd_")
_SHARED = frozenset(part.name for metrics in CATALOGUE.values() for metric in metrics for part in metric.parts)

Recorded = Mapping[str, Iterable[tuple[Node | None, Mapping[str, str]]]]


class SeriesLabels:
    """Says of a selector which labels its series have. `recorded` are the queries of each recorded series, and the labels its rules add."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = {name: tuple(rules) for name, rules in recorded.items()}
        self._known: dict[str, ResultLabels] = {}
        # By identity, since the hash of a tree is worked out from all of it; the node is kept, so that no other gets its identity.
        self._of_nodes: dict[int, tuple[Node, ResultLabels]] = {}

    def of(self, node: Node) -> ResultLabels:
        """The labels of a query's result, worked out once for each part of it."""
        found = self._of_nodes.get(id(node))
        if found is None:
            labels = self(node) if isinstance(node, SeriesNode) else labels_by_parts(node, self.of)
            self._of_nodes[id(node)] = found = node, labels
        return found[1]

    def __call__(self, series: SeriesNode) -> ResultLabels:
        said = selected(series)
        if series.name in self._recorded:
            return _both(said, self._of_record(series.name))
        said = said.minus(*_of_other_parts(series.name))
        if series.name in _SHARED or series.name in known_series():
            return replace(said, expected=said.expected | {label for label in _OF_TARGETS if label in said.possible})
        return said

    def _of_record(self, name: str) -> ResultLabels:
        if name not in self._known:
            # A rule may read the series that it records.
            self._known[name] = ResultLabels()
            self._known[name] = reduce(either, (self._of_rule(*rule) for rule in self._recorded[name]))
        return self._known[name]

    def _of_rule(self, node: Node | None, added: Mapping[str, str]) -> ResultLabels:
        if node is None:
            return ResultLabels()
        found = self.of(node).minus(*added)
        possible = found.possible.plus((NAME, *EXTERNAL_LABELS, *added))
        values = {label: value for label, value in added.items() if value}
        return ResultLabels(possible, found.expected | values.keys(), {**found.values, **values})


def _of_other_parts(name: str) -> tuple[str, ...]:
    """The labels that node_exporter gives to other metrics than this one, where the name is one of its own."""
    if not name.startswith("node_") or name.startswith("node_filesystem_"):
        return ()
    return _OF_PARTS if name.startswith(_OF_THE_WHOLE_HOST) else _OF_FILE_SYSTEMS


def _both(said: ResultLabels, known: ResultLabels) -> ResultLabels:
    """What a selector says of series of which more is known."""
    expected = frozenset(label for label in said.expected | known.expected if label in said.possible)
    return ResultLabels(said.possible & known.possible, expected, {**known.values, **said.values})
