"""A verification as text for people, and as JSON by `verification.schema.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from glassbox.compile.bundle import DataSource, Json
from glassbox.deploying.plan import GrafanaServer
from glassbox.http.outside_text import one_line
from glassbox.verifying.parts import ALERTS
from glassbox.verifying.verification import FOUND, PartState, Verification, VerifiedPart

SCHEMA = "glassbox-verification/1"
_TOLD = (*FOUND, PartState.CANNOT_FIRE)
_WIDTH = max(len(state.value) for state in _TOLD)


def as_text(found: Verification, server: GrafanaServer, source: DataSource) -> Iterator[str]:
    """Each dashboard with what is wrong on it, and a line of counts."""
    version = server.version or "of a hidden version"
    yield one_line(
        f"Grafana {version} at {server.url}, organisation {server.organisation.name!r}, data source {source.name!r}"
    )
    for board, parts in _by_board(found).items():
        yield from _board(board, parts)
    count = Counter(part.state for part in found.parts)
    told = ", ".join(f"{count[state]} {state.value}" for state in FOUND)
    rest = "".join(f"; {count[state]} {state.value}" for state in (PartState.DECLARED_EMPTY, PartState.CANNOT_FIRE) if count[state])  # fmt: skip  # one thing is one line
    queries = "1 query" if found.queries == 1 else f"{found.queries} queries"
    yield f"Verified with {queries}: {told}{rest}."


def as_json(found: Verification, server: GrafanaServer, source: DataSource) -> Json:
    """The whole."""
    count = Counter(part.state for part in found.parts)
    return {
        "schema": SCHEMA,
        "server": {"url": server.url, "version": server.version, "organisation": server.organisation.name},
        "data_source": {"uid": source.uid, "name": source.name},
        "queries": found.queries,
        "count": {state.value: count[state] for state in PartState},
        "parts": [
            {
                "kind": "alert" if part.board == ALERTS else "panel",
                "board": "" if part.board == ALERTS else part.board,
                "title": part.title,
                "state": part.state.value,
                "reason": part.reason,
                "slowest_seconds": round(part.seconds, 3),
            }
            for part in found.parts
        ],
    }


def _by_board(found: Verification) -> dict[str, list[VerifiedPart]]:
    boards: dict[str, list[VerifiedPart]] = {}
    for part in found.parts:
        boards.setdefault(part.board, []).append(part)
    return boards


def _board(board: str, parts: list[VerifiedPart]) -> Iterator[str]:
    fine = sum(part.state not in FOUND for part in parts)
    yield f"  {one_line(board)}: {fine} of {len(parts)} {'alerts' if board == ALERTS else 'panels'} as they should be"
    for reason, state in dict.fromkeys((part.reason, part.state) for part in parts if part.state in _TOLD):
        titles = "; ".join(part.title for part in parts if (part.reason, part.state) == (reason, state))
        yield f"    {state.value:<{_WIDTH}} {one_line(titles)}: {one_line(reason)}"
