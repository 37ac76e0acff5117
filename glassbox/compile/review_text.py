"""Declarations as lines of text for reviewers: `name: value`, long texts wrapped, queries over several lines."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from enum import Enum
from functools import singledispatch
from typing import Any

from glassbox.board.line_choice import LineChoice
from glassbox.board.style import Line, Steps, Words
from glassbox.board.tables import DrillDown, Next, Page
from glassbox.board.variables import Variable
from glassbox.query.expr import Expr
from glassbox.query.layout import layout

WIDTH = 110
_INDENT = "  "


def field_lines(named: Mapping[str, Any]) -> Iterator[str]:
    """A line for each value, several for a long text; none for a value that is empty."""
    for name, value in named.items():
        text = shown(value)
        if len(f"{_INDENT}{name}: {text}") <= WIDTH and "\n" not in text:
            yield from [f"{_INDENT}{name}: {text}"] if text else []
        else:
            yield from (f"{_INDENT}{name}:", *_wrapped(text))


def query_lines(query: Expr | str) -> Iterator[str]:
    """The query, indented."""
    return (2 * _INDENT + line for line in layout(query).splitlines())


def chosen_fields(declared: Any, apart: Sequence[str]) -> dict[str, Any]:
    """The fields of a dataclass, but for those in `apart` and those that have their default."""
    return {
        field.name: getattr(declared, field.name)
        for field in fields(declared)
        if field.name not in apart and getattr(declared, field.name) != _default(field)
    }


def _default(field: Any) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _wrapped(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent=2 * _INDENT,
            subsequent_indent=2 * _INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )


@singledispatch
def shown(value: Any) -> str:
    """A value as a reviewer reads it."""
    return str(value)


@shown.register
def _(value: None) -> str:
    return ""


@shown.register
def _(value: bool) -> str:
    return "yes" if value else "no"


@shown.register
def _(value: Enum) -> str:
    return str(value.value)


@shown.register(Mapping)
def _(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {shown(each)}" for name, each in value.items())


@shown.register(tuple)
def _(value: tuple[Any, ...]) -> str:
    return ", ".join(map(shown, value))


@shown.register
def _(value: Steps) -> str:
    return ", ".join((value.base, *(f"{color} from {bound:g}" for bound, color in value.above)))


@shown.register
def _(value: Words) -> str:
    return "\n".join(f"{number} {text} ({color})" for number, text, color in value.words)


@shown.register
def _(value: Line) -> str:
    return " ".join(filter(None, (value.color, "dashed" if value.dashed else ""))) or "plain"


@shown.register
def _(value: Next) -> str:
    return f'{value.slug} ("{value.title}")'


@shown.register
def _(value: Page) -> str:
    return f'{value.label} to {value.url} ("{value.title}")'


@shown.register
def _(value: DrillDown) -> str:
    kept = f", keeping {shown(value.keeping)}" if value.keeping else ""
    return f"{value.label} to {value.slug}, as {value.variable}{kept}"


@shown.register
def _(value: LineChoice) -> str:
    return value.name


@shown.register
def _(value: Variable) -> str:
    return value.name
