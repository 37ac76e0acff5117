"""The shortest steps of a dashboard's queries, as they are written or as a variable may choose them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.lint.reading.located import object_in, text_in
from glassbox.query.promql import duration_seconds
from glassbox.syntax.grafana_variables import variables_named

_LISTING = ("interval", "custom", "constant")


@dataclass(frozen=True)
class ShortestStep:
    """The shortest step of a query: `seconds` is None where it has none or it is not known, and `is_chosen` where a variable decides it."""

    seconds: float | None = None
    is_chosen: bool = False


class ShortestSteps:
    """The steps of a dashboard, by the values of its variables."""

    def __init__(self, board: Mapping[str, Any]) -> None:
        variables = objects_in(object_in(board, "templating"), "list")
        self._least = {text_in(each, "name"): _least(each) for each in variables if each.get("type") in _LISTING}

    def of(self, interval: str) -> ShortestStep:
        """That of an interval such as `30s`, `>30s` or `$step`; of a variable the least that somebody can choose."""
        if name := next(variables_named(interval), ""):
            return ShortestStep(self._least.get(name), is_chosen=True)
        return ShortestStep(_seconds(interval))


def _least(variable: Mapping[str, Any]) -> float | None:
    """The least value of a variable; None where one of them is not a duration."""
    seconds = [_seconds(value) for value in _values(variable)]
    known = [each for each in seconds if each is not None]
    return min(known, default=None) if len(known) == len(seconds) else None


def _values(variable: Mapping[str, Any]) -> Iterator[str]:
    """Those that it lists, the text before each left out, and the least that Grafana computes where it offers that."""
    for each in text_in(variable, "query").split(","):
        value = each.rpartition(" : ")[2].strip().strip("'\"")
        if value != "auto":
            yield value
    if variable.get("auto") is True:
        yield text_in(variable, "auto_min")


def _seconds(interval: str) -> float | None:
    try:
        return duration_seconds(interval.removeprefix(">").strip())
    except GlassboxError:
        return None
