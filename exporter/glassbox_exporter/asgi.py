"""Request metrics for any ASGI application: FastAPI, Starlette, or a bare one."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry

from glassbox_exporter.endpoints import Endpoints
from glassbox_exporter.requests import ActiveRequest, request_metrics

# The types of the ASGI specification, whose messages are free-form mappings.
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class GlassboxMiddleware:
    """Counts and times the requests of an ASGI app: `app.add_middleware(GlassboxMiddleware, endpoints=("/infer",))`.

    `endpoints` are the paths or path templates that get an `endpoint` label of their own, and `methods` those whose
    series exist from the start. An exception in the app counts as status 500 and goes on; a client that leaves
    before the answer ends counts as 499. WebSocket and lifespan traffic passes untouched.

    Raises ExporterError for an endpoint that is no path, or when `registry` holds other metrics of the same names.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        endpoints: Iterable[str],
        methods: Iterable[str] = ("POST",),
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._app = app
        self._endpoints = Endpoints(endpoints)
        self._metrics = request_metrics(registry)
        self._metrics.declare(self._endpoints.labels, methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        endpoint = self._endpoints.label(_path_in_app(scope))
        exchange = _Exchange(self._metrics.begin(scope["method"], endpoint), receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.end_early()


class _Exchange:
    """The messages of one request and its answer, watched for how it ends."""

    def __init__(self, request: ActiveRequest, receive: Receive, send: Send) -> None:
        self._request = request
        self._receive = receive
        self._send = send
        self._status = "500"
        self._client_left = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._client_left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = str(message["status"])
        try:
            await self._send(message)
        except OSError:
            # ASGI 2.4 and later: send() to a client that has left raises OSError.
            self._client_left = True
            raise
        if _ends_answer(message):
            self._request.finish("499" if self._client_left else self._status)

    def end_early(self) -> None:
        """The app has returned or raised; if its answer was complete by then, this changes nothing."""
        self._request.finish("499" if self._client_left else "500")


def _ends_answer(message: Message) -> bool:
    kind: str = message["type"]
    return kind == "http.response.pathsend" or (kind == "http.response.body" and not message.get("more_body", False))


def _path_in_app(scope: Scope) -> str:
    """The path without the prefix under which a proxy or a Mount has put the app (`root_path`)."""
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root_path) if path.startswith(root_path + "/") else path
