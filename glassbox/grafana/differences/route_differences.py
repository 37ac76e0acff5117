"""What differs in our route and the routes below it, each called by what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.notification_marks import without_mark
from glassbox.grafana.returned_durations import in_seconds

_DURATIONS = ("group_wait", "group_interval", "repeat_interval")
_WORDS = {
    "receiver": "contact point", "group_by": "grouped by", "group_wait": "first wait", "group_interval": "wait between messages",
    "repeat_interval": "repeated after", "mute_time_intervals": "muted by", "active_time_intervals": "active in",
    "continue": "continue", "object_matchers": "takes",
}  # fmt: skip  # a table


def plain_route(route: Json) -> Json:
    """The route in one form: without our mark and empty fields, matchers sorted, durations in seconds, routes below it alike."""
    kept = {key: value for key, value in route.items() if value not in (None, "", [], {}, False) and key != "provenance"}  # fmt: skip  # one thing is one line
    kept |= {key: in_seconds(kept[key]) for key in _DURATIONS if key in kept}
    if matchers := without_mark(route.get("object_matchers")):
        kept["object_matchers"] = matchers
    else:
        kept.pop("object_matchers", None)
    if "routes" in kept:
        kept["routes"] = [plain_route(child) for child in kept["routes"]]
    return kept


def route_differences(before: Json, after: Json) -> Iterator[Difference]:
    """Everything that differs between two states of one route; a route below it is known by what it takes."""
    yield from _differences("", plain_route(before), plain_route(after))


def _differences(part: str, before: Json, after: Json) -> Iterator[Difference]:
    for key in sorted({*before, *after} - {"routes"}):
        old, new = before.get(key), after.get(key)
        if old != new:
            told = changed(part, _WORDS.get(key, key), _shown(key, old), _shown(key, new))
            yield Difference(part, told.text, old, new)
    old_routes, new_routes = (_by_matchers(part, route) for route in (before, after))
    for name, route in old_routes.items():
        if name not in new_routes:
            yield Difference(name, "route removed", route, None)
    for name, route in new_routes.items():
        if name not in old_routes:
            yield Difference(name, "route added", None, route)
        else:
            yield from _differences(name, old_routes[name], route)
    stayed = [[name for name in one if name in other] for one, other in ((old_routes, new_routes), (new_routes, old_routes))]  # fmt: skip  # one thing is one line
    if stayed[0] != stayed[1]:
        yield Difference(part, "order of routes changed", *stayed)


def _shown(key: str, value: Any) -> Any:
    if key in _DURATIONS and isinstance(value, int):
        return f"{value} s"
    if key == "object_matchers" and value:
        return matchers_text(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _by_matchers(part: str, route: Json) -> dict[str, Json]:
    named: dict[str, Json] = {}
    for child in route.get("routes") or ():
        name = ", ".join(filter(None, (part, matchers_text(child.get("object_matchers") or [])))) or "all"
        named[name if name not in named else f"{name} ({len(named) + 1})"] = child
    return named


def matchers_text(matchers: list[list[str]]) -> str:
    """What a route takes: "owner=platform, severity=page"."""
    return ", ".join("".join(each) for each in matchers)
