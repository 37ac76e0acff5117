"""How each type of panel is drawn: its arguments for grafanalib, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import singledispatch

from glassbox.board.assembling import PlacedPanel
from glassbox.board.panels import (
    Bars,
    Comparison,
    Gauge,
    Heatmap,
    Panel,
    Stat,
    Table,
    Timeline,
    Timeseries,
    Verdict,
)
from glassbox.board.style import GRAFANA_UNITS, NEUTRAL, PLAIN, Line, Steps, Words
from glassbox.board.tables import Json, heading, label_columns, organized, override, side_by_side
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr

# Where nothing happens, Grafana's axis would reach to 100, which for a share is 10,000%.
_LEAST_TOP = {Unit.RATIO: 0.01, Unit.EVENTS: 1, Unit.EVENTS_PER_SECOND: 0.1, Unit.REQUESTS_PER_SECOND: 0.1}
# Pixels of a word on its colour; the labels before it share the rest.
_WORD_WIDTH = 110
# The text for no rows would fill every empty cell as well.
_EMPTY_CELLS = {
    "matcher": {"id": "byRegexp", "options": "/.*/"},
    "properties": [{"id": "noValue", "value": ""}],
}
# On top of a stack a line of zeros would look like as much as all the others together.
_NOTHING_STACKED = {
    "matcher": {"id": "byValue", "options": {"reducer": "allIsZero"}},
    "properties": [{"id": "custom.hideFrom", "value": {"viz": True, "legend": False, "tooltip": False}}],
}


@dataclass(frozen=True)
class Drawing:
    """grafanalib's name of a panel type, its arguments, and what it cannot say: `defaults` of the fields, `options` of the panel."""

    type: str
    defaults: Json = field(default_factory=dict)
    arguments: Json = field(default_factory=dict)
    options: Json = field(default_factory=dict)
    query_format: str = "time_series"


@singledispatch
def drawing_of(panel: Panel, placed: PlacedPanel) -> Drawing:
    """How the panel is drawn; `placed` knows the ids of its queries."""
    raise NotImplementedError(
        f"{type(panel).__name__} {placed.title!r}: there is no drawing for this type; register one."
    )


@drawing_of.register
def _timeseries(panel: Timeseries, placed: PlacedPanel) -> Drawing:
    limits = {"min": panel.minimum, "max": panel.maximum}
    return Drawing(
        "TimeSeries",
        defaults={key: value for key, value in limits.items() if value is not None}
        | {"noValue": panel.empty, "custom": {"axisSoftMax": _least_top(panel)}},
        arguments={
            "unit": _unit(panel),
            "overrides": [*_styled(panel.lines, placed.ref_ids), *([_NOTHING_STACKED] if panel.stacked else [])],
            "legendPlacement": "right" if panel.many else "bottom",
            "stacking": {"mode": "normal", "group": "A"} if panel.stacked else {},
            "fillOpacity": 25 if panel.stacked else 0,
            "showPoints": "never",
            "tooltipMode": "multi",
            "tooltipSort": "desc",
        },
    )


@drawing_of.register
def _stat(panel: Stat, _placed: PlacedPanel) -> Drawing:
    mappings = [*(panel.words.to_json() if panel.words else ()), *_unjudged(panel.steps, panel.empty)]
    return _number(panel, panel.empty, panel.steps, mappings=mappings, color_mode="value")


@drawing_of.register
def _verdict(panel: Verdict, _placed: PlacedPanel) -> Drawing:
    return _number(panel, panel.empty, PLAIN, mappings=panel.words.to_json(), color_mode="background_solid")


def _number(panel: Stat | Verdict, empty: str, steps: Steps, *, mappings: list[Json], color_mode: str) -> Drawing:
    return Drawing(
        "Stat",
        defaults={"noValue": empty, "thresholds": steps.to_json(), "mappings": mappings} | _decimals(panel),
        arguments={
            "format": _unit(panel),
            # Several results are a list, each with its name before its value.
            "orientation": "horizontal" if panel.query.shape.labels else "auto",
            "colorMode": color_mode,
            "graphMode": "none",
            "reduceCalc": "lastNotNull",
            "thresholds": [],
        },
    )


@drawing_of.register
def _timeline(panel: Timeline, _placed: PlacedPanel) -> Drawing:
    defaults = {"noValue": panel.empty, "mappings": panel.words.to_json(), "thresholds": PLAIN.to_json()}
    return Drawing("StateTimeline", defaults)


@drawing_of.register
def _gauge(panel: Gauge, _placed: PlacedPanel) -> Drawing:
    judged = {"thresholds": panel.steps.to_json(), "mappings": _unjudged(panel.steps, panel.empty)}
    scale = {"min": 0, "max": panel.maximum, "calc": "lastNotNull", "thresholds": []}
    return Drawing("GaugePanel", {"noValue": panel.empty} | judged, {"format": _unit(panel)} | scale)


@drawing_of.register
def _bars(panel: Bars, _placed: PlacedPanel) -> Drawing:
    return Drawing(
        "BarGauge",
        defaults={"noValue": panel.empty, "thresholds": PLAIN.to_json()},
        arguments={
            "format": _unit(panel),
            "min": 0,
            "max": panel.maximum,
            "calc": "lastNotNull",
            "orientation": "horizontal",
            "displayMode": "basic",
            "thresholds": [],
        },
    )


