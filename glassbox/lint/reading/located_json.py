"""JSON whose objects know their lines.

The decoder of the standard library, which is fast, hands out objects in the order in which they close; a scan of the same text for
braces and keys finds their places in that order.
"""

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from glassbox.files import MAX_DEPTH
from glassbox.lint.reading.located import Flaw, LineOf, LocatedObject, NotJsonError, UnreadableTextError

MAX_OBJECTS, MAX_VALUES = 250_000, 2_000_000
"""Of objects and lists, and of the values in them; a dashboard of a megabyte has eight thousand and thirty thousand."""
# Possessive: what a repetition has taken is not given back, so that a long text takes no memory.
_PARTS = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"(\s*:)?|[{}\[\]]', re.DOTALL)
_ODD_NUMBER = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(-?Infinity|NaN)', re.DOTALL)
_HALF_OF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass
class _Place:
    start: int
    keys: dict[str, int] = field(default_factory=dict)


def json_value(text: str, line_at: LineOf = int, flaws: list[Flaw] | None = None) -> Any:
    """The value of a JSON text; raises UnreadableTextError with the line in which it is not JSON, or exceeds what is read.

    Keys that an object has twice are added to `flaws`, and so are NaN and Infinity, which are errors without that list.
    """
    for parts, most in (("{[", MAX_OBJECTS), (",", MAX_VALUES)):
        if sum(map(text.count, parts)) > most:
            raise UnreadableTextError(f"it has more than {most} objects, lists or values, which is not read")
    objects: list[LocatedObject] = []
    repeated: dict[int, list[str]] = {}
    value = _decoded(text, objects, repeated, line_at, odd_numbers=flaws is not None)
    breaks = [found.start() for found in re.finditer("\n", text)]

    def line(offset: int) -> int:
        return line_at(bisect_right(breaks, offset) + 1)

    for number, (each, place) in enumerate(zip(objects, _places(text, line), strict=True)):
        each.place, each.places, each.line_at = place.start, place.keys, line
        if flaws is not None and number in repeated:
            flaws += (Flaw(key, True, line(place.keys[key])) for key in repeated[number])
    if flaws is not None:
        flaws += (Flaw(found[1], False, line(found.start(1))) for found in _odd_numbers(text))
    return _whole(value) if _HALF_OF_A_PAIR.search(text) else value


def _decoded(
    text: str, objects: list[LocatedObject], repeated: dict[int, list[str]], line_at: LineOf, *, odd_numbers: bool
) -> Any:
    def located(pairs: list[tuple[str, Any]]) -> LocatedObject:
        found = LocatedObject(pairs)
        if len(found) < len(pairs):
            count = Counter(key for key, _ in pairs)
            repeated[len(objects)] = [key for key, times in count.items() if times > 1]
        objects.append(found)
        return found

    try:
        return json.loads(text, object_pairs_hook=located, parse_constant=_nothing if odd_numbers else _refuse)
    except json.JSONDecodeError as error:
        raise NotJsonError(f"it is not JSON ({error.msg})", line_at(error.lineno)) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise NotJsonError(f"it is not JSON ({error})") from None


def _places(text: str, line: LineOf) -> Iterator[_Place]:
    """Where each object stands, in the order in which they close."""
    open_parts: list[_Place] = []
    for found in _PARTS.finditer(text):
        if found[2]:
            open_parts[-1].keys[_key(found[1])] = found.start()
        elif (bracket := found[0]) in "{[":
            open_parts.append(_Place(found.start()))
            if len(open_parts) > MAX_DEPTH:
                raise _too_deep(line(found.start()))
        elif bracket in "}]":
            place = open_parts.pop()
            if bracket == "}":
                yield place


def _key(written: str) -> str:
    return json.loads(f'"{written}"') if "\\" in written else written


def _too_deep(line: int = 0) -> UnreadableTextError:
    return UnreadableTextError(f"it has more than {MAX_DEPTH} levels, which is not read", line)


def _odd_numbers(text: str) -> Iterator[re.Match[str]]:
    """Where NaN and Infinity stand, outside of texts; looked for only where they may be there."""
    if "NaN" not in text and "Infinity" not in text:
        return
    yield from (found for found in _ODD_NUMBER.finditer(text) if found[1])


def _nothing(_constant: str) -> None:
    """NaN and Infinity are read as null."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")


def _whole(value: Any) -> Any:
    """The value with "?" for halves of surrogate pairs, which no encoding has."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        value[:] = [_whole(each) for each in value]
    elif isinstance(value, LocatedObject):
        whole = {_whole(key): _whole(each) for key, each in value.items()}
        value.clear()
        value.update(whole)
    return value
