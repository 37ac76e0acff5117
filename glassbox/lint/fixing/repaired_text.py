"""A text of JSON or YAML in which some values are others: everything around them stays as it was written."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import yaml

from glassbox.lint.finding import Repair
from glassbox.lint.reading.documents import values_of
from glassbox.lint.reading.located import UnreadableTextError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_IN_JSON = r'"{key}"\s*:\s*(?P<value>"(?:[^"\\]|\\.)*"|-?\d+)'
_WORD = re.compile(r"[\w:]")


def replaced(text: str, part: str, instead: str) -> str:
    """The text with another part everywhere; a part that begins or ends with a word is not looked for within a longer one."""
    before = r"(?<![\w:])" if _WORD.match(part[0]) else ""
    after = r"(?![\w:])" if _WORD.match(part[-1]) else ""
    return re.sub(f"{before}{re.escape(part)}{after}", lambda _: instead, text)


def repaired_text(text: str, repairs: Sequence[Repair]) -> tuple[str, list[Repair]]:
    """The text with these repairs, and those that were made.

    One is left out whose value is not found exactly once in its line, or if the values of the text would differ in anything but that.
    """
    made: list[Repair] = []
    values: dict[tuple[int, str, str], str] = {}
    for repair in repairs:
        place = (repair.line, repair.key, repair.old)
        value = values.get(place, repair.old)
        step = replace(repair, old=value, new=replaced(value, repair.part, repair.instead))
        changed = _with_one(text, step)
        if changed != text and _differences(text, changed) == [(step.old, step.new)]:
            text, values[place], made = changed, step.new, [*made, repair]
    return text, made


def _with_one(text: str, repair: Repair) -> str:
    """The text with one repair; the same where its value is not found once."""
    try:
        places = list(_in_json(text, repair) if text.lstrip().startswith(("{", "[")) else _in_yaml(text, repair))
    except yaml.YAMLError:
        return text
    if len(places) != 1:
        return text
    ((start, end, written),) = places
    return text[:start] + written + text[end:]


def _in_json(text: str, repair: Repair) -> Iterator[tuple[int, int, str]]:
    """Where the value stands in its line, and how it is written then; in the way in which the old one is written."""
    start = 0
    for _ in range(repair.line - 1):
        start = text.find("\n", start) + 1
    end = text.find("\n", start)
    line = text[start:] if end < 0 else text[start:end]
    for found in re.finditer(_IN_JSON.format(key=re.escape(repair.key)), line):
        written = found["value"]
        for encoded in (_ascii, _plain, str):
            if written == encoded(repair.old):
                yield start + found.start("value"), start + found.end("value"), encoded(repair.new)
                break


def _ascii(value: str) -> str:
    return json.dumps(value)


def _plain(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _in_yaml(text: str, repair: Repair) -> Iterator[tuple[int, int, str]]:
    """The same in YAML, where only the part that differs is written anew: what a value is wrapped in stays."""
    key: Any = None
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    for event in events:
        is_value = isinstance(event, yaml.ScalarEvent) and event.value.strip() == repair.old.strip()
        if is_value and key is not None and (key.value, key.start_mark.line + 1) == (repair.key, repair.line):
            start, end = event.start_mark.index, event.end_mark.index
            yield start, end, replaced(text[start:end], repair.part, repair.instead)
        key = event if isinstance(event, yaml.ScalarEvent) else None


def _differences(before: str, after: str) -> list[tuple[str, str]] | None:
    """The values that differ between two texts of one shape; None where their shapes differ, or one cannot be read."""
    try:
        old, new = (list(_leaves(values_of(text), ())) for text in (before, after))
    except (UnreadableTextError, yaml.YAMLError):
        return None
    if [path for path, _ in old] != [path for path, _ in new]:
        return None
    both = zip(old, new, strict=True)
    return [(str(one), str(other)) for (_, one), (_, other) in both if (one, type(one)) != (other, type(other))]


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value