@drawing_of.register
def _heatmap(panel: Heatmap, _placed: PlacedPanel) -> Drawing:
    units = {
        "cellValues": {"unit": GRAFANA_UNITS[Unit.EVENTS_PER_SECOND]},
        "yAxis": {"unit": _unit(panel)},
    }
    return Drawing("Heatmap", arguments={"options": units}, query_format="heatmap")


@drawing_of.register
def _table(panel: Table, placed: PlacedPanel) -> Drawing:
    labels = placed.labels
    names = {label: heading(label) for label in labels}
    value = {"Value": panel.value} if panel.value else {}
    columns = value | names if panel.smallest_first else names | value
    fills = panel.words and not panel.smallest_first and not _sentences(panel.words)
    overrides = [*_value_column(panel), *label_columns(() if fills else labels, _links(panel, placed))]
    ordered = [{"displayName": panel.value}] if panel.smallest_first else []
    return _as_table(panel, [organized(columns, hidden=() if value else ("Value",))], overrides, ordered)


def _value_column(panel: Table) -> list[Json]:
    """Only the value's column has a unit: a label such as a version must stay the text it is."""
    if not panel.value:
        return []
    properties: Json = {"unit": _unit(panel)}
    if panel.words:
        properties |= {"mappings": panel.words.to_json(), **_cell(panel.words)}
    return [override(panel.value, properties)]


def _cell(words: Words) -> Json:
    """A word fills its narrow cell with colour; a sentence takes what the labels leave, and is coloured itself."""
    if _sentences(words):
        return {"custom.cellOptions": {"type": "color-text", "wrapText": True}, "custom.align": "left"}
    return {"custom.cellOptions": {"type": "color-background", "mode": "basic"}, "custom.width": _WORD_WIDTH}


def _sentences(words: Words) -> bool:
    return any(" " in text for _, text, _ in words.words)


@drawing_of.register
def _comparison(panel: Comparison, placed: PlacedPanel) -> Drawing:
    columns = [
        override(name, _column(query, panel.steps.get(name), panel.words.get(name)))
        for name, query in panel.columns.items()
    ]
    merged = side_by_side(placed.labels, [(target.ref_id, target.name) for target in placed.targets])
    labels = label_columns(placed.labels, _links(panel, placed))
    ordered = [{"displayName": panel.largest_first, "desc": True}] if panel.largest_first else []
    return _as_table(panel, merged, [*columns, *labels], ordered)


def _links(panel: Table | Comparison, placed: PlacedPanel) -> dict[str, Json]:
    return {panel.drill_down.label: panel.drill_down.to_json(placed.in_rows)} if panel.drill_down else {}


def _as_table(
    panel: Table | Comparison, transformations: list[Json], overrides: list[Json], ordered: list[Json]
) -> Drawing:
    return Drawing(
        "Table",
        defaults={"noValue": panel.empty, "thresholds": PLAIN.to_json()},
        arguments={"transformations": transformations, "overrides": [_EMPTY_CELLS, *overrides]},
        options={"sortBy": ordered},
        query_format="table",
    )


def _column(query: Expr, steps: Steps | None, words: Words | None) -> Json:
    unit: Json = {"unit": GRAFANA_UNITS[query.shape.unit]}
    if query.shape.unit is Unit.RATIO:
        unit["decimals"] = 1
    if words:
        return unit | {"mappings": words.to_json(), "custom.cellOptions": {"type": "color-text"}}
    if steps is None:
        return unit
    judged = {"thresholds": steps.to_json(), "color": {"mode": "thresholds"}}
    return unit | judged | {"custom.cellOptions": {"type": "color-text"}}


def _decimals(panel: Panel) -> Json:
    """Factors that stand side by side have as many places."""
    return {"decimals": 2} if panel.unit is Unit.FACTOR else {}


def _unit(panel: Panel) -> str:
    return GRAFANA_UNITS[panel.unit or Unit.NONE]


def _unjudged(steps: Steps, empty: str) -> list[Json]:
    """Nothing takes no side, while Grafana gives it the colour below the first bound."""
    nothing = {"match": "null+nan", "result": {"color": NEUTRAL, "index": 0, "text": empty}}
    return [{"type": "special", "options": nothing}] if steps.above else []


def _least_top(panel: Timeseries) -> float | None:
    """How far the axis reaches at least; grafanalib itself takes whole numbers only."""
    return None if panel.maximum is not None else _LEAST_TOP.get(panel.unit or Unit.NONE)


def _styled(lines: Mapping[str, Line], ref_ids: Mapping[str, str]) -> list[Json]:
    """Overrides for the lines of a query, or for one line by its name in the legend."""
    matchers = {
        name: {"id": "byFrameRefID", "options": ref_ids[name]} if name in ref_ids else {"id": "byName", "options": name}
        for name in lines
    }
    return [{"matcher": matchers[name], "properties": line.to_json()} for name, line in lines.items()]
