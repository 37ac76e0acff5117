"""/api/datasources."""

import asyncio
import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.saving import check_uid
from glassbox.standin.shapes import Shape, check_shape
from glassbox.standin.state import Json, State
from glassbox.standin.upstream import UpstreamError, is_web_address, without_credentials

HEALTH_TIMEOUT_SECONDS = 5.0
SECRETS = "secureJsonData"
_FIELDS: dict[str, Shape] = {
    **dict.fromkeys(("name", "uid", "type", "url", "access"), str),
    **dict.fromkeys(("isDefault", "readOnly"), bool),
    **dict.fromkeys(("jsonData", SECRETS), dict),
    "version": int,
}


def listed(call: Call) -> Response:
    """GET /api/datasources, by name."""
    return JSONResponse([_shown(source) for source in sorted(call.state.data_sources.values(), key=_name)])


def read(call: Call) -> Response:
    """GET /api/datasources/uid/:uid"""
    return JSONResponse(_shown(_find(call)))


def create(call: Call) -> Response:
    """POST /api/datasources; a name or uid that is taken is a 409."""
    body = _received(call)
    if not body.get("name") or not body.get("type"):
        raise plain(HTTPStatus.BAD_REQUEST, "bad request data")
    for field in ("name", "uid"):
        if body.get(field) and any(body[field] == other[field] for other in call.state.data_sources.values()):
            raise plain(HTTPStatus.CONFLICT, f"data source with the same {field} already exists")
    source = add(call.state, body)
    return JSONResponse(_written(source, "Datasource added"))


def update(call: Call) -> Response:
    """PUT /api/datasources/uid/:uid; a stale `version` or a name that is taken is a 409."""
    body = _received(call)
    source = _writable(call, "update")
    if any(body.get("name") == other["name"] for other in call.state.data_sources.values() if other is not source):
        raise plain(HTTPStatus.CONFLICT, "Failed to update datasource: data source with the same name already exists")
    if body.get("version") and body["version"] != source["version"]:
        raise plain(
            HTTPStatus.CONFLICT,
            "Datasource has already been updated by someone else. Please reload and try again",
        )
    kept = {"id": source["id"], "uid": source["uid"], "version": source["version"] + 1}
    source |= body | kept
    _keep_one_default(call.state, source)
    return JSONResponse(_written(source, "Datasource updated"))


def delete(call: Call) -> Response:
    """DELETE /api/datasources/uid/:uid"""
    source = _writable(call, "delete")
    del call.state.data_sources[source["uid"]]
    return JSONResponse({"message": "Data source deleted", "id": source["id"]})


async def health(call: Call) -> Response:
    """GET /api/datasources/uid/:uid/health: asks a Prometheus for 1+1; an unhealthy one is a 400."""
    source = _find(call)
    if source["type"] != "prometheus":
        raise plain(HTTPStatus.NOT_FOUND, "Not found")
    if problem := await _problem(call, str(source["url"])):
        return JSONResponse({"status": "ERROR", "message": problem, "details": {}}, HTTPStatus.BAD_REQUEST)
    return JSONResponse({"status": "OK", "message": "Successfully queried the Prometheus API."})


def add(state: State, fields: Json) -> Json:
    """Store a data source, with Grafana's defaults for what `fields` leaves out."""
    defaults = {
        "orgId": 1,
        "typeLogoUrl": "",
        "access": "proxy",
        "url": "",
        "user": "",
        "database": "",
        "basicAuth": False,
        "basicAuthUser": "",
        "withCredentials": False,
        "isDefault": False,
        "jsonData": {},
        "readOnly": False,
    }
    source: Json = defaults | fields | {"id": next(state.ids), "version": 1}
    source["uid"] = source.get("uid") or secrets.token_hex(7)
    state.data_sources[source["uid"]] = source
    _keep_one_default(state, source)
    return source


def put(state: State, fields: Json) -> None:
    """Store a data source, or give the one of the same uid these fields."""
    known = state.data_sources.get(fields["uid"])
    if known is None:
        add(state, fields)
    else:
        known |= fields
        _keep_one_default(state, known)


def _keep_one_default(state: State, source: Json) -> None:
    if source["isDefault"]:
        for other in state.data_sources.values():
            other["isDefault"] = other is source


async def _problem(call: Call, url: str) -> str:
    """What is wrong with the Prometheus at this address, "" when it answers."""
    if not is_web_address(url):
        return "The URL is not an http or https address."
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
            answer = await call.instance.upstream.ask(url, "api/v1/query", "query=1%2B1", None)
    except (UpstreamError, TimeoutError) as error:
        return f"{error}" or f"It did not answer within {HEALTH_TIMEOUT_SECONDS:g} s."
    return "" if answer.status == HTTPStatus.OK else f"It answered {answer.status}."


def _received(call: Call) -> Json:
    """The fields that are sent; null leaves one out."""
    body = call.json
    check_shape(body, _FIELDS)
    check_uid(str(body.get("uid") or ""))
    return {name: value for name, value in body.items() if value is not None}


def _find(call: Call) -> Json:
    source = call.state.data_sources.get(call.path("uid"))
    if source is None:
        raise plain(HTTPStatus.NOT_FOUND, "Data source not found")
    return source


def _writable(call: Call, action: str) -> Json:
    source = _find(call)
    if source["readOnly"]:
        raise plain(HTTPStatus.FORBIDDEN, f"Cannot {action} read-only data source")
    return source


def _shown(source: Json) -> Json:
    """The data source without its secrets, of which only the names come back, and without a password in its address."""
    shown = {key: value for key, value in source.items() if key != SECRETS}
    shown["url"] = without_credentials(str(source["url"]))
    return shown | {"secureJsonFields": dict.fromkeys(source.get(SECRETS) or {}, True)}


def _written(source: Json, message: str) -> Json:
    return {"datasource": _shown(source), "id": source["id"], "message": message, "name": source["name"]}


def _name(source: Json) -> str:
    return str(source["name"])
