"""Panels and dashboards as grafanalib objects: the only module that knows grafanalib, and long for that reason.

A panel's targets hold typed queries; `dashboard()` narrows them by the dashboard's variables and turns them into text.
What grafanalib cannot say in today's shape travels in `extraJson`; `glassbox.compile.normalise` settles the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafanalib import core

from glassbox.board.grid import Size, stable_id, widths
from glassbox.board.style import GRAFANA_UNITS, NEUTRAL, PLAIN, Line, Steps, Words
from glassbox.board.tables import (
    DrillDown,
    Next,
    Page,
    common_labels,
    heading,
    label_columns,
    organized,
    override,
    side_by_side,
)
from glassbox.board.variables import DATA_SOURCE, Side, Variable, narrowed
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import Expr

# Where nothing happens, Grafana's axis would reach to 100, which is 10,000 % of a share.
_LEAST_TOP = {Unit.RATIO: 0.01, Unit.EVENTS: 1, Unit.EVENTS_PER_SECOND: 0.1, Unit.REQUESTS_PER_SECOND: 0.1}
# Pixels of a word on its colour; the labels before it share the rest.
_WORD_WIDTH = 110
# Labels whose values say nothing alone.
_LEGENDS = {"gpu": "#{{gpu}}"}

DATA_SOURCE_REF = {"type": "prometheus", "uid": f"${{{DATA_SOURCE}}}"}

TALL, LOW = Size(), Size(height=4)

Queries = Expr | Mapping[str, Expr]


@dataclass(frozen=True)
class Row:
    """Panels side by side; a row with a title gets a header that folds it."""

    title: str
    panels: tuple[Any, ...]


def row(title: str, *panels: Any) -> Row:
    """Panels side by side under a header."""
    return Row(title, panels)


def timeseries(
    title: str,
    queries: Queries,
    *,
    why: str,
    lines: Mapping[str, Line] | None = None,
    stacked: bool = False,
    many: bool = False,
    minimum: float | None = 0,
    maximum: float | None = None,
    size: Size = TALL,
    empty: str = "No traffic",
) -> Any:
    """Lines over time, one for each result of each query; `empty` stands for no result.

    `lines` says by the name of a query, or of a line in the legend, what does not look like the others, `stacked` fills the lines on top of each other;
    `many` puts the legend of many or long names to the right, where it can be scrolled.
    """
    said = {"min": minimum, "max": maximum, "noValue": empty, "custom": {"axisSoftMax": _least_top(queries, maximum)}}
    return core.TimeSeries(
        **_common(title, queries, why, size, extra=said),
        unit=_unit(title, queries),
        overrides=_styled(queries, lines or {}),
        legendPlacement="right" if many else "bottom",
        stacking={"mode": "normal", "group": "A"} if stacked else {},
        fillOpacity=25 if stacked else 0,
        showPoints="never",
        tooltipMode="multi",
        tooltipSort="desc",
    )


def stat(
    title: str, query: Expr, *, why: str, steps: Steps = PLAIN, size: Size = LOW, empty: str = "No traffic"
) -> Any:
    """One number for the end of the chosen time range, or for the whole of it; `empty` stands for no result.

    A course behind the number would need a range, of which Grafana shows the last value there was, however long ago.
    """
    said = {"noValue": empty, "thresholds": steps.to_json(), "mappings": _unjudged(steps, empty)}
    panel = core.Stat(
        **_common(title, query, why, size, extra=said),
        format=_unit(title, query),
        # Several results are a list, each with its name before its value.
        orientation="horizontal" if query.shape.labels else "auto",
        colorMode="value",
        graphMode="none",
        reduceCalc="lastNotNull",
        thresholds=[],
    )
    return _asked_once(panel)


def verdict(title: str, query: Expr, *, words: Words, why: str, size: Size = LOW, empty: str = "No traffic") -> Any:
    """One word on its colour for each result, whose values are the codes of `words`; `empty` stands for no result."""
    panel = stat(title, query, why=why, size=size, empty=empty)
    panel.colorMode = "background_solid"
    panel.extraJson["fieldConfig"]["defaults"]["mappings"] = words.to_json()
    return panel


def timeline(title: str, query: Expr, *, words: Words, why: str, size: Size = TALL, empty: str = "No traffic") -> Any:
    """One band for each result, coloured and named by `words` as long as its value stays the same."""
    said = {"noValue": empty, "mappings": words.to_json(), "thresholds": PLAIN.to_json()}
    return core.StateTimeline(**_common(title, query, why, size, extra=said))


def gauge(title: str, query: Expr, *, why: str, steps: Steps, maximum: float = 1, size: Size = TALL) -> Any:
    """A value on a scale from 0 to `maximum`, one dial for each result."""
    said = {"noValue": "No data", "thresholds": steps.to_json(), "mappings": _unjudged(steps, "No data")}
    panel = core.GaugePanel(
        **_common(title, query, why, size, extra=said),
        format=_unit(title, query),
        min=0,
        max=maximum,
        calc="lastNotNull",
        thresholds=[],
    )
    return _asked_once(panel)


def bars(title: str, queries: Queries, *, why: str, maximum: float | None = None, size: Size = TALL) -> Any:
    """Horizontal bars, one for each result; without `maximum` the longest bar fills the width."""
    panel = core.BarGauge(
        **_common(title, queries, why, size, extra={"noValue": "No data", "thresholds": PLAIN.to_json()}),
        format=_unit(title, queries),
        min=0,
        max=maximum,
        calc="lastNotNull",
        orientation="horizontal",
        displayMode="basic",
        thresholds=[],
    )
    return _asked_once(panel)


def heatmap(title: str, bucket_rates: Expr, *, why: str, size: Size = TALL) -> Any:
    """How many values fell between two bounds at each moment: bucket rates by nothing but `le`, which Grafana takes apart.

    Cells without a value stay empty; the panel type has no text for no result.
    """
    if bucket_rates.shape.kind is not Kind.BUCKET_RATES or bucket_rates.shape.labels != ("le",):
        raise GlassboxError(f"Panel {title!r} needs bucket rates by the label le only: sum them by le.")
    units = {
        "cellValues": {"unit": GRAFANA_UNITS[Unit.EVENTS_PER_SECOND]},
        "yAxis": {"unit": _unit(title, bucket_rates)},
    }
    panel = core.Heatmap(**_common(title, bucket_rates, why, size, extra={}), options=units)
    for target in panel.targets:
        target.format = "heatmap"
    return panel


def table(
    title: str,
    query: Expr,
    *,
    why: str,
    value: str | None,
    words: Words | None = None,
    drill_down: DrillDown | Page | None = None,
    size: Size = TALL,
) -> Any:
    """The newest value of each result: a column for each label, in the order of the query's labels, then `value`.

    Without `value` the labels are all there is to read, as of series that are always 1.
    `drill_down` makes the values of its label links.
    """
    names = {label: heading(label) for label in query.shape.labels}
    # Only the value's column has a unit: a label such as a version must stay the text it is.
    properties: dict[str, Any] = {"unit": _unit(title, query)}
    if words:
        cell = {"type": "color-background", "mode": "basic"}
        properties |= {"mappings": words.to_json(), "custom.cellOptions": cell, "custom.width": _WORD_WIDTH}
    overrides = [override(value, properties)] if value else []
    return _as_table(
        core.Table(
            **_common(title, query, why, size, extra={"thresholds": PLAIN.to_json()}),
            transformations=[organized(names | {"Value": value}) if value else organized(names, hidden=("Value",))],
            overrides=overrides + label_columns(() if words else query.shape.labels, drill_down),
        )
    )


def comparison(
    title: str,
    columns: Mapping[str, Expr],
    *,
    why: str,
    steps: Mapping[str, Steps] | None = None,
    words: Mapping[str, Words] | None = None,
    largest_first: str = "",
    drill_down: DrillDown | Page | None = None,
    size: Size = TALL,
) -> Any:
    """The newest values of several queries side by side: a row for each set of labels, a column for each query.

    The queries must have the same labels, by which their results meet; one that lacks a row leaves its cell empty.
    `steps` colour the numbers of a column, `words` name them, `largest_first` is the column that orders the rows;
    `drill_down` makes the values of its label links.
    """
    labels = common_labels(title, columns)
    if largest_first and largest_first not in columns:
        raise GlassboxError(
            f"Panel {title!r} has no column {largest_first!r} to order by; choose one of {', '.join(columns)}."
        )
    overrides = [
        override(name, _column(title, query, (steps or {}).get(name), (words or {}).get(name)))
        for name, query in columns.items()
    ]
    panel = core.Table(
        **_common(title, columns, why, size, extra={"thresholds": PLAIN.to_json()}),
        overrides=overrides + label_columns(labels, drill_down),
        sortBy=[core.TableSortByField(displayName=largest_first, desc=True)] if largest_first else [],
    )
    panel.transformations = side_by_side(
        labels, [(target.refId, name) for target, name in zip(panel.targets, columns, strict=True)]
    )
    return _as_table(panel)


def dashboard(
    slug: str,
    title: str,
    *,
    question: str,
    variables: Sequence[Variable],
    rows: Sequence[Row],
    sides: Sequence[Side] = (),
    leads_to: Next | None = None,
) -> Any:
    """A dashboard that answers one question. `slug` is its identity and never changes; titles may.

    `variables` narrow all queries, those of `sides` only what the content asked of each. Every panel links to what `leads_to` says.
    """
    offered = (*variables, *(variable for side in sides for variable in side.variables))
    panels: list[Any] = []
    top = 0
    for line in rows:
        top = _place(line, top, panels, title)
    _identify(panels, title)
    for panel in panels:
        panel.links = [leads_to.to_json()] if leads_to else []
        for target in panel.targets:
            target.expr = str(narrowed(target.expr, variables))
    return core.Dashboard(
        title=title,
        uid=slug,
        description=question,
        panels=panels,
        templating=core.Templating(list=[_data_source_variable(), *map(_template, offered)]),
    )


def _as_table(panel: Any) -> Any:
    for target in _asked_once(panel).targets:
        target.format, target.legendFormat = "table", ""
    return panel


def _asked_once(panel: Any) -> Any:
    for target in panel.targets:
        target.instant = True
    return panel


def _column(title: str, query: Expr, steps: Steps | None, words: Words | None) -> dict[str, Any]:
    unit: dict[str, Any] = {"unit": _unit(title, query)}
    if query.shape.unit is Unit.RATIO:
        unit["decimals"] = 1
    if words:
        return unit | {"mappings": words.to_json(), "custom.cellOptions": {"type": "color-text"}}
    if steps is None:
        return unit
    judged = {"thresholds": steps.to_json(), "color": {"mode": "thresholds"}}
    return unit | judged | {"custom.cellOptions": {"type": "color-text"}}


def _common(title: str, queries: Queries, why: str, size: Size, *, extra: dict[str, Any]) -> dict[str, Any]:
    """Arguments of every grafanalib panel; `extra` is laid over fieldConfig.defaults."""
    defaults = {key: value for key, value in extra.items() if value is not None}
    return {
        "title": title,
        "description": why,
        "dataSource": DATA_SOURCE_REF,
        "targets": [_target(index, name, expr, title) for index, (name, expr) in enumerate(_named(queries).items())],
        "gridPos": core.GridPos(h=size.height, w=size.width, x=0, y=0),
        "maxDataPoints": None,
        "extraJson": {"fieldConfig": {"defaults": defaults}},
    }


def _named(queries: Queries) -> Mapping[str, Expr]:
    return {"": queries} if isinstance(queries, Expr) else queries


def _unjudged(steps: Steps, empty: str) -> list[dict[str, Any]]:
    """Nothing takes no side, while Grafana gives it the colour below the first bound."""
    nothing = {"match": "null+nan", "result": {"color": NEUTRAL, "index": 0, "text": empty}}
    return [{"type": "special", "options": nothing}] if steps.above else []


def _least_top(queries: Queries, maximum: float | None) -> float | None:
    """How far the axis reaches at least; grafanalib itself takes whole numbers only."""
    first = next(iter(_named(queries).values()))
    return None if maximum is not None else _LEAST_TOP.get(first.shape.unit)


def _styled(queries: Queries, lines: Mapping[str, Line]) -> list[dict[str, Any]]:
    refs = {name: _ref_id(index) for index, name in enumerate(_named(queries))}
    matchers = {
        name: {"id": "byFrameRefID", "options": refs[name]} if name in refs else {"id": "byName", "options": name}
        for name in lines
    }
    return [{"matcher": matchers[name], "properties": line.to_json()} for name, line in lines.items()]


def _ref_id(index: int) -> str:
    return chr(ord("A") + index)


def _target(index: int, name: str, expr: Expr, title: str) -> Any:
    labels = " ".join(_LEGENDS.get(label, f"{{{{{label}}}}}") for label in expr.shape.labels)
    return core.Target(
        expr=expr,
        # Grafana would print the whole query as the name of a line that has none.
        legendFormat=f"{name} {labels}".strip() or title,
        refId=_ref_id(index),
        intervalFactor=1,
        datasource=DATA_SOURCE_REF,
    )


def _unit(title: str, queries: Queries) -> str:
    units = {expr.shape.unit for expr in _named(queries).values()}
    if len(units) != 1:
        names = ", ".join(sorted(unit.value for unit in units)) or "none"
        raise GlassboxError(f"Panel {title!r} needs queries of one unit, but has {names}: split it.")
    return GRAFANA_UNITS[units.pop()]


def _place(line: Row, top: int, panels: list[Any], where: str) -> int:
    """Append the row's header and panels at height `top`; returns the height below them."""
    if line.title:
        panels.append(core.RowPanel(title=line.title, gridPos=core.GridPos(h=1, w=24, x=0, y=top)))
        top += 1
    left = 0
    sizes = [Size(panel.gridPos.w, panel.gridPos.h) for panel in line.panels]
    for panel, width in zip(line.panels, widths(sizes, f"{where}, row {line.title or 1!r}"), strict=True):
        panel.gridPos = core.GridPos(h=panel.gridPos.h, w=width, x=left, y=top)
        left += width
        panels.append(panel)
    return top + max(size.height for size in sizes)


def _identify(panels: list[Any], where: str) -> None:
    titles: dict[int, str] = {}
    for panel in panels:
        panel.id = stable_id(f"row {panel.title}" if isinstance(panel, core.RowPanel) else panel.title)
        if panel.id in titles:
            raise GlassboxError(
                f"{where}: two panels are called {panel.title!r}; titles must differ within a dashboard."
            )
        titles[panel.id] = panel.title


def _data_source_variable() -> Any:
    return core.Template(name=DATA_SOURCE, label="Data source", type="datasource", query="prometheus")


def _template(variable: Variable) -> Any:
    return core.Template(
        name=variable.name,
        label=variable.title,
        query=variable.query,
        dataSource=DATA_SOURCE_REF,
        includeAll=variable.has_all,
        multi=not variable.single,
        allValue=variable.all_value if variable.has_all else None,
        sort=core.SORT_ALPHA_DESC if variable.last_first else core.SORT_ALPHA_ASC,
        refresh=core.REFRESH_ON_TIME_RANGE_CHANGE,
    )
