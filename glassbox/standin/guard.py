"""The checks before every request, and the headers of every answer: who may call a server on loopback, and what its page may do."""

from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
HEADERS = {
    # Grafana's components write their styles into the page; nothing else comes from anywhere but here.
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI application before another: refuses requests that another site's page may have made, and adds the headers.

    A page whose own name was pointed at 127.0.0.1 (DNS rebinding) shows itself by the Host that its browser sends;
    `any_host` is for a server that listens elsewhere, under names that are not known here.
    """

    def __init__(self, app: ASGIApp, *, any_host: bool) -> None:
        self._app = app
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if sentence := self._refusal(headers, scope["server"][1]):
            await JSONResponse({"message": sentence}, HTTPStatus.FORBIDDEN)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _refusal(self, headers: Headers, port: int) -> str:
        host = headers.get("host", "").lower()
        known = {f"{name}:{port}" for name in LOOPBACK_NAMES} | (set(LOOPBACK_NAMES) if port == 80 else set())
        if not self._any_host and host not in known:
            return f"This server answers as localhost:{port} only: open it under that name."
        origin = headers.get("origin", "null").partition("://")[2].lower()
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return "Pages of other sites may not call this server."
        if "origin" in headers and origin != host:
            return "Pages of other sites may not call this server."
        return ""
