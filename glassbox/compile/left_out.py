"""What goes with dashboards and alerts that an installation leaves out: links to them, and recorded series that only they read."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from glassbox.board.assembling import AssembledDashboard
from glassbox.compile.bundle import Json
from glassbox.query.measures import Measures
from glassbox.query.rules import AlertGroup, RecordGroup


def without_links(boards: Mapping[str, Json], dashboards: Collection[str], alerts: Collection[str]) -> dict[str, Json]:
    """The boards, by uid, except for these; the others lose their links to them and to the runbooks of these alerts."""
    kept = {uid: board for uid, board in boards.items() if uid not in dashboards}
    if not (dashboards or alerts):
        return kept
    return {uid: {**board, "panels": [_panel(panel, dashboards, alerts) for panel in board["panels"]]} for uid, board in kept.items()}  # fmt: skip  # one thing is one line


def _panel(panel: Json, dashboards: Collection[str], alerts: Collection[str]) -> Json:
    without: Json = _without(panel, dashboards)
    for alert in alerts if "description" in without else ():
        # What stays of a link in a text is its words.
        without["description"] = re.sub(rf"\[{re.escape(alert)}\]\([^)]*\)", alert, without["description"])
    return without


def _without(value: Any, dashboards: Collection[str]) -> Any:
    """The same without links to these dashboards, and without what holds nothing but them."""
    if isinstance(value, list):
        return [_without(item, dashboards) for item in value if not _is_nothing(item, dashboards)]
    if isinstance(value, dict):
        kept = {key: _without(item, dashboards) for key, item in value.items()}
        return {key: item for key, item in kept.items() if key != "links" or item}
    return value


def _is_nothing(item: Any, dashboards: Collection[str]) -> bool:
    """A link to one of the dashboards; a property that is only such links; an override that has only such properties."""
    if not isinstance(item, dict):
        return False
    url = str(item.get("url", ""))
    if url.startswith("/d/"):
        return url.removeprefix("/d/").partition("?")[0] in dashboards
    inner = item.get("value") if item.get("id") == "links" else item.get("properties")
    return isinstance(inner, list) and bool(inner) and all(_is_nothing(each, dashboards) for each in inner)


def names_read(boards: Iterable[AssembledDashboard], alerts: Iterable[AlertGroup]) -> set[str]:
    """The names of all series that dashboards and alerts read, and of those whose labels the variables offer."""
    boards = tuple(boards)
    judged = {name for group in alerts for alert in group.alerts for name in alert.expr.names_read}
    variables = (variable for board in boards for variable in board.declared.offered)
    offered = {source.name for variable in variables for source in variable.offering}
    return judged | offered | {name for board in boards for query in board.queries for name in query.names_read}


def without_unread(
    records: tuple[RecordGroup, ...], before: set[str], after: set[str], measures: Measures | None
) -> tuple[RecordGroup, ...]:
    """The groups without series that were read `before`, also through other series, and are not read `after`; baselines count as readers.

    Groups without a record are dropped.
    """
    measured = {name for measure in (measures.all if measures else ()) for name in measure.expr.names_read}
    reads: dict[str, set[str]] = {}
    for record in (record for group in records for record in group.records):
        reads.setdefault(record.name, set()).update(record.expr.names_read)
    unread = reached(before | measured, reads) - reached(after | measured, reads)
    kept = (
        replace(group, records=tuple(each for each in group.records if each.name not in unread)) for group in records
    )
    return tuple(group for group in kept if group.records)


def reached(names: set[str], reads: Mapping[str, set[str]]) -> set[str]:
    """Those of the names that are recorded, and what these read in turn."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in reads and name not in found:
            found.add(name)
            waiting |= reads[name]
    return found


def dead_ends(boards: Mapping[str, Json]) -> frozenset[str]:
    """uids of the boards with panels that lead nowhere."""
    return frozenset(
        uid
        for uid, board in boards.items()
        if any(panel["type"] != "row" and not panel.get("links") for panel in board["panels"])
    )
