"""All that lint judges together."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from glassbox.lint.known_metrics import ExposedSeries, former_series, known_series
from glassbox.lint.series_labels import SeriesLabels
from glassbox.lint.server_facts import ServerFacts
from glassbox.lint.subjects.alert_routes import Inhibition, NotificationRoute
from glassbox.lint.subjects.exemptions import Exemption
from glassbox.lint.subjects.file_parts import LooseText, OpenPort, TextFlaw
from glassbox.lint.subjects.grouped_rules import GroupedRule, RuleGroup
from glassbox.lint.subjects.judged_boards import Board, BoardPanel
from glassbox.lint.subjects.queries import Query
from glassbox.metrics.types import Unit
from glassbox.query.buckets import Buckets
from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.result_labels import ResultLabels
from glassbox.syntax.tree import BinaryNode, Node, SeriesNode


@dataclass(frozen=True)
class Corpus:
    """All that is read together.

    `scrape_interval_seconds` is the longest of the targets', None where it is not known. `own` says that it is all there is: only then
    is something that nothing reads unused, and something that is not there missing. `tested_alerts` are the names of alerts with a
    test, and `runbooks` the texts of runbooks by the names of alerts; None where they were not looked for. `left_out_alerts` have
    runbooks without being there. `rule_files` are texts of whole rule files, by name, for promtool. `buckets` and
    `buckets_of_engines` are those that servers have, as in a bundle. `exposed` are series that the user's own exporters have, by name.
    `server` is what a running Prometheus says of it, None where none was asked.
    """

    boards: tuple[Board, ...] = ()
    groups: tuple[RuleGroup, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    routes: tuple[NotificationRoute, ...] = ()
    texts: tuple[LooseText, ...] = ()
    ports: tuple[OpenPort, ...] = ()
    flaws: tuple[TextFlaw, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    scrape_interval_seconds: float | None = None
    own: bool = False
    tested_alerts: frozenset[str] | None = None
    runbooks: Mapping[str, str] | None = None
    left_out_alerts: frozenset[str] = frozenset()
    rule_files: Mapping[str, str] = field(default_factory=dict)
    buckets: Mapping[str, Buckets] = field(default_factory=dict)
    buckets_of_engines: Mapping[tuple[str, str], Buckets] = field(default_factory=dict)
    exposed: Mapping[str, ExposedSeries] = field(default_factory=dict)
    server: ServerFacts | None = None

    @property
    def rules(self) -> Iterator[GroupedRule]:
        """Every rule of every group."""
        for group in self.groups:
            yield from group.rules

    @property
    def alerts(self) -> Iterator[GroupedRule]:
        """Every alert of every group that has a name."""
        return (rule for rule in self.rules if rule.is_alert and rule.name)

    @property
    def panels(self) -> Iterator[BoardPanel]:
        """Every panel of every dashboard."""
        for board in self.boards:
            yield from board.panels

    @property
    def queries(self) -> Iterator[Query]:
        """Every query there is."""
        for board in self.boards:
            yield from board.queries
        for rule in self.rules:
            yield rule.query
            yield from rule.more_queries

    @property
    def quotients(self) -> Iterator[tuple[Query, BinaryNode]]:
        """Every division, with the query that it is a part of."""
        for query in self.queries:
            for node in query.nodes:
                if isinstance(node, BinaryNode) and node.operator == "/":
                    yield query, node

    @cached_property
    def series_read(self) -> Mapping[str, tuple[Query, ...]]:
        """The queries that read series of each name; those that choose names by a pattern read all recorded ones that it fits."""
        found: dict[str, list[Query]] = {}
        for query in self.queries:
            for name in dict.fromkeys(name for series in query.series for name in self._names_of(series)):
                found.setdefault(name, []).append(query)
        return {name: tuple(queries) for name, queries in found.items()}

    def _names_of(self, series: SeriesNode) -> Iterator[str]:
        if series.name:
            yield series.name
        patterns = [each.value for each in series.matchers if (each.label, each.operator) == ("__name__", "=~")]
        for pattern in patterns:
            with suppress(re.error):
                yield from filter(re.compile(pattern).fullmatch, self.recorded)

    @cached_property
    def recorded(self) -> Mapping[str, tuple[GroupedRule, ...]]:
        """The rules that record each series, by its name."""
        found: dict[str, tuple[GroupedRule, ...]] = {}
        for rule in self.rules:
            if not rule.is_alert:
                found[rule.name] = (*found.get(rule.name, ()), rule)
        return found

    @cached_property
    def recorded_at_once(self) -> Mapping[str, Node]:
        """What the only rule of a series computes it from, by its name, where that reads no recorded series."""
        alone = ((name, rules[0].query) for name, rules in self.recorded.items() if len(rules) == 1)
        return {
            name: query.tree
            for name, query in alone
            if query.tree and not any(series.name in self.recorded for series in query.series)
        }

    def known_series(self, name: str) -> ExposedSeries | None:
        """What is known of the series of this name that an exporter has; None for recorded ones and for those that nobody knows."""
        if name in self.recorded:
            return None
        return self.exposed.get(name) or known_series().get(name) or former_series().get(name)

    def type_of(self, name: str) -> str:
        """The type of the series of this name that an exporter has; "" where it is not known, as for recorded ones."""
        known = self.known_series(name)
        return known.type if known else ""

    def scraped_series(self, query: Query) -> Iterator[SeriesNode]:
        """The selectors of a query whose series no rule records and no variable names, each name once."""
        named = {each.name: each for each in query.series if each.name and not is_of_a_variable(each.name)}
        yield from (each for name, each in named.items() if name not in self.recorded)

    @cached_property
    def series_there(self) -> Mapping[str, ExposedSeries]:
        """All series that are known of exporters, by name."""
        return {**known_series(), **self.exposed}

    @cached_property
    def units_of_nodes(self) -> dict[int, tuple[Node, Unit | None]]:
        """The units that were worked out, by the identity of the part of a query; the part is kept, so that no other gets its identity."""
        return {}

    @cached_property
    def labels_of_series(self) -> SeriesLabels:
        """What is known of the labels of a selector's series."""
        return SeriesLabels(
            {name: [(rule.query.tree, rule.labels) for rule in rules] for name, rules in self.recorded.items()}
        )

    def labels_of(self, node: Node) -> ResultLabels:
        """The labels of a query's result."""
        return self.labels_of_series.of(node)
