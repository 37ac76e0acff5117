"""/api/datasources/proxy/uid/:uid/...: the queries of a page, passed on to the data source's Prometheus."""

import re
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.upstream import UpstreamError, UpstreamTimeoutError, is_web_address

PREFIX = "/api/datasources/proxy/uid/"
MAX_FORM_BYTES = 1024 * 1024
# What reads, and nothing else: neither administration nor the pages of Prometheus. A label's name is a word.
_ALLOWED = re.compile(
    r"api/v1/(query|query_range|query_exemplars|series|labels|label/[A-Za-z_][A-Za-z0-9_]*/values|rules|alerts|metadata"
    r"|status/buildinfo)"
)


async def forward(call: Call) -> Response:
    """Pass the request on to the data source of that uid; 404 for a path that is not for reading, 502 and 504 in Prometheus' own shape."""
    source = call.state.data_sources.get(call.path("uid"))
    if source is None:
        raise plain(HTTPStatus.NOT_FOUND, "Data source not found")
    path = _path(call)
    if source["type"] != "prometheus" or not is_web_address(str(source["url"])):
        raise plain(HTTPStatus.BAD_REQUEST, "Only a Prometheus with an http or https address can be queried")
    try:
        query = call.request.scope["query_string"].decode("ascii", "replace")
        answer = await call.instance.upstream.ask(str(source["url"]), path, query, _form(call))
    except UpstreamError as error:
        late = isinstance(error, UpstreamTimeoutError)
        return _failure(HTTPStatus.GATEWAY_TIMEOUT if late else HTTPStatus.BAD_GATEWAY, str(error))
    return Response(answer.content, answer.status, media_type="application/json")


def _path(call: Call) -> str:
    """The path below the data source, as it was sent: none of the allowed paths needs quoting."""
    sent: str = call.request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    path = sent.removeprefix(call.instance.base_path).removeprefix(PREFIX).partition("/")[2]
    if not _ALLOWED.fullmatch(path):
        raise plain(HTTPStatus.NOT_FOUND, "Only the reading API of Prometheus is passed on")
    return path


def _form(call: Call) -> bytes | None:
    if call.request.method != "POST":
        return None
    if len(call.content) > MAX_FORM_BYTES:
        raise plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A query exceeds {MAX_FORM_BYTES // 2**20} MiB")
    if call.request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Queries are sent as a form")
    return call.content


def _failure(status: HTTPStatus, sentence: str) -> Response:
    kind = "timeout" if status == HTTPStatus.GATEWAY_TIMEOUT else "unavailable"
    return JSONResponse({"status": "error", "errorType": kind, "error": sentence, "message": sentence}, status)
