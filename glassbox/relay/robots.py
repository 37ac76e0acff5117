"""Alertmanager's alerts to group robots of WeCom and DingTalk: the command `relay`, on Alertmanager's machine.

The robots take bodies of their own, answer 200 even when they refuse a message, and DingTalk's may need a signature. A message that a robot
refuses is answered with 502, so that Alertmanager tries again and counts it as failed.

Formats: https://developer.work.weixin.qq.com/document/path/91770 (WeCom), https://open.dingtalk.com/document/robots/custom-robot-access
and, for the signature, https://open.dingtalk.com/document/robots/customize-robot-security-settings (DingTalk).
"""

import base64
import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glassbox.cli.output import complain
from glassbox.errors import GlassboxError
from glassbox.relay.chat_messages import Message, message

ROBOT_TIMEOUT_SECONDS = 10.0


class Robot(Protocol):
    """A group robot. Its secrets are read from their files for every message, so a new one needs no restart."""

    name: ClassVar[str]

    def url(self) -> str:
        """Its address, which is a secret; raises GlassboxError when the file does not hold one."""

    def body(self, text: Message) -> dict[str, Any]:
        """The request body for a message."""


@dataclass(frozen=True)
class WeCom:
    """A group robot of WeCom (企业微信)."""

    name: ClassVar[str] = "wecom"
    url_file: Path

    def url(self) -> str:
        return _address(self.url_file)

    def body(self, text: Message) -> dict[str, Any]:
        return {"msgtype": "markdown", "markdown": {"content": text.markdown}}


@dataclass(frozen=True)
class DingTalk:
    """A custom robot of DingTalk (钉钉); with a secret file, its messages are signed."""

    name: ClassVar[str] = "dingtalk"
    url_file: Path
    secret_file: Path | None = None

    def url(self) -> str:
        address = _address(self.url_file)
        if self.secret_file is None:
            return address
        return f"{address}&{urlencode(signature(_secret(self.secret_file), round(time.time() * 1000)))}"

    def body(self, text: Message) -> dict[str, Any]:
        return {"msgtype": "markdown", "markdown": {"title": text.title, "text": text.markdown}}


def signature(secret: str, time_milliseconds: int) -> dict[str, str]:
    """The query parameters that sign a message to DingTalk: HMAC-SHA256 of time and secret, with the secret as its key."""
    signed = hmac.new(secret.encode(), f"{time_milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": str(time_milliseconds), "sign": base64.b64encode(signed).decode()}


def send(robot: Robot, text: Message) -> None:
    """Have the robot show a message; raises GlassboxError, without any secret, when it does not accept it."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    url, body = robot.url(), json.dumps(robot.body(text)).encode()
    try:
        request = urllib.request.Request(url, body, headers)
        with urllib.request.urlopen(request, timeout=ROBOT_TIMEOUT_SECONDS) as answer:
            said = json.load(answer)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GlassboxError(
            f"The robot {robot.name} did not accept a message ({_reason(error)}); check its address and the network."
        ) from None
    if not isinstance(said, dict) or said.get("errcode") != 0:
        raise GlassboxError(f"The robot {robot.name} refused a message: {json.dumps(said, ensure_ascii=False)[:300]}.")


def application(robots: Iterable[Robot]) -> Starlette:
    """Takes Alertmanager's webhook body at `/` and the robot's name: 200 shown, 400 for another body, 502 not shown."""
    return Starlette(routes=[route for robot in robots for route in (_route(robot), _about(robot))])


def _about(robot: Robot) -> Route:
    """What people see who open the address in a browser."""
    text = f"Here the relay takes what Alertmanager sends, for the robot {robot.name}: name this address as url of a webhook_configs entry.\n"

    async def about(_request: Request) -> Response:
        return PlainTextResponse(text)

    return Route(f"/{robot.name}", about)


def _route(robot: Robot) -> Route:
    async def take(request: Request) -> Response:
        try:
            text = message(await request.json())
        except (ValueError, AttributeError, KeyError, TypeError):
            return Response("This is not a webhook body of Alertmanager.\n", status_code=400)
        try:
            await run_in_threadpool(send, robot, text)
        except GlassboxError as error:
            complain(str(error))
            return Response(f"{error}\n", status_code=502)
        return Response(status_code=200)

    return Route(f"/{robot.name}", take, methods=["POST"])


def _reason(error: Exception) -> str:
    """Why, without the address, which the texts of some errors hold."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return type(error).__name__


def _address(file: Path) -> str:
    address = _secret(file)
    if not address.startswith(("https://", "http://")):
        raise GlassboxError(
            f"{file} does not hold an address: write the robot's webhook address into it, with https://."
        )
    return address


def _secret(file: Path) -> str:
    """The one word in a file."""
    try:
        words = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise GlassboxError(f"{file} cannot be read ({error}); create it, readable for this user only.") from None
    if len(words) != 1:
        raise GlassboxError(f"{file} holds {len(words)} words; write only the secret into it.")
    return words[0]
