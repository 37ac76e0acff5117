"""YAML whose objects know their lines, read from the events of the parser: no tag makes an object, and no alias grows without bound."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from glassbox.files import MAX_DEPTH
from glassbox.lint.reading.located import Flaw, LineOf, LocatedObject, UnreadableTextError

MAX_VALUES = 500_000
"""Of a file, with each alias counted as what it stands for; a thousand alerts have fifteen thousand."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPEN = object()
_CONSTANTS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?P<fraction>\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,2})?")


def yaml_values(text: str, line_at: LineOf = int, flaws: list[Flaw] | None = None) -> list[Any]:
    """The value of each document of a YAML text; raises UnreadableTextError with the line in which it is not YAML, or exceeds what is read.

    Keys that an object has twice are added to `flaws`; without that list they are errors.
    """
    try:
        return list(_Documents(text, line_at, flaws).values())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = line_at(mark.line + 1) if mark else 0
        raise UnreadableTextError(f"it is not YAML ({error.problem or error.context})", line) from None
    except (yaml.YAMLError, ValueError):
        raise UnreadableTextError("it is not YAML (it has characters that YAML does not allow)") from None


class _Documents:
    """The documents of a text, built while the parser goes through it."""

    def __init__(self, text: str, line_at: LineOf, flaws: list[Flaw] | None) -> None:
        self._flaws = flaws
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._line_at = line_at
        self._anchors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0

    def values(self) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
                yield self._value(next(self._events), 0)

    def _value(self, event: Any, depth: int) -> Any:
        before, anchor = self._count, event.anchor
        self._counted(1, event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if anchor:
            self._anchors[anchor] = _OPEN
        if depth > MAX_DEPTH:
            raise self._refusal(event, f"it has more than {MAX_DEPTH} levels, which is not read")
        value = self._built(event, depth)
        if anchor:
            self._anchors[anchor], self._sizes[anchor] = value, self._count - before
        return value

    def _built(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(each, depth + 1) for each in self._until(yaml.SequenceEndEvent)]
        return self._object(event, depth)

    def _object(self, start: Any, depth: int) -> LocatedObject:
        pairs: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines, literals = {}, {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            value_event = next(self._events)
            value = self._value(value_event, depth + 1)
            if key == "<<":
                merged = _merged(value) | merged
            elif isinstance(event, yaml.ScalarEvent):
                if event.value in pairs:
                    self._note_twice(event)
                pairs[event.value] = value
                lines[event.value] = self._line(event)
                if isinstance(value_event, yaml.ScalarEvent) and value_event.style == "|":
                    literals[event.value] = self._line(value_event) + 1
        found = LocatedObject(merged | pairs)
        found.place, found.places, found.literals = self._line(start), lines, literals
        return found

    def _note_twice(self, event: Any) -> None:
        if self._flaws is None:
            raise self._refusal(event, f"it has the key {event.value} twice in one object, which Prometheus refuses")
        self._flaws.append(Flaw(event.value, True, self._line(event)))

    def _until(self, end: type) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _alias(self, event: Any) -> Any:
        value = self._anchors.get(event.anchor, self)
        if value is self:
            raise self._refusal(event, f"it is not YAML (no anchor is called {event.anchor})")
        if value is _OPEN:
            raise self._refusal(event, f"it is not read, since what the anchor {event.anchor} names contains itself")
        self._counted(self._sizes[event.anchor], event)
        return value

    def _counted(self, count: int, event: Any) -> None:
        self._count += count
        if self._count > MAX_VALUES:
            raise self._refusal(
                event, f"it has more than {MAX_VALUES} values with those that aliases repeat, which is not read"
            )

    def _refusal(self, event: Any, problem: str) -> UnreadableTextError:
        return UnreadableTextError(problem, self._line(event))

    def _line(self, event: Any) -> int:
        return self._line_at(event.start_mark.line + 1)


def _scalar(event: Any) -> Any:
    """Null, truth values and numbers as JSON has them; all else is text, such as `on`, dates and what has a tag."""
    text: str = event.value
    if event.style or event.tag:
        return text
    if text in _CONSTANTS:
        return None
    if text in _TRUTHS:
        return _TRUTHS[text]
    number = _NUMBER.fullmatch(text)
    return text if number is None else int(text) if text.lstrip("-").isdigit() else float(text)


def _merged(value: Any) -> dict[str, Any]:
    """What a merge key adds: of several objects, the first that has a key decides it."""
    found: dict[str, Any] = {}
    for each in value if isinstance(value, list) else [value]:
        found = (each if isinstance(each, dict) else {}) | found
    return found
