"""A dashboard as files hold it, of any schema that Grafana writes."""

from collections.abc import Mapping
from typing import Any

from glassbox.lint.finding import Location
from glassbox.lint.reading.asked_sources import DataSourceKinds
from glassbox.lint.reading.board_elements import classic, is_of_elements
from glassbox.lint.reading.board_links import links_of
from glassbox.lint.reading.board_panels import panels_of, rows_of
from glassbox.lint.reading.board_variables import annotations_of, variables_of
from glassbox.lint.reading.located import line_of, object_in, text_in, texts_within
from glassbox.lint.reading.shortest_steps import ShortestSteps
from glassbox.lint.subjects.judged_boards import Board

_PARTS = ("panels", "rows", "templating", "annotations", "links", "__elements", "__requires")


def is_board(value: Any) -> bool:
    """Whether this is the body of a dashboard."""
    if not isinstance(value, dict):
        return False
    listed = any(isinstance(value.get(key), list) for key in ("panels", "rows"))
    empty = "schemaVersion" in value and isinstance(value.get("templating"), dict)
    return listed or empty or is_of_elements(value)


def board_of(value: Mapping[str, Any], file: str, *, uid: str = "", folder: str = "", line: int = 0) -> Board:
    """A dashboard from its JSON; `uid`, `folder` and `line` are those that it has where the JSON names none.

    The JSON may be plain dicts: parts without a line of their own have that of the dashboard.
    """
    value = classic(value) if is_of_elements(value) else value
    title = text_in(value, "title")
    at = Location(file, line_of(value, "title") or line, title or "a dashboard without a title")
    sources = DataSourceKinds(value)
    steps = ShortestSteps(value)
    panels = panels_of(value, at, sources, steps) + panels_of(_library(value), at, sources, steps)
    tags = value.get("tags")
    return Board(
        title=title,
        location=at,
        uid=text_in(value, "uid") or uid,
        folder=folder,
        tags=tuple(each for each in tags if isinstance(each, str)) if isinstance(tags, list) else (),
        panels=panels,
        variables=variables_of(value, at, sources),
        annotations=annotations_of(value, at, sources),
        links=links_of(value, at),
        rows=rows_of(value),
        texts=tuple(text for key, part in value.items() if key not in _PARTS for _, text in texts_within(part)),
        # The panels are read by now.
        for_victoria_metrics=sources.asks_victoria_metrics,
        complete=not any(panel.library for panel in panels),
        time_from=text_in(object_in(value, "time") or object_in(value, "timeSettings"), "from"),
        refresh=text_in(value, "refresh") or text_in(object_in(value, "timeSettings"), "autoRefresh"),
    )


def _library(board: Mapping[str, Any]) -> dict[str, Any]:
    """The panels of the library that an export brings along."""
    elements = object_in(board, "__elements").values()
    return {
        "panels": [each["model"] for each in elements if isinstance(each, dict) and isinstance(each.get("model"), dict)]
    }
