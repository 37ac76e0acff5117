"""POST /api/annotations."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from preview.calls import Call
from preview.refusals import plain


def create(call: Call) -> Response:
    """Store an annotation; `text` is required, times are milliseconds."""
    body = call.json
    if not body.get("text"):
        raise plain(HTTPStatus.BAD_REQUEST, "Failed to save annotation")
    number = next(call.state.ids)
    call.state.annotations.append(body | {"id": number})
    return JSONResponse({"id": number, "message": "Annotation added"})
