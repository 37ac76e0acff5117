"""Start-ups that fail, and answers that come from outside of a handler: as a test client and a server see them."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from flask import Flask
from prometheus_client import CollectorRegistry
from starlette.middleware.base import RequestResponseEndpoint
from starlette.testclient import TestClient

from glassbox_exporter import ExporterError, GlassboxWsgiMiddleware, ServiceRequests, instrument
from glassbox_exporter.asgi import GlassboxMiddleware, Message, Receive, Scope, Send
from glassbox_exporter.server import start_exporter
from tests.support.asgi_exchanges import exchange
from tests.support.exporter_fakes import value
from tests.support.services import free_port


def counted(registry: CollectorRegistry, method: str = "GET") -> dict[str, float]:
    statuses = ("200", "401", "499", "500")
    found = {
        status: value(registry, "http_requests_total", method=method, endpoint="/infer", status=status)
        for status in statuses
    }
    return {status: number for status, number in found.items() if number}


def watched(app: FastAPI, registry: CollectorRegistry, port: int = 0) -> TestClient:
    instrument(app, endpoints=["/infer"], port=port, backend="simulated", registry=registry)
    return TestClient(app, raise_server_exceptions=False)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("glassbox")]


@pytest.mark.timeout(30)
def test_a_test_client_gets_the_error_of_a_port_that_is_taken(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        client = watched(FastAPI(), registry, taken.getsockname()[1])
        with pytest.raises(ExporterError, match=r"is in use: choose another port"), client:
            pytest.fail("it has started")
    assert threads() == []


def test_an_app_whose_own_start_up_fails_leaves_nothing(registry: CollectorRegistry) -> None:
    @asynccontextmanager
    async def fail(_: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("no weights")
        yield

    port = free_port()
    client = watched(FastAPI(lifespan=fail), registry, port)
    with pytest.raises(RuntimeError, match="no weights"), client:
        pytest.fail("it has started")
    assert is_free(port)
    assert threads() == []


def test_an_app_whose_shutdown_fails_leaves_nothing(registry: CollectorRegistry) -> None:
    @asynccontextmanager
    async def fail(_: FastAPI) -> AsyncIterator[None]:
        yield
        raise RuntimeError("busy")

    port = free_port()
    with pytest.raises(RuntimeError, match="busy"), watched(FastAPI(lifespan=fail), registry, port):
        assert not is_free(port)
    assert is_free(port)
    assert threads() == []


@pytest.mark.parametrize("raises", [True, False])
def test_a_bare_app_without_a_lifespan_serves_on(registry: CollectorRegistry, raises: bool) -> None:
    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if raises:
            raise NotImplementedError

    with start_exporter(port=0, backend="none", registry=registry) as exporter:
        requests = ServiceRequests(endpoints=(), registry=registry)
        app = GlassboxMiddleware(bare, requests=requests, start=lambda: exporter)
        with pytest.raises(NotImplementedError) if raises else nullcontext():
            asyncio.run(exchange(app, [{"type": "lifespan.startup"}], _nowhere, {"type": "lifespan"}))
        assert not is_free(exporter.port)


async def _nowhere(message: Message) -> None:
    """Nobody reads it."""


def test_the_answer_of_a_handler_of_all_exceptions_is_what_counts(registry: CollectorRegistry) -> None:
    app = FastAPI()

    @app.exception_handler(Exception)
    async def refuse(request: Request, error: Exception) -> Response:
        return PlainTextResponse("who are you", 401)

    @app.get("/infer")
    async def infer() -> None:
        raise LookupError

    with watched(app, registry) as client:
        assert client.get("/infer").status_code == 401
    assert counted(registry) == {"401": 1}


def with_a_stream_that_breaks() -> FastAPI:
    app = FastAPI()

    @app.get("/infer")
    async def infer() -> Response:
        async def parts() -> AsyncIterator[str]:
            yield "half of it"
            raise RuntimeError("engine died")

        return StreamingResponse(parts())

    return app


@pytest.mark.parametrize("first", ["instrument", "middleware"])
def test_behind_a_middleware_counts_the_status_that_was_sent_to_its_end(
    registry: CollectorRegistry, first: str
) -> None:
    """Starlette's middleware of functions ends the body of a stream that broke: the client has a whole 200."""
    app = with_a_stream_that_breaks()

    async def through(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    if first == "instrument":
        client = watched(app, registry)
        app.middleware("http")(through)
    else:
        app.middleware("http")(through)
        client = watched(app, registry)
    with client:
        answer = client.get("/infer")
    assert (answer.status_code, answer.text) == (200, "half of it")
    assert counted(registry) == {"200": 1}


def test_a_stream_that_breaks_without_a_middleware_is_a_500(registry: CollectorRegistry) -> None:
    app = with_a_stream_that_breaks()

    with watched(app, registry) as client:
        client.get("/infer")
    assert counted(registry) == {"500": 1}


def test_an_app_that_has_started_is_refused(registry: CollectorRegistry) -> None:
    app = FastAPI()
    TestClient(app).get("/")
    with pytest.raises(ExporterError, match=r"^The app has started already: call instrument\(\) before"):
        watched(app, registry)


def test_flask_counts_what_its_error_handler_answers(registry: CollectorRegistry) -> None:
    app = Flask(__name__)

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> tuple[str, int]:
        return "who are you", 401

    @app.get("/infer")
    def infer() -> str:
        raise LookupError

    app.wsgi_app = GlassboxWsgiMiddleware(  # type: ignore[method-assign]  # as Flask documents it
        app.wsgi_app, requests=ServiceRequests(endpoints=("/infer",), registry=registry)
    )
    assert app.test_client().get("/infer", buffered=True).status_code == 401
    assert counted(registry) == {"401": 1}


def test_a_path_that_is_not_ascii_is_found_under_wsgi(registry: CollectorRegistry) -> None:
    app = Flask(__name__)
    app.wsgi_app = GlassboxWsgiMiddleware(  # type: ignore[method-assign]  # as Flask documents it
        app.wsgi_app, requests=ServiceRequests(endpoints=("/识别", "/größe/{id}"), registry=registry)
    )
    client = app.test_client()
    for path in ("/识别", "/größe/ü", "/%ff"):
        client.get(path, buffered=True)
    endpoints = ("/识别", "/größe/{id}", "other")
    assert [
        value(registry, "http_requests_total", method="GET", endpoint=endpoint, status="404") for endpoint in endpoints
    ] == [1, 1, 1]
