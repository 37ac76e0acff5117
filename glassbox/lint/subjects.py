"""What lint judges, whatever it was read from: content of ours, dashboards and rule files of anybody."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.lint.known_metrics import ExposedSeries, known_series
from glassbox.lint.series_labels import SeriesLabels
from glassbox.lint.server_facts import ServerFacts
from glassbox.query.buckets import Buckets
from glassbox.syntax.parsing import tree_of
from glassbox.syntax.result_labels import ResultLabels
from glassbox.syntax.tree import Node, SeriesNode, walk


class QueryKind(Enum):
    """What a query is for."""

    PANEL = "panel"
    VARIABLE = "variable"
    ANNOTATION = "annotation"
    ALERT = "alert"
    RECORD = "record"


@dataclass(frozen=True)
class Exemption:
    """A rule that an object and all its parts are exempt from, by its id, and why.

    `location` is where the exemption stands; its `object` is that of the exempt object, and empty where the whole file is exempt.
    One of an ignore file `stands` there, and has the exempt file as its `location`.
    """

    rule: str
    reason: str
    location: Location
    stands: Location | None = None

    @property
    def written_at(self) -> Location:
        """Where somebody would change it."""
        return self.stands or self.location


@dataclass(frozen=True)
class WrittenText:
    """A value of a file as it is written: in which line, under which key."""

    line: int
    key: str
    text: str


@dataclass(frozen=True)
class Query:
    """A query as it is written, with Grafana's variables and macros in it, and what shows its result.

    `ref_id` is its name within its panel. `legend` is the template of its lines' names: empty where Grafana chooses, or nothing is drawn.
    `step_seconds` is its shortest step, None where it names none; where `step_is_chosen`, by a variable, the least that somebody can
    choose, None where that is not known. `format` is "time_series", "table" or "heatmap".
    `key` is the name under which it stands in its file, and `name_line` the line in which `ref_id` does. `within` are the values that it is
    a part of, where it does not stand by itself, such as `label_values(up, job)`. `is_metrics_ql` says that it is not PromQL, and that
    VictoriaMetrics may read it all the same.
    """

    text: str
    location: Location
    kind: QueryKind
    ref_id: str = ""
    legend: str = ""
    step_seconds: float | None = None
    step_is_chosen: bool = False
    instant: bool = False
    hidden: bool = False
    format: str = "time_series"
    key: str = "expr"
    name_line: int = 0
    within: tuple[WrittenText, ...] = ()
    is_metrics_ql: bool = False

    @cached_property
    def tree(self) -> Node | None:
        """The query as a tree; None where it is not PromQL, or a variable of Grafana decides whether it is."""
        try:
            return tree_of(self.text)
        except GlassboxError:
            return None

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the tree, each before its parts; empty where there is none."""
        return tuple(walk(self.tree)) if self.tree else ()

    @cached_property
    def series(self) -> tuple[SeriesNode, ...]:
        """Every selector in it, in the order of the text."""
        return tuple(node for node in self.nodes if isinstance(node, SeriesNode))


