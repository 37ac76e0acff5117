"""Rows of the database file as a state again, each checked before it is believed: a file may be damaged or written by hand."""

import json
from collections.abc import Iterable
from typing import Any

from glassbox.standin.accounts import Role
from glassbox.standin.refusals import RefusalError
from glassbox.standin.shapes import TEXTS, Shape, check_shape
from glassbox.standin.state import DashboardVersion, Folder, Numbers, Rule, State, StoredDashboard

_OBJECTS: dict[str, Shape] = {
    "ids": [int],
    "policies": {},
    "folder": {**dict.fromkeys(("uid", "title", "parent_uid"), str), "id": int, "version": int},
    "dashboard": {"id": int, "folder_uid": str, "manager": {TEXTS: str}, "stored_version": str},
    "version": {"version": int, "spec": {"uid": str, "title": str, "tags": list}},
    "rule": {
        **dict.fromkeys(("uid", "folder_uid", "group", "provenance"), str),
        **dict.fromkeys(("id", "index", "interval_seconds"), int),
        "body": {"title": str, "data": [{"model": dict}], "labels": {TEXTS: str}, "annotations": {TEXTS: str}},
    },
    "data source": {**dict.fromkeys(("uid", "name", "type", "url"), str), "isDefault": bool, "version": int},
    "contact point": {**dict.fromkeys(("uid", "name", "type"), str), "settings": {}},
    "mute timing": {"name": str, "time_intervals": [dict]},
    "template": {"name": str, "template": str},
    "annotation": {"id": int, "tags": list},
    "service account": str,
    "token": int,
}
# None of these may be null or missing.
_NEEDED = {
    "version": ("version", "spec"),
    "data source": ("uid", "name", "type", "url", "isDefault", "version", "id", "readOnly"),
    "contact point": ("uid", "name", "type", "settings"),
    "mute timing": ("name", "time_intervals"),
    "template": ("name", "template"),
    "annotation": ("id",),
}


def restored(empty: State, rows: Iterable[tuple[str, str, str]]) -> State:
    """What the rows (kind, key, body) hold, put into the `empty` state; ValueError, TypeError or LookupError for what no state is."""
    state = empty
    for number, (kind, key, text) in enumerate(rows):
        if number == 0:
            state.contact_points.clear()
        body = json.loads(text)
        _check(kind, body)
        _put(state, kind, key, body)
    _check_links(state)
    return state


def _check(kind: str, body: Any) -> None:
    try:
        check_shape(body, _OBJECTS[kind])
    except RefusalError:
        raise ValueError(kind) from None
    if body is None or any(body[name] is None for name in _NEEDED.get(kind, ())):
        raise ValueError(kind)


def _check_links(state: State) -> None:
    """Each dashboard has content with a title, each token an account with a role, and no folder is inside itself."""
    for board in state.dashboards.values():
        board.spec["title"].lower()
    for number in state.tokens.values():
        Role[state.service_accounts[number]]
    for folder in state.folders.values():
        seen = {folder.uid}
        while (folder := state.folders.get(folder.parent_uid, folder)).uid not in seen:
            seen.add(folder.uid)
        if folder.parent_uid in state.folders:
            raise ValueError(folder.uid)


def _put(state: State, kind: str, key: str, body: Any) -> None:
    match kind:
        case "ids":
            state.ids, state.dashboard_ids = Numbers(body[0]), Numbers(body[1])
        case "policies":
            state.policies = body
        case "folder":
            state.folders[key] = Folder(**body)
        case "dashboard":
            state.dashboards[key] = StoredDashboard(key, versions=[], **_not_null(body))
        case "version":
            state.dashboards[key.rpartition("/")[0]].versions.append(DashboardVersion(**body))
        case "rule":
            state.rules[key] = Rule(**body)
        case "data source" | "contact point" | "mute timing" | "template":
            _plain_objects(state)[kind][key] = body
        case "annotation":
            state.annotations.append(body)
        case "service account":
            state.service_accounts[int(key)] = body
        case "token":
            state.tokens[key] = body


def _not_null(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _plain_objects(state: State) -> dict[str, dict[str, Any]]:
    """The objects that a state holds as JSON, by kind."""
    return {
        "data source": state.data_sources,
        "contact point": state.contact_points,
        "mute timing": state.mute_timings,
        "template": state.templates,
    }
