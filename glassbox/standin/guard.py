"""The checks before every request, and the headers of every answer: who may call a server on loopback, and what its page may do."""

import ipaddress
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


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches a server that listens on this address or name."""
    if address.lower() == "localhost":
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return bool((getattr(found, "ipv4_mapped", None) or found).is_loopback)


class Guard:
    """ASGI application before another: refuses requests that another site's page may have made, and adds the headers.

    A page whose own name was pointed at 127.0.0.1 (DNS rebinding) shows itself by the Host that its browser sends;
    A server that listens elsewhere than on loopback may have any name.
    """

    def __init__(self, app: ASGIApp, listens_on: str) -> None:
        self._app = app
        self._any_host = not is_loopback(listens_on)
        self._names = (*LOOPBACK_NAMES, f"[{listens_on.lower()}]" if ":" in listens_on else listens_on.lower())

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
        known = {f"{name}:{port}" for name in self._names} | (set(self._names) if port == 80 else set())
        if not self._any_host and host not in known:
            return f"This server answers as localhost:{port} only: open it under that name."
        origin = headers.get("origin", "null").partition("://")[2].lower()
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return "Pages of other sites may not call this server."
        if "origin" in headers and origin != host:
            return "Pages of other sites may not call this server."
        return ""
