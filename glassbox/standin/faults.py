"""Wrong answers on purpose, for tests of clients: armed in the process, not reachable over HTTP."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Grafana</title></head><body>Welcome to Grafana</body></html>"


LOGGED_REQUESTS = 1000
LOGGED_PATH_CHARACTERS = 500


class LoggedRequest(NamedTuple):
    """A request as it arrived; `path` is below the sub-path, quoted as sent, without the query."""

    method: str
    path: str


@dataclass
class Fault:
    """What happens to the next `times` requests whose path starts with `path`; no `response` means a delay only."""

    path: str
    times: int
    method: str | None
    response: Response | None
    delay_seconds: float

    def takes(self, request: LoggedRequest) -> bool:
        return self.times > 0 and request.path.startswith(self.path) and self.method in (None, request.method)


@dataclass
class Faults:
    """The faults that are armed; each is used up after its number of requests."""

    armed: list[Fault] = field(default_factory=list)

    def answer(
        self,
        path: str,
        *,
        status: int,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        method: str | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        """Answer with this status and body (text or bytes as they are, anything else as JSON); nothing is stored."""
        content = body if isinstance(body, str | bytes) else b"" if body is None else json.dumps(body)
        media_type = "text/html" if isinstance(body, str | bytes) else "application/json"
        response = Response(content, status, headers=headers, media_type=media_type)
        self.armed.append(Fault(path, times, method, response, delay_seconds))

    def delay(self, path: str, seconds: float, *, times: int = 1, method: str | None = None) -> None:
        """Answer as usual, later."""
        self.armed.append(Fault(path, times, method, None, seconds))

    def login_page(self, path: str, *, times: int = 1, method: str | None = None) -> None:
        """Answer 200 with HTML, as a proxy with a login form does."""
        self.answer(path, status=HTTPStatus.OK, body=LOGIN_PAGE, times=times, method=method)

    def redirect(self, path: str, location: str, *, times: int = 1, method: str | None = None) -> None:
        """Answer 302 with this Location."""
        self.answer(path, status=HTTPStatus.FOUND, headers={"Location": location}, times=times, method=method)

    def take(self, request: LoggedRequest) -> Fault | None:
        """The first fault that applies, with one of its times used up."""
        for fault in self.armed:
            if fault.takes(request):
                fault.times -= 1
                return fault
        return None


def request_log() -> deque[LoggedRequest]:
    """An empty log, which keeps the last LOGGED_REQUESTS: anybody may send requests."""
    return deque(maxlen=LOGGED_REQUESTS)


class FaultyFront:
    """ASGI application in front of the stand-in: logs each request, then lets a fault answer it or passes it on."""

    def __init__(self, app: ASGIApp, faults: Faults, log: deque[LoggedRequest], base_path: str) -> None:
        self._app = app
        self._faults = faults
        self._log = log
        self._base_path = base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["raw_path"].decode("ascii").partition("?")[0].removeprefix(self._base_path)
        request = LoggedRequest(scope["method"], path)
        self._log.append(LoggedRequest(request.method[:LOGGED_PATH_CHARACTERS], path[:LOGGED_PATH_CHARACTERS]))
        fault = self._faults.take(request)
        if fault is not None:
            await asyncio.sleep(fault.delay_seconds)
        await (fault.response if fault and fault.response else self._app)(scope, receive, send)
