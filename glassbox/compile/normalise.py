"""The normalising pass: grafanalib's JSON into the shape that Grafana 12 and 13 write themselves.

Keys and defaults are those of Grafana's own schema (@grafana/schema 13.2.2); what equals a default is left out.
Sorted keys and no nulls, as Grafana saves, so that an export of a pushed dashboard differs in nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

from glassbox.compile.bundle import Json

SCHEMA_VERSION = 42
# Without it Grafana treats a panel as an ancient one and runs migrations that undo today's options.
PLUGIN_VERSION = "13.2.2"
REFRESH = "30s"
BUILT_IN_ANNOTATION = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}

_SCALARS = (str, int, float)


def plain(value: Any) -> Any:
    """grafanalib objects as plain dicts and lists."""
    if value is None or isinstance(value, _SCALARS):
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return plain(value.to_json_data())


def normalised_dashboard(old: Json, tags: list[str], annotations: Sequence[Json] = ()) -> Json:
    """A dashboard in today's shape, with links to all others of each of its tags."""
    return {
        "annotations": {"list": [BUILT_IN_ANNOTATION, *annotations]},
        "description": old["description"],
        "editable": True,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "links": [_link(tag) for tag in tags],
        "panels": [normalised_panel(panel) for panel in old["panels"]],
        "preload": False,
        "refresh": REFRESH,
        "schemaVersion": SCHEMA_VERSION,
        "tags": tags,
        "templating": {"list": [_variable(variable) for variable in old["templating"]["list"]]},
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": old["title"],
        "uid": old["uid"],
    }


def _link(tag: str) -> Json:
    """A menu of the dashboards with that tag, which keeps the time range and what is chosen."""
    return {
        "asDropdown": True,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "tags": [tag],
        "targetBlank": False,
        "title": tag.capitalize(),
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    }


def normalised_panel(old: Json) -> Json:
    """A panel in today's shape; a type that this pass does not know is refused."""
    shared = {key: old[key] for key in ("gridPos", "id", "title", "type")}
    if old["type"] == "row":
        return shared | {"collapsed": False, "panels": []}
    return shared | {
        "datasource": old["datasource"],
        "description": old["description"],
        "fieldConfig": {"defaults": _defaults(old), "overrides": old["fieldConfig"].get("overrides", [])},
        "options": _OPTIONS[old["type"]](old),
        "pluginVersion": PLUGIN_VERSION,
        "targets": [_target(target) for target in old["targets"]],
        **{key: old[key] for key in ("links", "transformations") if old[key]},
    }


def _target(old: Json) -> Json:
    # The panel's data source holds for all its targets, as in dashboards that Grafana itself saved with schema 40.
    new = {key: old[key] for key in ("expr", "refId")}
    new |= {"instant": True} if old["instant"] else {"range": True}
    new |= {"format": old["format"]} if old["format"] in ("table", "heatmap") else {}
    # A table names its columns itself; elsewhere an empty legend would print the whole label set.
    return new | ({} if old["format"] == "table" else {"legendFormat": old["legendFormat"]})


_KEPT = ("unit", "min", "max", "decimals", "noValue", "thresholds", "mappings")


def _defaults(old: Json) -> Json:
    # Grafana's heatmap has these among its options.
    if old["type"] == "heatmap":
        return {}
    given = old["fieldConfig"]["defaults"]
    if old["type"] == "bargauge":
        given = old["options"]["fieldOptions"]["defaults"] | given
    kept = {key: given[key] for key in _KEPT if _said(given.get(key))}
    return kept | _color(old["type"], kept) | _custom(old)


def _said(value: Any) -> bool:
    return value is not None and value not in ("", [], {"mode": "absolute", "steps": []})


def _color(kind: str, defaults: Json) -> Json:
    if kind == "timeseries":
        return {}
    steps = defaults["thresholds"]["steps"]
    # A single colour does not judge: fixed, so that no default red appears.
    by_value = {"mode": "thresholds"}
    return {"color": by_value if len(steps) > 1 else {"fixedColor": steps[0]["color"], "mode": "fixed"}}


# Columns of numbers may be narrower than Grafana's 150 px, so that a table needs no scrolling sideways.
_COLUMNS = {"minWidth": 80, "wrapHeaderText": True}


