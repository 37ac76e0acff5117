"""Dashboards of Grafana's schema v2 as the classic ones that they stand for.

Kinds, groups and specs: `@grafana/schema`, schema/dashboard/v2; v2alpha1 has the plugin's id as `kind` where later ones have `group`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.reading.located import LocatedObject, object_in, text_in

_REFRESHES = {"never": 0, "onDashboardLoad": 1, "onTimeRangeChanged": 2}
_MOST_LAYOUTS_IN_LAYOUTS = 10
_TYPES = {"Switch": "switch", "GroupBy": "groupby"}


def is_of_elements(value: Mapping[str, Any]) -> bool:
    """Whether this is the body of a dashboard of schema v2."""
    return isinstance(value.get("elements"), dict) and isinstance(value.get("layout"), dict)


def classic(spec: Mapping[str, Any]) -> LocatedObject:
    """The dashboard in the classic schema, with the lines of its own; panels have a place only in a grid without rows and tabs."""
    layouts = list(_layouts(object_in(spec, "layout"), 0))
    parts = [part for layout in layouts for part in _parts(layout)]
    items = [item for layout in layouts for item in _items(layout)]
    grid = {_element(item): item for item in _items(layouts[0]) if layouts[0].get("kind") == "GridLayout"}
    repeats = {_element(item): _repeat(item) for item in items}
    panels = [
        _panel(name, each, grid.get(name), repeats.get(name, ""))
        for name, each in object_in(spec, "elements").items()
        if isinstance(each, dict)
    ]
    rows = [{"type": "row", "title": text_in(part, "title"), "repeat": _repeat(part)} for part in parts]
    variables = (*objects_in(spec, "variables"), *(each for part in parts for each in objects_in(part, "variables")))
    return _like(
        spec,
        {key: value for key, value in spec.items() if key not in ("elements", "layout", "variables", "annotations")},
        panels=[*panels, *rows],
        templating={"list": [_variable(each) for each in variables]},
        annotations={"list": [_annotation(object_in(each, "spec")) for each in objects_in(spec, "annotations")]},
        conditions=[text for each in (*parts, *items) for text in _conditions(each)],
    )


def _layouts(layout: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    """A layout, and those within its rows and tabs."""
    yield layout
    for part in _parts(layout) if depth < _MOST_LAYOUTS_IN_LAYOUTS else ():
        yield from _layouts(object_in(part, "layout"), depth + 1)


def _parts(layout: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rows and tabs of a layout; of v2alpha1 also rows within a grid, which hold items themselves."""
    spec = object_in(layout, "spec")
    yield from (*_specs(spec, "rows"), *_specs(spec, "tabs"))
    yield from (each for each in _specs(spec, "items") if "elements" in each)


def _items(layout: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What places an element: the items of a layout, without those of the layouts in it."""
    for item in _specs(object_in(layout, "spec"), "items"):
        yield from _specs(item, "elements") if "elements" in item else (item,)


def _specs(holder: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    return (object_in(each, "spec") for each in objects_in(holder, key))


def _element(item: Mapping[str, Any]) -> str:
    return text_in(object_in(item, "element"), "name")


def _repeat(part: Mapping[str, Any]) -> str:
    return text_in(object_in(part, "repeat"), "value")


def _conditions(part: Mapping[str, Any]) -> Iterator[str]:
    """The variables on which it depends whether a part is shown, written as in texts."""
    for each in objects_in(object_in(object_in(part, "conditionalRendering"), "spec"), "items"):
        if name := text_in(object_in(each, "spec"), "variable"):
            yield f"${{{name}}}"


def _panel(name: str, element: Mapping[str, Any], item: Mapping[str, Any] | None, repeat: str) -> LocatedObject:
    spec = object_in(element, "spec")
    drawn = object_in(spec, "vizConfig")
    group = object_in(object_in(spec, "data"), "spec")
    queries = [_query(object_in(each, "spec")) for each in objects_in(group, "queries")]
    changes = [
        _like(each, object_in(each, "spec"), id=each.get("group") or each.get("kind"))
        for each in objects_in(group, "transformations")
    ]
    panel = _like(
        spec,
        {key: spec[key] for key in ("id", "title", "description", "links") if key in spec},
        type=text_in(drawn, "group") or text_in(drawn, "kind"),
        targets=queries,
        transformations=changes,
        interval=object_in(group, "queryOptions").get("interval"),
        repeat=repeat,
        **{key: object_in(object_in(drawn, "spec"), key) for key in ("options", "fieldConfig")},
    )
    if element.get("kind") == "LibraryPanel":
        panel["libraryPanel"] = {"name": name}
    if item is not None:
        panel["gridPos"] = {"x": item.get("x"), "y": item.get("y"), "w": item.get("width"), "h": item.get("height")}
    return panel


def _query(spec: Mapping[str, Any]) -> LocatedObject:
    asked = object_in(spec, "query")
    return _like(
        object_in(asked, "spec"),
        object_in(asked, "spec"),
        refId=text_in(spec, "refId"),
        hide=spec.get("hidden"),
        datasource=_source(asked, spec),
    )


def _source(asked: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The data source of a query, which is of the kind that the query is."""
    kind = text_in(asked, "kind")
    kind = text_in(asked, "group") if kind in ("DataQuery", "") else kind
    named = object_in(asked, "datasource") or object_in(spec, "datasource")
    return {"type": kind, "uid": text_in(named, "name") or text_in(named, "uid")}


def _variable(variable: Mapping[str, Any]) -> LocatedObject:
    spec = object_in(variable, "spec")
    kind = text_in(variable, "kind").removesuffix("Variable")
    asked = object_in(spec, "query")
    changed: dict[str, Any] = {
        "type": _TYPES.get(kind, kind.lower()),
        "hide": 2 if spec.get("hide") == "hideVariable" else 0,
    }
    if refresh := _REFRESHES.get(text_in(spec, "refresh")):
        changed["refresh"] = refresh
    if kind == "Query":
        inner = object_in(asked, "spec")
        changed["query"] = text_in(inner, "query") or text_in(inner, "__legacyStringValue") or text_in(spec, "query")
        changed["datasource"] = _source(asked, spec)
    if kind == "Datasource":
        changed["query"] = text_in(spec, "pluginId")
    return _like(spec, spec, **changed)


def _annotation(spec: Mapping[str, Any]) -> LocatedObject:
    asked = object_in(spec, "query")
    return _like(spec, spec, target=object_in(asked, "spec"), datasource=_source(asked, spec))


def _like(origin: Mapping[str, Any], value: Mapping[str, Any], **changed: Any) -> LocatedObject:
    """These values with those that are changed, at the place of the original."""
    made = LocatedObject({**value, **changed})
    for source in (value, origin):
        if isinstance(source, LocatedObject):
            made.place, made.literals, made.line_at = source.place, source.literals, source.line_at
            made.places = {**source.places, **made.places}
    return made
