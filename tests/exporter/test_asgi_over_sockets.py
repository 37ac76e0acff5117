"""The middleware under a real server and a client that hangs up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from glassbox_exporter import GlassboxMiddleware, ServiceRequests
from glassbox_exporter.asgi import PATIENCE_SECONDS, ASGIApp, Receive, Scope, Send
from tests.support.exporter_fakes import value
from tests.support.waiting import eventually

WAIT_SECONDS = 10.0
REQUEST = b"POST /infer HTTP/1.1\r\nHost: service\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serving(app: ASGIApp) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    assert eventually(condition, WAIT_SECONDS, poll_seconds=0.01)


def telling(app: ASGIApp, ended: Event, receives: list[Any] | None = None) -> ASGIApp:
    """The app, and an event when it has ended a request; notes by what it has received it."""

    async def tell_the_end(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if receives is not None:
                receives.append(receive)
            await app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                ended.set()

    return tell_the_end


def test_a_client_that_hangs_up_in_the_middle_of_a_stream_counts_as_499(registry: CollectorRegistry) -> None:
    async def stream_for_ever(_: Request) -> Response:
        async def tokens() -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

        return StreamingResponse(tokens())

    app = Starlette(routes=[Route("/infer", stream_for_ever, methods=["POST"])])
    app.add_middleware(GlassboxMiddleware, requests=ServiceRequests(endpoints=("/infer",), registry=registry))
    ended = Event()
    with serving(telling(app, ended)) as address:
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


@pytest.mark.parametrize("outside", [False, True])
def test_a_client_that_hangs_up_before_a_slow_answer_counts_as_499(registry: CollectorRegistry, outside: bool) -> None:
    """The server takes the answer and says nothing, also where another middleware stands between it and ours."""
    arrived, ended, answer = Event(), Event(), Event()

    async def infer(_: Request) -> Response:
        arrived.set()
        while not answer.is_set():
            await asyncio.sleep(0.01)
        return PlainTextResponse("text of the page")

    app = Starlette(routes=[Route("/infer", infer, methods=["POST"])])
    app.add_middleware(GlassboxMiddleware, requests=ServiceRequests(endpoints=("/infer",), registry=registry))
    if outside:
        app.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, answer_of: answer_of(request))
    receives: list[Any] = []

    with serving(telling(app, ended, receives)) as address:
        for leaves in (True, False):
            for event in (arrived, ended, answer):
                event.clear()
            with socket.create_connection(address, timeout=WAIT_SECONDS) as client:
                client.sendall(REQUEST.replace(b"Length: 0", b"Length: 4") + b"page")
                assert arrived.wait(WAIT_SECONDS)
                Event().wait(2 * PATIENCE_SECONDS)
                if not leaves:
                    answer.set()
                    received = b""
                    while not received.endswith(b"text of the page"):
                        received += client.recv(4096)
            if leaves:
                # The server hears of it in its own time; uvicorn keeps that beside receive().
                wait_until(lambda: receives[-1].__self__.disconnected)
                answer.set()
            assert ended.wait(WAIT_SECONDS)
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="499") == 1
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 1
