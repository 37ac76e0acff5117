"""The middleware under a real server and a client that hangs up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from glassbox_exporter import GlassboxMiddleware
from glassbox_exporter.asgi import ASGIApp, Receive, Scope, Send
from tests.exporter.exporter_fakes import value

WAIT_SECONDS = 10.0
REQUEST = b"POST /infer HTTP/1.1\r\nHost: service\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serving(app: ASGIApp) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive()


def test_a_client_that_hangs_up_in_the_middle_of_a_stream_counts_as_499(registry: CollectorRegistry) -> None:
    async def stream_for_ever(_: Request) -> Response:
        async def tokens() -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

        return StreamingResponse(tokens())

    app = Starlette(routes=[Route("/infer", stream_for_ever, methods=["POST"])])
    app.add_middleware(GlassboxMiddleware, endpoints=("/infer",), registry=registry)
    ended = Event()

    async def tell_the_end(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            ended.set()

    with serving(tell_the_end) as address:
        with socket.create_connection(address, timeout=WAIT_SECONDS) as client:
            client.sendall(REQUEST)
            received = b""
            while b"first" not in received:
                received += client.recv(4096)
            assert value(registry, "http_requests_inprogress", endpoint="/infer") == 1
        assert ended.wait(WAIT_SECONDS)
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="499") == 1
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 0
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
