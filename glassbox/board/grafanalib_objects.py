"""Assembled dashboards as grafanalib's objects. `_object` alone knows grafanalib; `glassbox.board.drawing` says how each panel is drawn."""

from typing import Any

from grafanalib import core

from glassbox.board.assembling import AssembledDashboard, Header, Place, PlacedPanel, Target
from glassbox.board.drawing import drawing_of
from glassbox.board.line_choice import LineChoice
from glassbox.board.panels import Panel
from glassbox.board.tables import Next
from glassbox.board.variables import DATA_SOURCE, DATA_SOURCE_REF, Variable

# Grafana's numbers (`VariableSort` and `VariableRefresh` of its schema).
_ASCENDING, _DESCENDING, _ON_TIME_RANGE_CHANGE = 1, 2, 2


def grafanalib_dashboard(board: AssembledDashboard) -> Any:
    """The dashboard as grafanalib's object, whose uid is the slug."""
    declared = board.declared
    data_source = _object("Template", name=DATA_SOURCE, label="Data source", type="datasource", query="prometheus")
    return _object(
        "Dashboard",
        title=declared.title,
        uid=declared.slug,
        description=declared.question,
        panels=[_row(item) if isinstance(item, Header) else _panel(item, declared.leads_to) for item in board.items],
        templating=_object(
            "Templating", list=[data_source, *map(_template, declared.offered), *map(_lines, declared.line_choices)]
        ),
    )


def _object(kind: str, /, **arguments: Any) -> Any:
    """grafanalib's object of this class; the only function that knows grafanalib."""
    return getattr(core, kind)(**arguments)


def _row(header: Header) -> Any:
    return _object("RowPanel", title=header.title, id=header.id, gridPos=_grid_position(header.place))


def _panel(placed: PlacedPanel, leads_to: Next | None) -> Any:
    panel = placed.declared
    drawing = drawing_of(panel, placed)
    return _object(
        drawing.type,
        title=panel.title,
        id=placed.id,
        gridPos=_grid_position(placed.place),
        description=panel.why,
        dataSource=DATA_SOURCE_REF,
        targets=[_target(target, panel, drawing.query_format) for target in placed.targets],
        links=[leads_to.to_json()] if leads_to else [],
        maxDataPoints=None,
        # What grafanalib cannot say in today's shape.
        extraJson={"fieldConfig": {"defaults": drawing.defaults}, "options": drawing.options},
        **drawing.arguments,
    )


def _grid_position(place: Place) -> Any:
    return _object("GridPos", h=place.height, w=place.width, x=place.x, y=place.y)


def _target(target: Target, panel: Panel, query_format: str) -> Any:
    return _object(
        "Target",
        expr=str(target.expr),
        legendFormat=target.legend,
        refId=target.ref_id,
        instant=panel.instant,
        format=query_format,
        intervalFactor=1,
        datasource=DATA_SOURCE_REF,
    )


def _template(variable: Variable) -> Any:
    return _object(
        "Template",
        name=variable.name,
        label=variable.title,
        query=variable.query,
        dataSource=DATA_SOURCE_REF,
        includeAll=variable.has_all,
        multi=not variable.single,
        allValue=variable.all_value if variable.has_all else None,
        sort=_DESCENDING if variable.last_first else _ASCENDING,
        refresh=_ON_TIME_RANGE_CHANGE,
    )


def _lines(choice: LineChoice) -> Any:
    return _object(
        "Template",
        name=choice.name,
        label=choice.title,
        type="custom",
        query=",".join(choice.offered),
        options=[{"selected": line in choice.chosen, "text": line, "value": line} for line in choice.offered],
        includeAll=True,
        multi=True,
    )
