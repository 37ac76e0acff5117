"""Texts of alerts that print bytes or seconds in another multiple than the value has."""

import re
from collections.abc import Iterator
from math import isclose
from typing import NamedTuple

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode

_PRINTED = re.compile(
    r"\{\{(?P<action>(?=[^{}]*\$value\b)[^{}]*+)\}\} ?(?P<unit>[kKMGT]?i?B(?![\w-])|[kKMGT]?i?[Bb]ytes\b|ms\b|s\b|seconds\b|milliseconds\b|minutes\b|hours\b|days\b)?"
)
_MULTIPLES = " kmgt"
_SECONDS = {"ms": 1e-3, "milliseconds": 1e-3, "s": 1, "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_OF_BYTES = re.compile(r"\w+_bytes(?:_total)?")
_OF_TIME = {
    re.compile(r"[\w:]+(?<!timestamp)_seconds(?:_bucket)?"): 1.0,
    re.compile(r"[\w:]+_(?:ms|milliseconds)(?:_bucket)?"): 1e-3,
}
_OVER_TIME = ("increase", "avg_over_time", "max_over_time", "min_over_time", "last_over_time")
# The rate of a time is a share.
_RATED = re.compile(r"\w+_bytes(?:_total)?|[\w:]+_bucket")


@lint_rule(
    "other-multiple-in-text",
    Severity.WARNING,
    title="The text of an alert prints bytes or seconds in another multiple than the value has",
    why="The query divides by 1024 or 1000 and the text does not say so, or the text says MB of bytes: whoever is called reads a number that is a thousand times another.",
    fix="Leave the division out and print {{ $value | humanize1024 }}B, or {{ $value | humanizeDuration }}, or write the unit that the value has.",
    bad=as_alert("heap_bytes / 1024 / 1024 > 900", annotations={"summary": "The heap has {{ $value | humanize }}B"}),
    good=as_alert("heap_bytes / 1024 / 1024 > 900", annotations={"summary": "The heap has {{ $value }}MiB"}),
)
def other_multiple_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus, of one metric whose name says that it has bytes, seconds or milliseconds."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and each.query.tree):
        value = _value_of(alert.query.tree) if alert.query.tree else None
        for name, text in alert.annotations.items() if value else ():
            for found in _PRINTED.finditer(text):
                if value and _is_wrong(value, found["action"], found["unit"] or ""):
                    message = f"The annotation {name!r} prints {found[0]!r}, and the value is {_written(value)}."
                    yield in_query(alert.query, message, value.name)


class _Value(NamedTuple):
    """A series, and the number that it is multiplied by."""

    name: str
    factor: float


def _written(value: _Value) -> str:
    if value.factor == 1:
        return value.name
    return f"{value.name} * {value.factor:.10g}" if value.factor > 1 else f"{value.name} / {1 / value.factor:.10g}"


def _is_wrong(value: _Value, action: str, unit: str) -> bool:
    return _wrong_bytes(value, unit) if _OF_BYTES.fullmatch(value.name) else _wrong_time(value, action, unit)


def _wrong_bytes(value: _Value, unit: str) -> bool:
    sizes = ((power, of**power) for power in range(len(_MULTIPLES)) for of in (1000, 1024))
    power = next((power for power, size in sizes if isclose(value.factor * size, 1)), None)
    if power is None or not unit.lower().endswith(("b", "bytes")):
        return False
    return max(_MULTIPLES.find(unit[0].lower()), 0) != power


def _wrong_time(value: _Value, action: str, unit: str) -> bool:
    second = next((second for named, second in _OF_TIME.items() if named.fullmatch(value.name)), 0)
    said = 1 if "humanizeDuration" in action else _SECONDS.get(unit, 0)
    has = second / value.factor if value.factor else 0
    return bool(said) and any(isclose(has, each) for each in _SECONDS.values()) and not isclose(has, said)


def _value_of(node: Node) -> _Value | None:
    """Which series this is, or its rate or quantile, and by what it is multiplied; None where it is of others."""
    factor = 1.0
    while not isinstance(node, SeriesNode):
        match node:
            case AggregateNode(operator="sum" | "avg" | "max" | "min", of=of):
                node = of
            case BinaryNode(operator="and" | "unless", left=of):
                node = of
            case BinaryNode(operator=operator, left=of, returns_bool=False) if operator in COMPARISONS:
                node = of
            case BinaryNode(operator="/", left=of, right=NumberNode(number)) if number:
                node, factor = of, factor / number
            case BinaryNode(operator="*", left=of, right=NumberNode(number)):
                node, factor = of, factor * number
            case BinaryNode(operator="*", left=NumberNode(number), right=of):
                node, factor = of, factor * number
            case CallNode(name="rate" | "irate", arguments=(SeriesNode(name=name) as of,)) if _RATED.fullmatch(name):
                node = of
            case CallNode(name="histogram_quantile" | "quantile_over_time", arguments=(_, of)):
                node = of
            case CallNode(name=name, arguments=(of,)) if name in _OVER_TIME:
                node = of
            case _:
                return None
    return _Value(node.name, factor)


RULES = (other_multiple_in_text,)
