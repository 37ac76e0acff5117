"""Dashboards as lint judges them, and what they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.lint.finding import Location
from glassbox.lint.subjects.queries import Query


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


# Grafana gives them to every panel without others (packages/grafana-data/src/field/standardFieldConfigEditorRegistry.ts).
GRAFANAS_THRESHOLDS = (80.0,)


@dataclass(frozen=True)
class BoardPanel:
    """A panel. `type` is the plugin's id; rows are not panels. `id` is None where it has none.

    `unit`, `minimum` and `maximum` are those of its field defaults. `other_units` says that overrides or transformations give a part
    of its fields another unit, or that its fields are computed; `several_scales` that lines have scales of their own, or a logarithmic one. `texts` are every string of it but its queries and legends, which may
    name variables. `label_texts` are those that name labels of the result as `{{label}}` or `${__field.labels.label}`, with where they
    stand: names of fields, links. `laid_out_in` numbers what it is laid out in: the dashboard, or a row that is folded.
    `reductions` are what makes one number of the points of a line, as Grafana calls it: "lastNotNull", "sum", "count".
    `legend_calculations` are those that the legend of its lines shows beside each.
    `named_values` are the single values that it shows as a text of their own, as they are written.
    `colored` says that what it shows has the colour of the thresholds.
    `each_point` says that it shows a number for each point of a line, as Grafana calls it all values, and that nothing transforms them.
    `ignored` are the paths of settings that its type does not read, where nothing says the same that it reads.
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
    several_scales: bool = False
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
    reductions: tuple[str, ...] = ()
    legend_calculations: tuple[str, ...] = ()
    named_values: frozenset[str] = frozenset()
    colored: bool = False
    each_point: bool = False
    ignored: tuple[str, ...] = ()
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
    range and the pause with which it opens, as they are written. `for_victoria_metrics` says that it asks VictoriaMetrics by its own plugin.
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
    complete: bool = True
    for_victoria_metrics: bool = False
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
