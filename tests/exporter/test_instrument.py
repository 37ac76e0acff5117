"""The one line of a service, under a real server."""

import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from glassbox.servers.processes import free_port
from glassbox_exporter import ExporterError, current_request, instrument
from tests.support.exporter_fakes import parse, value

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

WAIT_SECONDS = 10.0


async def infer(_: Request) -> Response:
    request = current_request()
    request.set_task_type("field_extraction")
    request.count_pages(3)
    # Starlette runs handlers that are no coroutines so, with the context of the request.
    await run_in_threadpool(lambda: current_request().count_tokens(prompt=812, generation=240))
    return PlainTextResponse("ok")


class Server:
    """The app under uvicorn, in a thread, from its start-up to its shutdown."""

    def __init__(self, app: Starlette) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.server.run([self._listener])
        except SystemExit as ended:
            self.exit_code = ended.code

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(WAIT_SECONDS)
        self._listener.close()
        assert not self.thread.is_alive()


def ocr_service(registry: CollectorRegistry, port: int) -> Starlette:
    app = Starlette(routes=[Route("/infer", infer, methods=["POST"])])
    instrument(
        app,
        endpoints=["/infer"],
        model_version="1.0",
        inference_engine="pytorch",
        task_types=["doc_ocr", "field_extraction"],
        port=port,
        backend="simulated",
        registry=registry,
    )
    return app


def test_an_app_serves_its_metrics_for_as_long_as_it_lives(registry: CollectorRegistry) -> None:
    port = free_port()
    with Server(ocr_service(registry, port)) as server:
        assert httpx.post(f"{server.url}/infer").status_code == 200
        found = parse(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    of_app = {"endpoint": "/infer", "model_version": "1.0", "inference_engine": "pytorch"}
    of_task = {**of_app, "task_type": "field_extraction"}
    counted = {**of_task, "method": "POST", "status": "200"}
    assert found["http_requests_total", frozenset(counted.items())] == 1
    assert found["inference_pages_total", frozenset(of_task.items())] == 3
    assert found["inference_prompt_tokens_total", frozenset(of_task.items())] == 812
    assert found["inference_generation_tokens_total", frozenset(of_task.items())] == 240
    assert found["gpu_exporter_up", frozenset()] == 1
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("glassbox")]
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_an_app_whose_metrics_cannot_be_served_does_not_start_and_says_why(
    registry: CollectorRegistry, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with Server(ocr_service(registry, port)) as server:
            server.thread.join(WAIT_SECONDS)
        assert server.exit_code == 3
    assert (
        f"Port {port} on 127.0.0.1 is in use: choose another port, or set PROMETHEUS_MULTIPROC_DIR where it is in use by another worker of the same service."
        in capfd.readouterr().err
    )


def test_a_wrong_endpoint_is_told_where_it_is_written(registry: CollectorRegistry) -> None:
    with pytest.raises(ExporterError, match='Endpoint "infer" is not a path'):
        instrument(Starlette(), endpoints=["infer"], registry=registry)


class Flask:
    """What instrument() knows of a Flask app."""

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        current_request().count_pages(2)
        start_response("200 OK", [])
        return [b"ok"]


def test_a_flask_app_is_wrapped_and_serves_at_once(registry: CollectorRegistry) -> None:
    app, port = Flask(), free_port()
    instrument(app, endpoints=["/infer"], port=port, backend="none", registry=registry)
    answer = app.wsgi_app({"REQUEST_METHOD": "POST", "PATH_INFO": "/infer"}, lambda *_: lambda data: None)
    assert b"".join(answer) == b"ok"
    found = parse(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    assert found["inference_pages_total", frozenset({("endpoint", "/infer")})] == 2
    assert value(registry, "http_requests_total", method="POST", endpoint="/infer", status="200") == 1


def test_what_it_does_not_know_is_refused_with_the_way_out(registry: CollectorRegistry) -> None:
    with pytest.raises(ExporterError, match=r"and int is none of them: wrap it in GlassboxMiddleware"):
        instrument(7, endpoints=["/infer"], registry=registry)
