"""Request metrics for any ASGI application: FastAPI, Starlette, or a bare one."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from glassbox_exporter.requests import ActiveRequest, ServiceRequests, enter
from glassbox_exporter.server import Exporter

# The types of the ASGI specification, whose messages are free-form mappings.
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Nobody gives up on an answer sooner, so only slower ones pay for the question whether the client is still there.
PATIENCE_SECONDS = 0.1
# How often the event loop goes round until a middleware outside this one has handed on what the server has ready.
LOOP_TURNS = 20
# How many parts of a body that nobody has read may lie before the news that the client has left.
MAX_PARTS = 1000


class GlassboxMiddleware:
    """Counts and times the requests of an ASGI app, which `instrument` wraps in it.

    An exception in the app counts as status 500 and goes on; a client that leaves before the end of the answer counts
    as 499. WebSocket traffic passes untouched. Where `start` is given, it begins to serve the metrics when the server
    starts the app, and they end with the app; an app whose metrics cannot be served does not start.
    """

    def __init__(self, app: ASGIApp, *, requests: ServiceRequests, start: Callable[[], Exporter] | None = None) -> None:
        self._app = app
        self._requests = requests
        self._start = start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan" and self._start is not None:
            await self._live(self._start, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = self._requests.begin(scope["method"], _path_in_app(scope))
        enter(request)
        exchange = _Exchange(request, receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            exchange.end_early()

    async def _live(self, start: Callable[[], Exporter], scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the metrics for as long as the app lives."""
        startup = await receive()
        try:
            exporter = start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            # A test client waits for it; servers have logged the message.
            raise
        lifespan = _Lifespan(startup, receive, send)
        try:
            await self._app(scope, lifespan.receive, lifespan.send)
        finally:
            if lifespan.known:
                exporter.close()


class _Lifespan:
    """The messages of an app's life, the first of which has been read already.

    An app that ends without a word (`known`) knows no lifespan, and its server goes on without: so do its metrics.
    """

    def __init__(self, startup: Message, receive: Receive, send: Send) -> None:
        self._unread = [startup]
        self._receive = receive
        self._send = send
        self.known = False

    async def receive(self) -> Message:
        return self._unread.pop() if self._unread else await self._receive()

    async def send(self, message: Message) -> None:
        self.known = True
        await self._send(message)


class _Exchange:
    """The messages of one request and its answer, watched for how it ends."""

    __slots__ = ("_client_left", "_receive", "_receiving", "_request", "_send", "_status")

    def __init__(self, request: ActiveRequest, receive: Receive, send: Send) -> None:
        self._request = request
        self._receive = receive
        self._send = send
        self._status = "500"
        self._receiving = 0
        self._client_left = False

    async def receive(self) -> Message:
        self._receiving += 1
        try:
            message = await self._receive()
        finally:
            self._receiving -= 1
        if message["type"] == "http.disconnect":
            self._client_left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = str(message["status"])
        ends = _ends_answer(message)
        if ends and not self._client_left and not self._receiving and self._request.seconds > PATIENCE_SECONDS:
            # A server takes an answer for a client that has left, and says nothing.
            self._client_left = await _has_disconnect(self._receive)
        try:
            await self._send(message)
        except OSError:
            # ASGI 2.4 and later: send() to a client that has left raises OSError.
            self._client_left = True
            raise
        if ends:
            self._request.finish("499" if self._client_left else self._status)

    def end_early(self) -> None:
        """The app has returned or raised; if its answer was complete by then, this changes nothing."""
        self._request.finish("499" if self._client_left else "500")


async def _has_disconnect(receive: Receive) -> bool:
    """Whether the server has `http.disconnect` ready, without waiting for it.

    What is left of the request's body comes first; the app, about to end its answer, will not read it any more. A
    client that still sends more of it is there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # Trio has tasks of another kind.
        return False
    for _ in range(MAX_PARTS):
        message = await _ready_message(receive)
        if message is None or message["type"] != "http.request":
            return message is not None and message["type"] == "http.disconnect"
    return False


async def _ready_message(receive: Receive) -> Message | None:
    receiving = asyncio.ensure_future(receive())
    try:
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)
            if receiving.done():
                return None if receiving.cancelled() or receiving.exception() else receiving.result()
        return None
    finally:
        receiving.cancel()


def _ends_answer(message: Message) -> bool:
    kind: str = message["type"]
    return kind == "http.response.pathsend" or (kind == "http.response.body" and not message.get("more_body", False))


def _path_in_app(scope: Scope) -> str:
    """The path without the prefix under which a proxy or a Mount has put the app (`root_path`)."""
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root_path) if path.startswith(root_path + "/") else path
