"""A dashboard as Grafana's JSON: uids, tags, annotations, links, currency, and the data source that it starts with.

Shapes of annotations: Grafana's Prometheus annotations (`annotations.ts` of its Prometheus data source), and its query by tags.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from glassbox.board.annotation import Annotation, QueriedEvents, TaggedEvents
from glassbox.board.assembling import AssembledDashboard
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.variables import DATA_SOURCE_REF
from glassbox.compile.bundle import DataSource, Json
from glassbox.compile.currency import print_in
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.errors import GlassboxError

TAG = "glassbox"
# Grafana returns no more events than this for a dashboard.
_MOST_TAGGED_EVENTS = 100


def dashboard_json(
    board: AssembledDashboard,
    *,
    uids: Mapping[str, str],
    runbooks: Mapping[tuple[str, int], Sequence[Json]],
    currency: str,
    data_source: DataSource | None,
) -> Json:
    """The dashboard in the shape that Grafana writes. `uids` are of all dashboards by slug, `runbooks` are links by slug and panel id."""
    annotations = [_annotation(each) for each in board.annotations]
    made = normalised_dashboard(plain(grafanalib_dashboard(board)), tags=[TAG], annotations=annotations)
    print_in(currency, made)
    _lead_to(uids, made)
    for panel in made["panels"]:
        if links := runbooks.get((board.slug, panel["id"])):
            panel["links"] = [*links, *panel.get("links", [])]
    made["uid"] = uids[board.slug]
    if data_source:
        _start_with(made, data_source)
    return made


def _annotation(declared: Annotation) -> Json:
    return _queried(declared) if isinstance(declared, QueriedEvents) else _tagged(declared)


def _queried(events: QueriedEvents) -> Json:
    shape: Json = {
        "datasource": DATA_SOURCE_REF,
        "enable": True,
        "expr": str(events.query),
        "iconColor": events.color,
        "name": events.name,
        "step": events.step,
        "textFormat": events.text,
        "titleFormat": events.title,
    }
    timed = {"useValueForTime": True} if events.at_value else {}
    return shape | timed | ({"tagKeys": ",".join(events.tags)} if events.tags else {})


def _tagged(events: TaggedEvents) -> Json:
    return {
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "iconColor": events.color,
        "name": events.name,
        "target": {"limit": _MOST_TAGGED_EVENTS, "matchAny": True, "tags": [events.tag], "type": "tags"},
    }


def _lead_to(uids: Mapping[str, str], value: Any) -> None:
    """Put uids into the links `/d/<slug>?...` of everything in `value`."""
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _lead_to(uids, item)
    if isinstance(value, dict) and str(value.get("url", "")).startswith("/d/"):
        slug, _, rest = value["url"].removeprefix("/d/").partition("?")
        if slug not in uids:
            raise GlassboxError(f"A link leads to the dashboard {slug!r}, which does not exist: correct its slug.")
        value["url"] = f"/d/{uids[slug]}?{rest}"


def _start_with(board: Json, data_source: DataSource) -> None:
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            variable["current"] = {"text": data_source.name, "value": data_source.uid}
