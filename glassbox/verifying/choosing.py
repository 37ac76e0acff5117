"""What a dashboard chooses at first for variables that have no All: the first value in their order, as Grafana does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glassbox.compile.bundle import Bundle, Json
from glassbox.grafana.data_source_queries import DataSourceQueries
from glassbox.prometheus.board_queries import with_variables
from glassbox.verifying.parts import range_seconds, variables_of, with_durations

_VALUES = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?(?P<label>[A-Za-z_]\w*)\)", re.DOTALL)
# Grafana's numbers of `VariableSort`: alphabetical, descending.
_DESCENDING = frozenset({2, 4, 6})


def choices_of(bundle: Bundle, queries: DataSourceQueries, now: int) -> dict[str, dict[str, str]]:
    """By the uid of each dashboard that has such variables, their values by name; raises GrafanaError.

    A variable without any value is left out, and its queries then have no result.
    """
    return {uid: found for uid, board in bundle.dashboards.items() if (found := _chosen(board, queries, now))}


def _chosen(board: Json, queries: DataSourceQueries, now: int) -> dict[str, str]:
    chosen: dict[str, str] = {}
    seconds = range_seconds(board)
    for variable in variables_of(board):
        if not _must_choose(variable):
            continue
        definition = with_durations(with_variables(str(variable["definition"]), variables_of(board), chosen), seconds)
        if (found := _VALUES.fullmatch(definition)) is None:
            continue
        values = queries.values_of(found["label"], now - seconds, now, found["selector"] or "")
        if values:
            chosen[str(variable["name"])] = sorted(values, reverse=variable.get("sort") in _DESCENDING)[0]
    return chosen


def _must_choose(variable: Mapping[str, Any]) -> bool:
    return variable["type"] == "query" and not variable.get("includeAll") and not variable.get("hide")
