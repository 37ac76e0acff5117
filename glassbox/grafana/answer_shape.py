"""The shape that an answer of Grafana must have, checked where it enters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shape = Any
"""A type, a mapping of required keys to shapes, or a list with the shape of every item."""
_WORDS = {dict: "an object", list: "an array", str: "text", int: "a whole number"}


@dataclass(frozen=True)
class MaybeAbsent:
    """A key that may be absent or null."""

    shape: Shape


DATA_SOURCES = [{"uid": str, "name": str, "type": str}]
FOLDER = {
    "uid": str,
    "title": str,
    "version": MaybeAbsent(int),
    "parentUid": MaybeAbsent(str),
    "managedBy": MaybeAbsent(str),
    "parents": MaybeAbsent([dict]),
}
DASHBOARD: dict[str, dict[str, Shape]] = {
    "dashboard": {"uid": str, "title": MaybeAbsent(str), "tags": MaybeAbsent([str]), "version": int},
    "meta": {"folderUid": MaybeAbsent(str)},
}
_LIST = MaybeAbsent({"list": MaybeAbsent([dict])})
_STEPS = MaybeAbsent({"steps": MaybeAbsent([dict])})
_PANEL: dict[str, Shape] = {
    "targets": MaybeAbsent([dict]),
    "fieldConfig": MaybeAbsent({"defaults": MaybeAbsent({"thresholds": _STEPS})}),
}
BOARD: dict[str, Shape] = {
    "templating": _LIST,
    "annotations": _LIST,
    "panels": MaybeAbsent([_PANEL | {"panels": MaybeAbsent([_PANEL])}]),
}
"""What is compared of a dashboard's own JSON, of which Grafana checks next to nothing; not of schema v2."""
HITS = [{"uid": str}]
RULE = {
    "uid": str,
    "title": str,
    "provenance": MaybeAbsent(str),
    "for": MaybeAbsent(str),
    "keep_firing_for": MaybeAbsent(str),
    "labels": MaybeAbsent(dict),
    "annotations": MaybeAbsent(dict),
    "data": MaybeAbsent([{"model": MaybeAbsent(dict)}]),
}
RULE_GROUP = {"title": str, "folderUid": str, "interval": int, "rules": [RULE]}
CONTACT_POINTS = MaybeAbsent(
    [{"uid": MaybeAbsent(str), "name": str, "type": str, "settings": MaybeAbsent(dict), "provenance": MaybeAbsent(str)}]
)
MUTE_TIMINGS = MaybeAbsent(
    [{"name": str, "time_intervals": MaybeAbsent([dict]), "provenance": MaybeAbsent(str), "version": MaybeAbsent(str)}]
)
TEMPLATES = MaybeAbsent([{"name": str, "template": str, "provenance": MaybeAbsent(str), "version": MaybeAbsent(str)}])
_ROUTE: dict[str, Shape] = {"receiver": MaybeAbsent(str), "object_matchers": MaybeAbsent([[str]])}
_ROUTE["routes"] = MaybeAbsent([_ROUTE])
POLICIES = _ROUTE | {"provenance": MaybeAbsent(str)}
ALERT_RULES = [RULE | {"ruleGroup": str, "folderUID": str}]


def misfit(value: Any, shape: Shape, place: str = "") -> str:
    """What is wrong, as `rules[0].uid is missing`, or "" where the value has the shape."""
    if isinstance(shape, MaybeAbsent):
        return "" if value is None else misfit(value, shape.shape, place)
    expected = dict if isinstance(shape, Mapping) else list if isinstance(shape, list) else shape
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        return f"{place or 'it'} is not {_WORDS.get(expected, 'what it should be')}"
    if isinstance(shape, Mapping) and isinstance(value, dict):
        return next(filter(None, (_member(value, key, each, place) for key, each in shape.items())), "")
    if isinstance(shape, list):
        return next(filter(None, (misfit(item, shape[0], f"{place}[{at}]") for at, item in enumerate(value))), "")
    return ""


def _member(value: Mapping[str, Any], key: str, shape: Shape, place: str) -> str:
    where = f"{place}.{key}" if place else key
    if key not in value and not isinstance(shape, MaybeAbsent):
        return f"{where} is missing"
    return misfit(value.get(key), shape, where)
