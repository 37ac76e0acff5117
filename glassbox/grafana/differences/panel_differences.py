"""What differs in a panel: thresholds with their units, queries by their legends, and every other field by its path."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import THRESHOLD, Difference, changed, other_fields
from glassbox.grafana.differences.quantities import quantity
from glassbox.grafana.differences.query_excerpts import both_states

_TOLD = frozenset({"id", "title", "type", "description", "fieldConfig", "gridPos", "targets", "panels"})
_TOLD_DEFAULTS = frozenset({"thresholds", "unit"})


def panel_differences(before: Json, after: Json) -> Iterator[Difference]:
    """Everything that differs between two states of one panel; it is called by its new title."""
    part = panel_title(after)
    for name in ("title", "type", "description"):
        if before.get(name) != after.get(name):
            yield changed(part, name, before.get(name), after.get(name))
    yield from _field_config(part, before.get("fieldConfig") or {}, after.get("fieldConfig") or {})
    yield from _queries(part, before.get("targets") or [], after.get("targets") or [])
    yield from _place(part, before.get("gridPos"), after.get("gridPos"))
    yield from other_fields(part, before, after, _TOLD)


def panel_title(panel: Json) -> str:
    """What people call a panel."""
    return str(panel.get("title") or f"panel {panel.get('id')}")


def _field_config(part: str, before: Json, after: Json) -> Iterator[Difference]:
    old, new = before.get("defaults") or {}, after.get("defaults") or {}
    if old.get("unit") != new.get("unit"):
        yield changed(part, "unit", old.get("unit"), new.get("unit"))
    unit = str(new.get("unit") or old.get("unit") or "")
    yield from _thresholds(part, unit, old.get("thresholds") or {}, new.get("thresholds") or {})
    yield from other_fields(part, old, new, _TOLD_DEFAULTS)
    yield from other_fields(part, before, after, ("defaults",))


def _thresholds(part: str, unit: str, before: Json, after: Json) -> Iterator[Difference]:
    """Each step but the first, which has no number: "threshold 2 s -> 1.5 s"."""
    steps = zip_longest(before.get("steps") or [], after.get("steps") or [], fillvalue=None)
    for old, new in steps:
        if old == new:
            continue
        yield Difference(part, _threshold(unit, old, new), old, new, what=THRESHOLD, numbers=_numbers(old, new))
    yield from other_fields(part, before, after, ("steps",), "thresholds.")


def _numbers(old: Json | None, new: Json | None) -> tuple[float, float] | None:
    """Both numbers of a step that moved."""
    one, other = (old or {}).get("value"), (new or {}).get("value")
    if isinstance(one, int | float) and isinstance(other, int | float) and one != other:
        return one, other
    return None


def _threshold(unit: str, old: Json | None, new: Json | None) -> str:
    if old is None or new is None:
        return f"{THRESHOLD} {_number(new or old or {}, unit)} {'added' if old is None else 'removed'}"
    if old.get("value") != new.get("value"):
        return f"{THRESHOLD} {_number(old, unit)} -> {_number(new, unit)}"
    return f"{THRESHOLD} {_number(new, unit)}: color {old.get('color')} -> {new.get('color')}"


def _number(step: Json, unit: str) -> str:
    value = step.get("value")
    return quantity(value, unit) if isinstance(value, int | float) else "base"


def _queries(part: str, before: list[Json], after: list[Json]) -> Iterator[Difference]:
    old, new = _by_ref_id(before), _by_ref_id(after)
    for ref_id in [*old, *(ref_id for ref_id in new if ref_id not in old)]:
        one, other = old.get(ref_id), new.get(ref_id)
        name = f"query {_legend(other or one or {}, ref_id)}"
        if one is None or other is None:
            yield Difference(part, f"{name} {'added' if one is None else 'removed'}", one, other)
        elif one != other:
            if one.get("expr") != other.get("expr"):
                exprs = one.get("expr"), other.get("expr")
                yield Difference(
                    part, f"{name} changed", *exprs, detail=both_states(*(str(each or "") for each in exprs))
                )
            yield from other_fields(part, one, other, ("expr", "refId"), f"{name}: ")


def _by_ref_id(targets: list[Json]) -> dict[str, Json]:
    return {str(target.get("refId") or number): target for number, target in enumerate(targets)}


def _legend(target: Json, ref_id: str) -> str:
    legend = str(target.get("legendFormat") or "")
    return legend if legend and legend != "__auto" else ref_id


def _place(part: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    size = ("w", "h")
    resized = isinstance(before, dict) and isinstance(after, dict) and any(before.get(n) != after.get(n) for n in size)
    yield Difference(part, "resized" if resized else "moved", before, after)
