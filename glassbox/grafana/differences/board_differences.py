"""What differs in a dashboard: its own fields, variables and annotations by name, panels by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glassbox.compile.bundle import Json, every_panel
from glassbox.grafana.differences.difference import Difference, changed, named_items, other_fields
from glassbox.grafana.differences.panel_differences import panel_differences, panel_title

_TOLD = frozenset({"panels", "templating", "annotations", "title", "description", "tags", "links"})

V1_TO_V2, V2_TO_V1 = changed("", "schema", "v1", "v2"), changed("", "schema", "v2", "v1")
"""All that is told between two schemas."""


def board_differences(before: Json, after: Json) -> Iterator[Difference]:
    """Everything that differs between two states of a dashboard's JSON; the content of different schemas is not compared."""
    if is_v2(before) != is_v2(after):
        yield V2_TO_V1 if is_v2(before) else V1_TO_V2
        return
    for name in ("title", "description"):
        if before.get(name) != after.get(name):
            yield changed("", name, before.get(name), after.get(name))
    yield from named_items("", "tag", _tags(before), _tags(after))
    if before.get("links") != after.get("links"):
        yield Difference("", "links changed", before.get("links"), after.get("links"))
    for field, word in (("templating", "variable"), ("annotations", "annotation")):
        old, new = (_named((board.get(field) or {}).get("list") or ()) for board in (before, after))
        yield from named_items("", word, old, new)
        yield from _order("", f"order of {word}s", old, new)
    yield from _panels(before, after)
    yield from other_fields("", before, after, _TOLD)


def is_v2(board: Json) -> bool:
    """Whether a dashboard's JSON is of schema v2, which Grafana 12 and 13 return where they cannot convert it."""
    return "elements" in board and "panels" not in board


def is_stored_in_v2(live: Json) -> bool:
    """Whether Grafana holds a live dashboard in schema v2, whatever form it returned; false where that is not known."""
    version = str((live.get("metadata") or {}).get("storedVersion") or "")
    return is_v2(live["dashboard"]) or version.startswith("v2")


def _tags(board: Json) -> dict[str, bool]:
    return dict.fromkeys(map(str, board.get("tags") or ()), True)


def _named(items: Iterable[Json]) -> dict[str, Json]:
    return {str(item.get("name") or number): item for number, item in enumerate(items)}


def _order(part: str, what: str, before: dict[str, Json], after: dict[str, Json]) -> Iterator[Difference]:
    """A change of order alone; items that came or went are told by themselves."""
    old, new = [name for name in before if name in after], [name for name in after if name in before]
    if old != new:
        yield Difference(part, f"{what} changed", old, new)


def _panels(before: Json, after: Json) -> Iterator[Difference]:
    old, new = (_by_id(board) for board in (before, after))
    for number, panel in old.items():
        if number not in new:
            yield Difference(panel_title(panel), "panel removed", panel, None)
    for number, panel in new.items():
        if number not in old:
            yield Difference(panel_title(panel), "panel added", None, panel)
        else:
            yield from panel_differences(old[number], panel)
    yield from _order("", "order of panels", old, new)


def _by_id(board: Json) -> dict[str, Json]:
    return {str(panel.get("id")): panel for panel in every_panel(board.get("panels"))}
