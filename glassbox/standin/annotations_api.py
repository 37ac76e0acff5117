"""/api/annotations: marks at a time, on one dashboard or on all."""

import time
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.shapes import check_shape
from glassbox.standin.state import Json

DEFAULT_LIMIT = 100
LONGEST_TIME = 15
"""Digits of milliseconds since 1970 for the next 30,000 years."""


def create(call: Call) -> Response:
    """Store an annotation; `text` is required, times are milliseconds."""
    body = call.json
    check_shape(body, {"tags": list})
    if not body.get("text"):
        raise plain(HTTPStatus.BAD_REQUEST, "Failed to save annotation")
    number = next(call.state.ids)
    time_ms = _milliseconds(body.get("time")) or int(time.time() * 1000)
    call.state.annotations.append(body | {"id": number, "time": time_ms})
    return JSONResponse({"id": number, "message": "Annotation added"})


def listed(call: Call) -> Response:
    """GET: those between `from` and `to` (milliseconds) with every given tag, newest first.

    With `matchAny=true` one of the tags is enough; `dashboardUID` leaves out those of other dashboards.
    """
    marks = [_shown(body) for body in call.state.annotations]
    found = [mark for mark in marks if _within(call, mark) and _tagged(call, mark) and _of_dashboard(call, mark)]
    found.sort(key=lambda mark: int(mark["time"]), reverse=True)
    return JSONResponse(found[: call.number("limit", DEFAULT_LIMIT)])


def _shown(body: Json) -> Json:
    time_ms = int(body["time"])
    tags = body.get("tags")
    return {
        "id": body["id"],
        "dashboardUID": str(body.get("dashboardUID") or ""),
        "panelId": body.get("panelId") or 0,
        "time": time_ms,
        "timeEnd": _milliseconds(body.get("timeEnd")) or time_ms,
        "text": str(body["text"]),
        "tags": [str(tag) for tag in tags] if isinstance(tags, list) else [],
    }


def _milliseconds(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _within(call: Call, mark: Json) -> bool:
    first, last = (_time(call.query(name)) for name in ("from", "to"))
    return (first is None or mark["timeEnd"] >= first) and (last is None or mark["time"] <= last)


def _time(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= LONGEST_TIME else None


def _tagged(call: Call, mark: Json) -> bool:
    wanted = set(call.request.query_params.getlist("tags")) - {""}
    has = set(mark["tags"])
    return not wanted or (bool(wanted & has) if call.query("matchAny") == "true" else wanted <= has)


def _of_dashboard(call: Call, mark: Json) -> bool:
    return mark["dashboardUID"] in ("", call.query("dashboardUID")) or not call.query("dashboardUID")
