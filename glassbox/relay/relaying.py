"""The server between Alertmanager and the robots. A message that a robot refuses is answered with 502, so that Alertmanager tries again."""

import asyncio
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from glassbox.cli.output import complain
from glassbox.errors import GlassboxError
from glassbox.http.route import Route as Way
from glassbox.http.route import route_to
from glassbox.http.sentences import masked, on_one_line
from glassbox.http.unreachable import no_connection
from glassbox.relay.chat_messages import Message, message
from glassbox.relay.robots import Robot, took
from glassbox.servers.processes import LOOPBACK
from glassbox.standin.guard import Guard

ROBOT_TIMEOUT_SECONDS = 10.0
"""Of a whole answer, also of one that comes byte by byte."""
ANSWER_MAX_BYTES = 64 * 1024
BODY_MAX_BYTES = 4 * 1024 * 1024
BODY_TIMEOUT_SECONDS = 10.0


async def send(robot: Robot, text: Message) -> None:
    """Have the robot show a message; raises GlassboxError, without any secret, when it does not accept it."""
    url, body = robot.url(), json.dumps(robot.body(text), ensure_ascii=False).encode()
    way = route_to(url)
    try:
        async with asyncio.timeout(ROBOT_TIMEOUT_SECONDS):
            said = json.loads(await _answer(url, way, body))
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise GlassboxError(
            f"The robot {robot.name} {way}did not accept a message ({_reason(error, way)}); "
            "check its address and the network."
        ) from None
    if not isinstance(said, dict) or not took(robot, said):
        shown = on_one_line(masked(_shown(said), _secrets_of(url)))
        raise GlassboxError(f"The robot {robot.name} refused a message: {shown}.")


def _secrets_of(url: str) -> Sequence[str]:
    """What names the robot: the values of the query, else the end of the path."""
    parts = urlsplit(url)
    return [value for _, value in parse_qsl(parts.query)] or [parts.path.rpartition("/")[2] or url]


async def _answer(url: str, way: Way, body: bytes) -> bytes:
    """What the robot says, not compressed; raises _RefusedError for another status than 200 and for too many bytes."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"}
    received = bytearray()
    async with (
        httpx.AsyncClient(timeout=ROBOT_TIMEOUT_SECONDS, follow_redirects=False, **way.for_httpx()) as client,
        client.stream("POST", url, content=body, headers=headers) as answer,
    ):
        if answer.status_code != HTTPStatus.OK:
            raise _RefusedError(f"HTTP {answer.status_code}")
        async for part in answer.aiter_raw():
            received += part
            if len(received) > ANSWER_MAX_BYTES:
                raise _RefusedError(f"its answer exceeds {ANSWER_MAX_BYTES // 1024} KiB")
    return bytes(received)


class _RefusedError(ValueError):
    """An answer that cannot be used; the text is ours."""


def _reason(error: Exception, way: Way) -> str:
    """Why, without the address, which the texts of some errors hold."""
    if isinstance(error, _RefusedError):
        return str(error)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no whole answer within {ROBOT_TIMEOUT_SECONDS:g} s"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | OSError):
        return no_connection(error, way) or "no connection"
    if isinstance(error, httpx.RemoteProtocolError):
        return "its answer is not HTTP"
    return "the connection was lost" if isinstance(error, httpx.TransportError) else "its answer is not JSON"


def _shown(said: Any) -> str:
    try:
        return json.dumps(said, ensure_ascii=False)
    except RecursionError:
        return "an answer of too many levels"


def application(robots: Sequence[Robot]) -> ASGIApp:
    """Takes Alertmanager's webhook body at `/` and the robot's name: 200 shown, 400 for another body, 413 for a large one, 502 not shown.

    Opened in a browser, an address says what it is. Requests that pages of other sites may have made are refused.
    """
    paths = ", ".join(f"/{robot.name}" for robot in robots)
    routes = [Route("/", _says(f"This relay passes Alertmanager's alerts on to group robots: POST to {paths}."))]
    for robot in robots:
        about = f"This address takes alerts, and passes them on to {robot.name}: make it the url of a webhook of Alertmanager."
        routes += [Route(f"/{robot.name}", _taking(robot), methods=["POST"]), Route(f"/{robot.name}", _says(about))]
    return Guard(Starlette(routes=routes), LOOPBACK)


def _says(sentence: str) -> Any:
    async def answer(_request: Request) -> Response:
        return PlainTextResponse(f"{sentence}\n")

    return answer


def _taking(robot: Robot) -> Any:
    async def take(request: Request) -> Response:
        content = await _content(request)
        if content is None:
            return PlainTextResponse("This body is too large or too slow.\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            text = message(json.loads(content))
        except (ValueError, RecursionError):
            return PlainTextResponse("This is not a webhook body of Alertmanager.\n", HTTPStatus.BAD_REQUEST)
        try:
            await send(robot, text)
        except GlassboxError as error:
            complain(str(error))
            return PlainTextResponse(f"{error}\n", HTTPStatus.BAD_GATEWAY)
        return Response()

    return take


async def _content(request: Request) -> bytes | None:
    """The body; None for one that is too large, and for one that does not come."""
    received = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            async for part in request.stream():
                received += part
                if len(received) > BODY_MAX_BYTES:
                    return None
    except (TimeoutError, ClientDisconnect):
        return None
    return bytes(received)
