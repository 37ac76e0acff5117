"""The shape of a backup: what it holds of Grafana has that of Grafana's answers, and each place of rules parts of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.files import MAX_DEPTH
from glassbox.grafana import answer_shape
from glassbox.grafana.answer_shape import MaybeAbsent, Shape, misfit
from glassbox.grafana.differences.board_differences import is_v2

_BACKUP = {
    "server": MaybeAbsent({"url": str, "organisation": str, "organisation_id": MaybeAbsent(int)}),
    "folder_uid": str,
    "objects": [
        {
            "kind": str,
            "uid": str,
            "title": str,
            "edited": bool,
            "folder_uid": MaybeAbsent(str),
            "created": MaybeAbsent(dict),
        }
    ],
    "folders": MaybeAbsent([{"uid": str, "title": str, "parentUid": str}]),
    "places": MaybeAbsent([{"title": str, "origin": dict, "before": dict}]),
    "rollback": MaybeAbsent({"to": str, "finished": bool}),
}
_METADATA: dict[str, Shape] = {"metadata": MaybeAbsent({"storedVersion": MaybeAbsent(str)})}
# One that only takes rules of other groups has no interval.
_GROUP = answer_shape.RULE_GROUP | {"interval": MaybeAbsent(int), "elsewhere": MaybeAbsent(answer_shape.ALERT_RULES)}
_BEFORE: Mapping[str, Shape] = {
    "folder": answer_shape.FOLDER,
    "dashboard": {
        **answer_shape.DASHBOARD,
        "dashboard": {**answer_shape.DASHBOARD["dashboard"], **answer_shape.BOARD},
        **_METADATA,
    },
    "template": answer_shape.TEMPLATES.shape[0],
    "contact point": answer_shape.CONTACT_POINTS.shape[0] | {"uid": str, "settings": dict},
    "mute timing": answer_shape.MUTE_TIMINGS.shape[0] | {"time_intervals": [dict]},
    "rule group": _GROUP,
    "route": {"folder_uid": str, "route": dict, "position": int},
}
"""The state of an object, by kind."""
_RULES = {"name": str, "rules": [{"labels": MaybeAbsent(dict), "annotations": MaybeAbsent(dict)}]}


def problem(backup: Any) -> str:
    """What is wrong, as `objects[0].before.rules[0].uid is missing`; "" where it is a backup."""
    if _is_deep(backup):
        return f"it has more than {MAX_DEPTH} levels"
    if wrong := misfit(backup, _BACKUP):
        return wrong
    if _needs_grafana(backup) and not (backup.get("server") or {}).get("url"):
        return "server.url is missing"
    objects = (_wrong_object(each, f"objects[{at}]") for at, each in enumerate(backup["objects"]))
    places = (_wrong_place(each, f"places[{at}]") for at, each in enumerate(backup.get("places") or ()))
    return next(filter(None, (*objects, *places)), "")


def _needs_grafana(backup: Json) -> bool:
    """Whether it holds something that only a push to Grafana touches."""
    origins = (each["origin"] for each in backup.get("places") or ())
    return bool(backup["objects"]) or any("data_source" in origin for origin in origins)


def _is_deep(value: Any) -> bool:
    """Whether lists and objects are inside each other in more than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        holders = (each for each in level if isinstance(each, dict | list))
        level = [part for each in holders for part in (each.values() if isinstance(each, dict) else each)]
    return bool(level)


def _wrong_object(each: Json, where: str) -> str:
    if each["kind"] not in _BEFORE:
        return f"{where}.kind is not one of {', '.join(_BEFORE)}"
    if "before" not in each:
        return f"{where}.before is missing"
    before, place = each["before"], f"{where}.before"
    if wrong := misfit(before, MaybeAbsent(_shape_of(each)), place):
        return wrong
    has_rules = each["kind"] == "rule group" and before and before["rules"]
    return f"{place}.interval is missing" if has_rules and before.get("interval") is None else ""


def _shape_of(each: Json) -> Shape:
    """One of schema v2 has no panels, and does not come back."""
    board = (
        each["before"].get("dashboard") if each["kind"] == "dashboard" and isinstance(each["before"], dict) else None
    )
    return answer_shape.DASHBOARD | _METADATA if isinstance(board, dict) and is_v2(board) else _BEFORE[each["kind"]]


def _wrong_place(each: Json, where: str) -> str:
    wrong_part = _ORIGINS.get(frozenset(each["origin"]))
    if wrong_part is None or misfit(each["origin"], dict.fromkeys(each["origin"], str)):
        return f"{where}.origin does not name a place"
    if "\0" in each["title"]:
        return f"{where}.title is not a name"
    return next(_wrong_parts(each["before"], wrong_part, f"{where}.before"), "")


def _wrong_parts(parts: Json, wrong_part: Callable[[str, Any], str], where: str) -> Iterator[str]:
    """Of each part that was there, a file or a group."""
    for name, part in parts.items():
        if wrong := wrong_part(name, part):
            yield f"{where}[{name!r}] {wrong}"


def _wrong_file(name: str, text: Any) -> str:
    if PurePosixPath(name).name != name or "\0" in name or not name.endswith((".yaml", ".yml")):
        return "is not the name of a rule file"
    return "" if isinstance(text, str | None) else "is not text"


def _wrong_group(name: str, group: Any) -> str:
    if wrong := misfit(group, MaybeAbsent(_RULES), "group"):
        return f"has another shape: {wrong}"
    return "" if group is None or group["name"] == name else "has another name"


def _wrong_of_either(name: str, part: Any) -> str:
    return _wrong_file(name, part) if isinstance(part, str) else _wrong_group(name, part)


_ORIGINS: Mapping[frozenset[str], Callable[[str, Any], str]] = {
    frozenset({"folder"}): _wrong_file,
    frozenset({"data_source", "namespace"}): _wrong_group,
    frozenset({"ruler", "tenant", "namespace"}): _wrong_group,
    # An earlier version kept the title alone of a folder, and of a ruler.
    frozenset(): _wrong_of_either,
}
"""What is wrong with a part, by what distinguishes the place."""
