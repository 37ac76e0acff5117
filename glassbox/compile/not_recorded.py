"""What a dashboard shows where nothing is recorded: its panels say so, and its menu says what to do.

Grafana's text for no result (`noValue`) is one for each panel, whatever the reason. So a panel that reads recorded series gets one
query more, with a result only where a series is missing that is always recorded. A hidden variable brings the sentence into the
title of the menu, which Grafana fills in; with nothing to say it is empty, and takes no place.
"""

import json
from collections.abc import Callable, Collection

from glassbox.board.assembling import AssembledDashboard
from glassbox.board.style import NEUTRAL
from glassbox.board.variables import DATA_SOURCE_REF
from glassbox.compile.bundle import Json
from glassbox.metrics.prometheus_server import ALERTS
from glassbox.query.selectors import Selector

WORDS = "Not recorded"
# The query's id in its panels, and the variable's name.
NAME = "not_recorded"
WHAT_TO_DO = (
    "The recorded series are not in this Prometheus: load build/recording_rules, "
    "or run python deploy.py try --prometheus URL"
)
# Grafana's numbers (`VariableHide` and `VariableRefresh` of its schema, `PromVariableQueryType` of its Prometheus data source).
_HIDDEN, _ON_TIME_RANGE_CHANGE, _QUERY_RESULT = 2, 2, 3


def panels_of_records(board: AssembledDashboard) -> frozenset[int]:
    """The ids of the panels whose queries all read what rules make: recorded series, or alerts."""
    return frozenset(
        panel.id
        for panel in board.panels.values()
        if all(any(map(_made_by_rules, target.expr.selectors)) for target in panel.targets)
    )


def _made_by_rules(series: Selector) -> bool:
    return series.level is not None or series.name == ALERTS.name


def say_where_not_recorded(board: Json, panels: Collection[int], always: str) -> None:
    """Let these panels and the menu of the dashboard say where the series `always` is missing, which is recorded whatever is found."""
    board["templating"]["list"].append(_variable(always))
    for link in board["links"]:
        link["title"] += f"${{{NAME}}}"
    for panel in board["panels"]:
        if panel["id"] in panels and panel["type"] in _TYPES:
            _TYPES[panel["type"]](panel, always)


def _variable(always: str) -> Json:
    query = f'query_result(label_replace(absent({always}), "say", {json.dumps(f". {WHAT_TO_DO}")}, "", ""))'
    return {
        "datasource": DATA_SOURCE_REF,
        "definition": query,
        "hide": _HIDDEN,
        "includeAll": False,
        "label": WORDS,
        "multi": False,
        "name": NAME,
        "options": [],
        "query": {"qryType": _QUERY_RESULT, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": _ON_TIME_RANGE_CHANGE,
        "regex": '/say="([^"]+)"/',
        # The sentence belongs into no address.
        "skipUrlSync": True,
        "sort": 0,
        "type": "query",
    }


def _ask(panel: Json, expr: str, **more: object) -> None:
    panel["targets"].append({"expr": expr, "instant": True, "refId": NAME, **more})


def _ask_at_end(panel: Json, always: str) -> None:
    """Over the whole range: what is missing at its end."""
    panel["targets"].append({"expr": f"absent({always} @ end())", "legendFormat": WORDS, "range": True, "refId": NAME})


def _override(panel: Json, **properties: object) -> None:
    said = [{"id": name, "value": value} for name, value in properties.items()]
    matcher = {"id": "byFrameRefID", "options": NAME}
    panel["fieldConfig"]["overrides"].append({"matcher": matcher, "properties": said})


def _graph(panel: Json, always: str) -> None:
    """A pale ground over the whole range, with axes that say the words and have no values: Grafana writes nothing else on a graph."""
    _ask_at_end(panel, always)
    _override(panel, **_GROUND)


def _word(panel: Json, always: str) -> None:
    """A word in place of the number, on a scale that begins with it."""
    _ask(panel, f"absent({always})", legendFormat=WORDS)
    scale = {"min": 1, "max": 2} if panel["type"] in ("gauge", "bargauge") else {}
    _override(panel, mappings=_MAPPINGS, **scale)


def _band(panel: Json, always: str) -> None:
    """A band over the whole range."""
    _ask_at_end(panel, always)
    _override(panel, mappings=_MAPPINGS)


def _row(panel: Json, always: str) -> None:
    """A row with the word in its first label, and nothing else."""
    organize = next(each["options"] for each in panel["transformations"] if each["id"] == "organize")
    if len(panel["targets"]) == 1:
        # With a second query, Grafana calls each one's value after its id.
        panel["transformations"].insert(0, {"id": "merge", "options": {}})
        for key in ("excludeByName", "indexByName", "renameByName"):
            if "Value" in organize[key]:
                organize[key]["Value #A"] = organize[key]["Value"]
    organize["excludeByName"][f"Value #{NAME}"] = True
    label = next(name for name in organize["renameByName"] if not name.startswith("Value"))
    _ask(panel, f'label_replace(absent({always}), "{label}", "{WORDS}", "", "")', format="table")


_GROUND = {
    "color": {"fixedColor": NEUTRAL, "mode": "fixed"},
    "min": 0,
    "max": 1,
    "mappings": [{"options": {"from": 0, "result": {"text": " "}, "to": 1}, "type": "range"}],
    "custom.axisLabel": WORDS,
    "custom.axisPlacement": "left",
    "custom.axisGridShow": False,
    "custom.fillOpacity": 20,
    "custom.lineWidth": 0,
    "custom.stacking": {"group": "A", "mode": "none"},
}
_MAPPINGS = [{"options": {"1": {"color": NEUTRAL, "index": 0, "text": WORDS}}, "type": "value"}]
_TYPES: dict[str, Callable[[Json, str], None]] = {
    "timeseries": _graph,
    "stat": _word,
    "gauge": _word,
    "bargauge": _word,
    "state-timeline": _band,
    "table": _row,
}
