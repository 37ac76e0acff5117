"""Variables and annotations of dashboards as files hold them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Location
from glassbox.lint.reading.asked_sources import DataSourceKinds, is_log_ql
from glassbox.lint.reading.located import line_of, object_in, text_in, texts_within
from glassbox.lint.subjects.judged_boards import BoardAnnotation, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind, WrittenText

_ASKED = re.compile(
    r"\s*(?:label_values\(\s*(?P<series>.+?)\s*,\s*(?P<label>[\w.${}\[\]]+)\s*\)|label_values\(\s*(?P<only>[\w.]+)\s*\)"
    r"|query_result\(\s*(?P<query>.+)\))\s*",
    re.DOTALL,
)
# What was chosen last is no part of the definition.
_SAVED = ("current", "options")


def variables_of(board: Mapping[str, Any], at: Location, sources: DataSourceKinds) -> tuple[BoardVariable, ...]:
    """All variables of a dashboard."""
    return tuple(_variable(each, at, sources) for each in objects_in(object_in(board, "templating"), "list"))


def annotations_of(board: Mapping[str, Any], at: Location, sources: DataSourceKinds) -> tuple[BoardAnnotation, ...]:
    """All annotations of a dashboard, without the one that is built in."""
    listed = objects_in(object_in(board, "annotations"), "list")
    return tuple(_annotation(each, at, sources) for each in listed if not each.get("builtIn"))


def _variable(variable: Mapping[str, Any], board: Location, sources: DataSourceKinds) -> BoardVariable:
    name, kind = text_in(variable, "name"), text_in(variable, "type") or "query"
    at = Location(board.file, line_of(variable, "name") or board.line, board.within(f"variable {name}").object)
    found = _ASKED.fullmatch(_asked(variable)) if kind == "query" and sources.is_prometheus(variable) else None
    text = (found["series"] or found["query"] or "") if found else ""
    place = Location(at.file, line_of(variable, "query", "definition") or at.line, at.object)
    written = tuple(_written(variable))
    query = Query(text, place, QueryKind.VARIABLE, within=written) if text and not is_log_ql(text) else None
    return BoardVariable(
        name=name,
        type=kind,
        location=at,
        query=query,
        label=(found["label"] or found["only"] or "") if found else "",
        multi=variable.get("multi") is True,
        include_all=variable.get("includeAll") is True,
        all_value=text_in(variable, "allValue"),
        hidden=variable.get("hide") == 2,
        texts=tuple(_definition(variable)),
        saved=tuple(_saved(variable)),
    )


def _asked(variable: Mapping[str, Any]) -> str:
    """The query as Grafana's editor writes it, alone or with what the editor keeps beside it."""
    return (
        text_in(object_in(variable, "query"), "query") or text_in(variable, "query") or text_in(variable, "definition")
    )


def _written(variable: Mapping[str, Any]) -> Iterator[WrittenText]:
    """Every value that holds the query: Grafana keeps it twice, for its editor and as a definition."""
    for holder, key in ((object_in(variable, "query"), "query"), (variable, "query"), (variable, "definition")):
        if isinstance(holder.get(key), str):
            yield WrittenText(line_of(holder, key), key, holder[key])


def _definition(variable: Mapping[str, Any]) -> Iterator[str]:
    kept = {key: value for key, value in variable.items() if key not in _SAVED}
    yield from (text for _, text in texts_within(kept))


def _saved(variable: Mapping[str, Any]) -> Iterator[str]:
    value = object_in(variable, "current").get("value")
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _annotation(note: Mapping[str, Any], board: Location, sources: DataSourceKinds) -> BoardAnnotation:
    name, target = text_in(note, "name"), object_in(note, "target")
    at = Location(board.file, line_of(note, "name") or board.line, board.within(f"annotation {name}").object)
    text, holder = (text_in(note, "expr"), note) if text_in(note, "expr") else (text_in(target, "expr"), target)
    asks = text.strip() and sources.is_prometheus(note, target) and not is_log_ql(text)
    line = line_of(holder, "expr") or at.line
    return BoardAnnotation(
        name=name,
        location=at,
        query=Query(text, Location(at.file, line, at.object), QueryKind.ANNOTATION) if asks else None,
        templates=tuple(filter(None, (text_in(note, key) for key in ("titleFormat", "textFormat")))),
        texts=tuple(text for _, text in texts_within(note)),
    )