@dataclass(frozen=True)
class Grid:
    """Left upper corner and size of a panel, in columns (24) and units of height of Grafana's grid."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class BoardLink:
    """A link of a dashboard or panel. `dashboard_uid` is that of the dashboard of the same Grafana that it leads to, if it does.

    `panel_id` is that of the panel there that it opens. `tags` are those of the dashboards that a list of links offers.
    `with_variables` says that it hands the values of all variables on.
    """

    title: str
    url: str
    location: Location
    dashboard_uid: str = ""
    panel_id: int | None = None
    tags: tuple[str, ...] = ()
    with_variables: bool = False


@dataclass(frozen=True)
class BoardRow:
    """A row or tab, which holds panels; `repeats` is the variable for each of whose values it is there."""

    title: str
    repeats: str = ""


@dataclass(frozen=True)
class BoardPanel:
    """A panel. `type` is the plugin's id; rows are not panels. `id` is None where it has none.

    `unit`, `minimum` and `maximum` are those of its field defaults. `other_units` says that overrides or transformations give a part
    of its fields another unit, or that its fields are computed. `texts` are every string of it but its queries and legends, which may
    name variables. `label_texts` are those that name labels of the result as `{{label}}` or `${__field.labels.label}`, with where they
    stand: names of fields, links. `laid_out_in` numbers what it is laid out in: the dashboard, or a row that is folded.
    `id_line` and `unit_line` are the lines in which these two stand, 0 where they are not known.
    """

    title: str
    type: str
    location: Location
    id: int | None = None
    description: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    other_units: bool = False
    thresholds: tuple[float, ...] = ()
    datasource: str = ""
    queries: tuple[Query, ...] = ()
    grid: Grid | None = None
    links: tuple[BoardLink, ...] = ()
    texts: tuple[str, ...] = ()
    label_texts: tuple[tuple[str, str], ...] = ()
    repeats: str = ""
    library: bool = False
    laid_out_in: int = 0
    id_line: int = 0
    unit_line: int = 0


@dataclass(frozen=True)
class BoardVariable:
    """A variable. `type` is Grafana's: query, custom, datasource, interval, textbox, constant, adhoc, groupby, switch.

    `query` is the PromQL it asks, if it asks any, without `label_values(...)` around it, and `label` the label it lists. `texts` are all
    strings of its definition, which may name other variables. `saved` is what was chosen when the dashboard was saved.
    """

    name: str
    type: str
    location: Location
    query: Query | None = None
    label: str = ""
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    refresh: int | None = None
    hidden: bool = False
    texts: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardAnnotation:
    """Events drawn into all panels: a query, and templates that may name labels of its result as `{{label}}`."""

    name: str
    location: Location
    query: Query | None = None
    templates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Board:
    """A dashboard. `texts` are all strings of it that are not in a panel, row, variable or annotation.

    `complete` is False where parts of it could not be read, so that what seems missing may be there. `time_from` and `refresh` are the
    range and the pause with which it opens, as they are written.
    """

    title: str
    location: Location
    uid: str = ""
    folder: str = ""
    tags: tuple[str, ...] = ()
    panels: tuple[BoardPanel, ...] = ()
    variables: tuple[BoardVariable, ...] = ()
    annotations: tuple[BoardAnnotation, ...] = ()
    links: tuple[BoardLink, ...] = ()
    rows: tuple[BoardRow, ...] = ()
    texts: tuple[str, ...] = ()
    editable: bool = True
    complete: bool = True
    time_from: str = ""
    refresh: str = ""

    @property
    def repeated(self) -> set[str]:
        """The variables for whose values panels or rows are repeated: within these, they have one value at a time."""
        return ({panel.repeats for panel in self.panels} | {row.repeats for row in self.rows}) - {""}

    @property
    def queries(self) -> Iterator[Query]:
        """Every query of its panels, variables and annotations."""
        for panel in self.panels:
            yield from panel.queries
        asked = (*(each.query for each in self.variables), *(each.query for each in self.annotations))
        yield from (query for query in asked if query is not None)


@dataclass(frozen=True)
class GroupedRule:
    """A rule of a group: an alert where `query.kind` says so, else a recorded series called `name`.

    `for_text` is the duration as it is written. `is_grafana` marks rules of Grafana, whose texts are other templates: `query` is then
    the first of its queries that is PromQL, `more_queries` are the others, and `compares` says that the comparison is an expression of
    Grafana's. `keys` are those of its object.
    """

    name: str
    query: Query
    location: Location
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    for_text: str = ""
    keep_firing_text: str = ""
    is_grafana: bool = False
    compares: bool = False
    more_queries: tuple[Query, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def is_alert(self) -> bool:
        return self.query.kind is QueryKind.ALERT


@dataclass(frozen=True)
class RuleGroup:
    """Rules that are evaluated together. `interval_text` is the duration as it is written, empty where it has none of its own.

    `keys` are those of its object. `part` numbers the rule files that one file holds, such as several objects of Kubernetes.
    """

    name: str
    location: Location
    rules: tuple[GroupedRule, ...] = ()
    interval_text: str = ""
    keys: tuple[str, ...] = ()
    part: int = 0


@dataclass(frozen=True)
class Inhibition:
    """Alertmanager mutes what matches `target` while something that matches `source` fires, both with equal values of `equal`.

    Matchers are those of Alertmanager, as label, operator (= != =~ !~) and value.
    """

    source: tuple[tuple[str, str, str], ...]
    target: tuple[tuple[str, str, str], ...]
    equal: tuple[str, ...]
    location: Location


@dataclass(frozen=True)
class NotificationRoute:
    """A route of Alertmanager: what it matches, as in Inhibition, and who receives it; the matchers of its parents are among them.

    `is_first` marks the one that all alerts begin at. `notifies` is False where its receiver is known to notify nobody.
    """

    matchers: tuple[tuple[str, str, str], ...]
    receiver: str
    location: Location
    is_first: bool = False
    notifies: bool = True


@dataclass(frozen=True)
class OpenPort:
    """A port of an install file that every network reaches: of which service, and as it is written."""

    service: str
    port: int
    written: str
    location: Location


@dataclass(frozen=True)
class TextFlaw:
    """What is wrong with a text of JSON or YAML that some programs read all the same: a key that is there twice, or NaN."""

    what: str
    is_key: bool
    location: Location


@dataclass(frozen=True)
class LooseText:
    """A text that no other subject holds, such as a setting, in which only secrets are looked for."""

    text: str
    location: Location


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
        return None if name in self.recorded else self.exposed.get(name) or known_series().get(name)

    @cached_property
    def series_there(self) -> Mapping[str, ExposedSeries]:
        """All series that are known of exporters, by name."""
        return {**known_series(), **self.exposed}

    @cached_property
    def labels_of_series(self) -> SeriesLabels:
        """What is known of the labels of a selector's series."""
        return SeriesLabels(
            {name: [(rule.query.tree, rule.labels) for rule in rules] for name, rules in self.recorded.items()}
        )

    def labels_of(self, node: Node) -> ResultLabels:
        """The labels of a query's result."""
        return self.labels_of_series.of(node)
