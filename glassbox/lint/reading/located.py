"""Values of a file that know in which line of it they stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.errors import GlassboxError

LineOf = Callable[[int], int]
"""The line of a file in which a line of a text within it stands; both count from 1."""


class LocatedObject(dict[str, Any]):
    """An object of JSON or YAML: a dict that knows the places of its own beginning and of its keys, and the lines of places.

    `literals` are the lines in which the texts of some keys begin that keep their line breaks, as `|` of YAML does.
    """

    __slots__ = ("line_at", "literals", "place", "places")

    def __init__(self, values: Mapping[str, Any] | list[tuple[str, Any]]) -> None:
        super().__init__(values)
        self.place = 0
        self.places: Mapping[str, int] = {}
        self.literals: Mapping[str, int] = {}
        self.line_at: LineOf = int


@dataclass(frozen=True)
class Flaw:
    """A key that an object has twice, or a value that is not a number of JSON: in which line, 0 where it is not known."""

    what: str
    is_key: bool
    line: int


class UnreadableTextError(GlassboxError):
    """What is wrong with a text; `line` is 0 where it is not known. `problem` begins with "it"."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


class NotJsonError(UnreadableTextError):
    """What is wrong with a text that is not JSON, and may be YAML."""


def line_of(holder: Any, *keys: str) -> int:
    """The line of the first of the keys that an object has, else that of the object; 0 where it is not known."""
    if not isinstance(holder, LocatedObject):
        return 0
    return holder.line_at(next((holder.places[key] for key in keys if key in holder.places), holder.place))


def lines_within(holder: Mapping[str, Any], key: str) -> LineOf:
    """Where the lines of the text that an object has under the key stand; all in the line of the key where its breaks are written as `\\n`."""
    first = line_of(holder, key)
    if isinstance(holder, LocatedObject) and key in holder.literals:
        begin = holder.literals[key]
        return lambda line: begin + line - 1
    return lambda _line: first


def object_in(holder: Any, key: str) -> Mapping[str, Any]:
    """The object that an object has under the key; an empty one where anything is of another shape."""
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def text_in(holder: Any, key: str) -> str:
    """The text that an object has under the key, numbers and truth values as JSON writes them; empty where there is none."""
    found = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else ""


def texts_within(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Every text in a value, with its path in it, as `fieldConfig.defaults.unit`."""
    found: list[tuple[str, str]] = []
    _add_texts(value, path, found)
    return found


def _add_texts(value: Any, path: str, found: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _add_texts(inner, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for inner in value:
            _add_texts(inner, path, found)
