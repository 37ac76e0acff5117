"""Alert rules on their way in and out: fields known to the release, canonical durations, normalised query models."""

import json
from http import HTTPStatus
from typing import Any

from glassbox.standin.durations import canonical
from glassbox.standin.refusals import bad_request_data, plain
from glassbox.standin.releases import Behaviour
from glassbox.standin.shapes import TEXTS, Shape, check_shape
from glassbox.standin.state import Json, Rule

DEFAULT_INTERVAL_MS = 1000
DEFAULT_MAX_DATA_POINTS = 43200
NEVER = "0001-01-01T00:00:00Z"
_SETTINGS_DURATIONS = ("group_wait", "group_interval", "repeat_interval")


def receive(raw: Any, behaviour: Behaviour) -> Json:
    """The rule as the release understands it: its own fields with their zero values, anything else dropped.

    Raises ValueError for a bad duration, and the refusal "bad request data" for a field of the wrong type.
    """
    if not isinstance(raw, dict):
        raise bad_request_data()
    check_shape(raw, _RULE)
    body: Json = {name: raw.get(name) or "" for name in _TEXT_FIELDS}
    body["for"] = canonical(raw.get("for") or "0s")
    body["data"] = list(raw.get("data") or [])
    body["annotations"] = raw.get("annotations") or {}
    body["labels"] = raw.get("labels") or {}
    body["isPaused"] = bool(raw.get("isPaused"))
    body["notification_settings"] = _settings(raw.get("notification_settings"), behaviour)
    if behaviour.rule_has_record:
        body["record"] = raw.get("record")
    if behaviour.rule_keeps_firing:
        body["keep_firing_for"] = canonical(raw.get("keep_firing_for") or "0s")
        body["missingSeriesEvalsToResolve"] = raw.get("missingSeriesEvalsToResolve")
    return _without_alerting_fields(body) if body.get("record") else body


_TEXT_FIELDS = ("uid", "title", "condition", "noDataState", "execErrState", "folderUID", "ruleGroup")
_SPAN: Shape = {"from": int, "to": int}
_QUERY: Shape = {"refId": str, "queryType": str, "datasourceUid": str, "relativeTimeRange": _SPAN, "model": dict}
_RULE: Shape = {
    **dict.fromkeys((*_TEXT_FIELDS, "for", "keep_firing_for"), str),
    "data": [_QUERY],
    "annotations": {TEXTS: str},
    "labels": {TEXTS: str},
    "isPaused": bool,
    "notification_settings": {"receiver": str, **dict.fromkeys(_SETTINGS_DURATIONS, str)},
    "record": dict,
    "missingSeriesEvalsToResolve": int,
}


def _settings(settings: Json | None, behaviour: Behaviour) -> Json | None:
    if settings is None:
        return None
    known = dict(settings)
    if not behaviour.rule_has_active_time_intervals:
        known.pop("active_time_intervals", None)
    return known | {name: canonical(known[name]) for name in _SETTINGS_DURATIONS if known.get(name)}


def _without_alerting_fields(body: Json) -> Json:
    """A recording rule: what only alerts have is cleared on save."""
    cleared: Json = {"condition": "", "noDataState": "", "execErrState": "", "for": "0s", "notification_settings": None}
    if "keep_firing_for" in body:
        cleared |= {"keep_firing_for": "0s", "missingSeriesEvalsToResolve": None}
    return body | cleared


def stored_queries(queries: list[Json]) -> list[Json]:
    """The queries as Grafana stores them: model keys sorted at every depth, its two defaults filled in."""
    return [_stored_query(query) for query in queries]


def _stored_query(query: Json) -> Json:
    model = dict(query.get("model") or {})
    model["intervalMs"] = model.get("intervalMs") or DEFAULT_INTERVAL_MS
    model["maxDataPoints"] = model.get("maxDataPoints") or DEFAULT_MAX_DATA_POINTS
    span = query.get("relativeTimeRange") or {}
    return {
        "refId": query.get("refId") or "",
        "queryType": model.get("queryType") or query.get("queryType") or "",
        "relativeTimeRange": {"from": span.get("from") or 0, "to": span.get("to") or 0},
        "datasourceUid": query.get("datasourceUid") or "",
        "model": json.loads(json.dumps(model, sort_keys=True)),
    }


def equal_queries(submitted: list[Json], stored: list[Json]) -> bool:
    """Grafana's own test for a change: model JSON is compared as text, so the order of keys counts."""
    return [_text(query) for query in submitted] == [_text(query) for query in stored]


def _text(query: Json) -> tuple[str, Json]:
    model = query.get("model") or {}
    return json.dumps(model), {key: value for key, value in _stored_query(query).items() if key != "model"}


def shown(rule: Rule) -> Json:
    """The rule as GET answers it: empty maps and unset optional fields are absent, the rest is always there."""
    body = {key: value for key, value in rule.body.items() if not (key in _ABSENT_WHEN_EMPTY and not value)}
    placed = {
        "id": rule.id,
        "uid": rule.uid,
        "orgID": 1,
        "folderUID": rule.folder_uid,
        "ruleGroup": rule.group,
        "updated": rule.updated,
    }
    return body | placed | ({"provenance": rule.provenance} if rule.provenance else {})


_ABSENT_WHEN_EMPTY = ("annotations", "labels", "missingSeriesEvalsToResolve")


def echoed(body: Json, raw: Json) -> Json:
    """A rule inside the answer to PUT of a group: the request itself, without the server's fields."""
    sent = {key: raw[key] for key in ("uid", "folderUID", "ruleGroup", "data") if raw.get(key)}
    kept = {key: value for key, value in body.items() if not (key in _ABSENT_WHEN_EMPTY and not value)}
    return kept | {"id": 0, "orgID": raw.get("orgID") or 0, "updated": NEVER} | sent


def invalid(message: str) -> Exception:
    """The refusal of a rule, with the prefix that all of them have."""
    return plain(HTTPStatus.BAD_REQUEST, f"invalid alert rule: {message}")
