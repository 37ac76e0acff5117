"""Queries of a Prometheus data source, asked through Grafana: what a board's panels get, by the way that they take."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from glassbox.compile.bundle import DataSource
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.paths import proxied
from glassbox.grafana.transport import GrafanaTransport

_RESULT = {"data": {"result": list}}
_NAMES = {"data": [str]}
# What is wrong with the whole, not with one query: no credential, no right, no such data source.
_OF_ALL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_NOT_NUMBERS = frozenset({"NaN", "nan"})


@dataclass(frozen=True)
class QueryReply:
    """How many series a query has, and how many of them have a number; how long it took; what went wrong, "" for nothing.

    `answered` is False where there was no answer of the data source at all.
    """

    series: int
    with_numbers: int
    seconds: float
    problem: str = ""
    answered: bool = True


@dataclass(frozen=True)
class DataSourceQueries:
    """One data source; a failure of the whole raises GrafanaError, one of a query is told in its reply."""

    transport: GrafanaTransport
    source: DataSource

    def instant(self, query: str, moment: int) -> QueryReply:
        """The query at a moment, Unix seconds."""
        return self._asked("query", {"query": query, "time": str(moment)})

    def over(self, query: str, start: int, end: int, step_seconds: int) -> QueryReply:
        """The query over a range, Unix seconds."""
        times = {"start": str(start), "end": str(end), "step": str(step_seconds)}
        return self._asked("query_range", {"query": query, **times})

    def values_of(self, label: str, start: int, end: int, selector: str = "") -> list[str]:
        """The values of a label between two moments, Unix seconds, of the series that the selector takes."""
        parameters = {"start": str(start), "end": str(end), **({"match[]": selector} if selector else {})}
        path = self._path(f"label/{quote(label, safe='')}/values")
        found: list[str] = self._about(_NAMES).GET(f"{path}?{urlencode(parameters)}")["data"]
        return found

    def _asked(self, path: str, form: Mapping[str, str]) -> QueryReply:
        begun = time.monotonic()
        try:
            result = self._about(_RESULT).ask(self._path(path), form)["data"]["result"]
        except GrafanaError as error:
            if error.status in _OF_ALL:
                raise
            return _failed(error, time.monotonic() - begun)
        return QueryReply(len(result), sum(map(_has_number, result)), time.monotonic() - begun)

    def _about(self, expected: Any) -> GrafanaTransport:
        return self.transport.about(f"queries of data source {self.source.name}", expected)

    def _path(self, path: str) -> str:
        return proxied(self.source.uid, path)


def _failed(error: GrafanaError, seconds: float) -> QueryReply:
    unanswered = error.status is None or error.status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
    problem = f'answered {error.status} ("{error.said}")' if error.said else str(error).rstrip(".")
    return QueryReply(0, 0, seconds, problem, answered=not unanswered)


def _has_number(series: Any) -> bool:
    """Whether a series has a value other than NaN, or a histogram of the native kind."""
    if not isinstance(series, dict):
        return False
    pairs = [*(series.get("values") or ()), *filter(None, [series.get("value")])]
    numbers = any(isinstance(pair, list) and len(pair) > 1 and pair[1] not in _NOT_NUMBERS for pair in pairs)
    return numbers or bool(series.get("histogram") or series.get("histograms"))
