"""Request bodies: no larger and no slower than they may be, and JSON that can be written again as it was read."""

import asyncio
import json
import math
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from glassbox.standin.refusals import RefusalError, bad_request_data

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Above what any release takes for a dashboard, whose own limit has its own answer."""
MAX_BODY_SECONDS = 30.0
"""From a request's headers to the end of its body."""
MAX_DEPTH = 100
"""Of objects and lists inside each other; dashboards have about ten."""


class UnfinishedBodyError(RefusalError):
    """A body that is not read to its end, so that the connection is of no more use."""

    def response(self) -> Response:
        answer = super().response()
        answer.headers["Connection"] = "close"
        return answer


async def content(request: Request) -> bytes:
    """The whole body; refused as soon as it is too large (413) or too slow (408)."""
    received = bytearray()
    try:
        async with asyncio.timeout(MAX_BODY_SECONDS):
            async for part in request.stream():
                received += part
                if len(received) > MAX_BODY_BYTES:
                    raise _unfinished(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Body exceeds {MAX_BODY_BYTES // 2**20} MiB"
                    )
    except TimeoutError:
        raise _unfinished(HTTPStatus.REQUEST_TIMEOUT, f"Body did not come within {MAX_BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise _unfinished(HTTPStatus.BAD_REQUEST, "Body has no end") from None
    return bytes(received)


def _unfinished(status: int, message: str) -> UnfinishedBodyError:
    return UnfinishedBodyError(status, {"message": message})


def json_object(text: bytes) -> dict[str, Any]:
    """The body as a JSON object; anything else, or what no answer could hold, is refused as "bad request data"."""
    try:
        body = json.loads(text, parse_float=_finite, parse_constant=_finite)
        if not isinstance(body, dict) or _depth_left(body, MAX_DEPTH) < 0:
            raise bad_request_data()
        return _with_whole_characters(body) if rb"\ud" in text.lower() else body
    except (ValueError, RecursionError):
        raise bad_request_data() from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _depth_left(value: Any, left: int) -> int:
    if left < 0 or not isinstance(value, dict | list):
        return left
    inner = value.values() if isinstance(value, dict) else value
    return min((_depth_left(item, left - 1) for item in inner), default=left)


def _with_whole_characters(body: dict[str, Any]) -> dict[str, Any]:
    """Halves of surrogate pairs become "?": they cannot be sent, and Go replaces them as well."""
    whole: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    return whole