def _custom(old: Json) -> Json:
    if old["type"] == "table":
        return {"custom": _COLUMNS}
    if old["type"] != "timeseries":
        return {}
    given = old["fieldConfig"]["defaults"]["custom"]
    said = {key: given[key] for key in ("axisSoftMax", "fillOpacity", "stacking") if given[key]}
    return {"custom": said | {"showPoints": given["showPoints"]}}


# Left out, Grafana would reduce to the last sample, which is null at the right edge.
_REDUCE = {"calcs": ["lastNotNull"]}

# Pixels, for each column of the panel and at most; left out, long names of models would take up to 60 % of a panel.
_LEGEND_COLUMN, _LEGEND_MOST = 26, 320


def _timeseries(old: Json) -> Json:
    placement = old["options"]["legend"]["placement"]
    width = min(_LEGEND_MOST, _LEGEND_COLUMN * old["gridPos"]["w"])
    beside = {"legend": {"placement": placement, "showLegend": True, "width": width}}
    return ({} if placement == "bottom" else beside) | {"tooltip": old["options"]["tooltip"]}


_WORD_SIZES, _BAR_SIZES = {"titleSize": 13, "valueSize": 16}, {"titleSize": 13, "valueSize": 18}


def _stat(old: Json) -> Json:
    given = old["options"]
    options = {"colorMode": given["colorMode"], "graphMode": given["graphMode"], "reduceOptions": _REDUCE}
    turned = {} if given["orientation"] == "auto" else {"orientation": given["orientation"]}
    # Grafana fits the size of names to the narrowest band, where they cannot be read.
    sized = {"text": _WORD_SIZES} if given["colorMode"] == "background_solid" else {}
    return options | turned | sized


def _gauge(old: Json) -> Json:
    # With `shape`, Grafana 13 knows that the panel needs no migration from the older gauge.
    return {"reduceOptions": _REDUCE, "shape": "gauge", "showThresholdMarkers": True}


def _bargauge(old: Json) -> Json:
    given = old["options"]
    return {
        "displayMode": given["displayMode"],
        # Beside its bar a longer name would be cut.
        "namePlacement": "top",
        "orientation": given["orientation"],
        "reduceOptions": _REDUCE,
        # Grafana fits names to the height, where they outgrow the values.
        "text": _BAR_SIZES,
    }


def _state_timeline(_old: Json) -> Json:
    # Each band bears its name and its word already.
    return {"legend": {"showLegend": False}}


def _heatmap(old: Json) -> Json:
    units: Json = old["options"]
    # A scheme of one colour, since no time is good or bad in itself.
    return units | {"color": {"mode": "scheme", "scheme": "Blues"}}


def _table(old: Json) -> Json:
    ordered = old["options"]["sortBy"]
    return {"showHeader": True, **({"sortBy": ordered} if ordered else {})}


_OPTIONS: dict[str, Callable[[Json], Json]] = {
    "timeseries": _timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bargauge,
    "state-timeline": _state_timeline,
    "heatmap": _heatmap,
    "table": _table,
}


def _variable(old: Json) -> Json:
    shared = {"label": old["label"], "name": old["name"], "options": [], "regex": "", "type": old["type"]}
    if old["type"] == "datasource":
        return shared | {"includeAll": False, "multi": False, "query": old["query"], "refresh": 1}
    if old["type"] == "custom":
        chosen = [option["value"] for option in old["options"] if option["selected"]]
        given = {key: old[key] for key in ("includeAll", "multi", "query")}
        return shared | given | {"current": {"text": chosen, "value": chosen}}
    return (
        shared
        | _start(old)
        | {
            "datasource": old["datasource"],
            "definition": old["query"],
            "includeAll": old["includeAll"],
            "multi": old["multi"],
            "query": {"qryType": 1, "query": old["query"], "refId": "PrometheusVariableQueryEditor-VariableQuery"},
            "refresh": old["refresh"],
            "sort": old["sort"],
        }
    )


def _start(old: Json) -> Json:
    """What is chosen at first: All, or, where that cannot be chosen, the first value, which Grafana takes by itself."""
    if not old["includeAll"]:
        return {}
    current = {"text": "All", "value": "$__all"}
    return {
        "allValue": old["allValue"],
        "current": {key: [value] for key, value in current.items()} if old["multi"] else current,
    }
