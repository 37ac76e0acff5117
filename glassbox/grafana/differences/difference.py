"""One difference, and how values become differences."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glassbox.compile.bundle import Json

LONGEST_SHOWN = 40
"""Characters of a value in a sentence; a longer one is said to have changed, and stands in the JSON alone."""


THRESHOLD = "threshold"
"""What is called so in differences: a step of a panel's colors, and the number that an alert compares with."""


@dataclass(frozen=True)
class Difference:
    """`text` says it in words; `part` is the panel's or rule's title, "" for the object itself.

    `before` and `after` are the whole values as Grafana's JSON has them, None where there is none. `detail` is what a plan shows of both
    behind the words, empty where these have it or where it is not shown. `what` names the value that differs, as "for" or "label severity",
    and is empty where no single value does; `numbers` are those of a threshold that moved.
    """

    part: str
    text: str
    before: Any = None
    after: Any = None
    detail: str = field(default="", kw_only=True)
    what: str = field(default="", kw_only=True)
    numbers: tuple[float, float] | None = field(default=None, kw_only=True)


def changed(part: str, name: str, before: Any, after: Any) -> Difference:
    """A value that differs: "refresh 30s -> 1m", "description changed", "unit s added" or "unit s removed"."""
    if before is None:
        text = f"{name} {shown(after)} added" if _is_short(after) else f"{name} added"
    elif after is None:
        text = f"{name} {shown(before)} removed" if _is_short(before) else f"{name} removed"
    elif _is_short(before) and _is_short(after):
        text = f"{name} {shown(before)} -> {shown(after)}"
    else:
        text = f"{name} changed"
    return Difference(part, text, before, after, what=name)


def shown(value: Any) -> str:
    """A short value as people write it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value or "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(shown(value)) <= LONGEST_SHOWN and "\n" not in str(value)


def other_fields(part: str, before: Json, after: Json, known: Collection[str], path: str = "") -> Iterator[Difference]:
    """A difference for each value whose field is not in `known`, named by its path: "options.colorMode"."""
    for name in sorted({*before, *after} - set(known)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from other_fields(part, dict(old), dict(new), (), f"{path}{name}.")
        else:
            yield changed(part, f"{path}{name}", old, new)


def named_items(part: str, word: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """A difference for each item that came, went or changed, called by its name: "variable model added"."""
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old != new:
            verb = "added" if old is None else "removed" if new is None else "changed"
            yield Difference(part, f"{word} {name} {verb}", old, new)
