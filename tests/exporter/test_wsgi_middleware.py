from collections.abc import Iterable, Iterator
from contextvars import Context
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from prometheus_client import CollectorRegistry

from glassbox_exporter import ExporterError, GlassboxWsgiMiddleware, ServiceRequests, current_request
from glassbox_exporter.families import request_families
from tests.support.exporter_fakes import HandClock, value

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def ok(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("201 Created", [("Content-Type", "text/plain")])
    return [b"a", b"b"]


def begin(registry: CollectorRegistry, app: "WSGIApplication", path: str = "/infer") -> Iterable[bytes]:
    """A server's first half of a request: the answer, its body not read yet."""
    environ: WSGIEnvironment = {"REQUEST_METHOD": "POST", "PATH_INFO": path}
    setup_testing_defaults(environ)
    middleware = GlassboxWsgiMiddleware(app, requests=ServiceRequests(endpoints=("/infer",), registry=registry))
    return middleware(environ, lambda status, headers, exc_info=None, /: lambda data: None)


def close(answer: Iterable[bytes]) -> None:
    answer.close()  # type: ignore[attr-defined]  # WSGI: an iterable that may have close()


def total(registry: CollectorRegistry, status: str, endpoint: str = "/infer") -> float | None:
    return value(registry, "http_requests_total", method="POST", endpoint=endpoint, status=status)


def test_an_answer_is_counted_when_its_body_ends(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)
    answer = begin(registry, ok)
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 1
    clock.advance(0.5)
    assert b"".join(answer) == b"ab"
    close(answer)
    assert total(registry, "201") == 1
    assert total(registry, "499") == 0
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert value(registry, "http_request_duration_seconds_sum", method="POST", endpoint="/infer") == 0.5


def test_an_unknown_path_is_other(registry: CollectorRegistry) -> None:
    list(begin(registry, ok, path="/wp-login.php"))
    assert total(registry, "201", endpoint="other") == 1


def test_an_exception_of_the_app_counts_as_500_and_goes_on(registry: CollectorRegistry) -> None:
    def fail(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        begin(registry, fail)
    assert total(registry, "500") == 1
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_an_exception_in_the_body_counts_as_500_and_goes_on(registry: CollectorRegistry) -> None:
    def break_off(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        raise RuntimeError("engine died")

    answer = begin(registry, break_off)
    with pytest.raises(RuntimeError, match="engine died"):
        list(answer)
    close(answer)
    assert total(registry, "500") == 1
    assert total(registry, "200") == 0
    assert total(registry, "499") == 0


class Stream:
    """A body that notes whether the server's close() has reached it."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter((b"a", b"b"))

    def close(self) -> None:
        self.closed = True


def test_a_body_closed_before_its_end_counts_as_499_and_is_closed(registry: CollectorRegistry) -> None:
    stream = Stream()

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [])
        return stream

    answer = begin(registry, app)
    # A server holds the iterator until it has closed the answer; one that is dropped ends by itself.
    chunks = iter(answer)
    assert next(chunks) == b"a"
    close(answer)
    assert stream.closed
    assert total(registry, "499") == 1
    assert total(registry, "200") == 0


def test_a_client_that_leaves_counts_as_499_behind_a_wrapper_that_drops_close(registry: CollectorRegistry) -> None:
    """Werkzeug's debugger hands a body on by `yield from`, and closes it at its end only."""

    def dropping_close(body: Iterable[bytes]) -> Iterator[bytes]:
        yield from body

    answer = dropping_close(begin(registry, ok))
    assert next(iter(answer)) == b"a"
    close(answer)
    assert total(registry, "499") == 1
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_both_sides_follow_the_wsgi_specification(registry: CollectorRegistry) -> None:
    """wsgiref.validate raises AssertionError at the first breach of PEP 3333."""
    inside = GlassboxWsgiMiddleware(validator(ok), requests=ServiceRequests(endpoints=("/infer",), registry=registry))
    environ: WSGIEnvironment = {"REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/infer", "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    answer = validator(inside)(environ, lambda status, headers, exc_info=None, /: lambda data: None)
    assert b"".join(answer) == b"ab"
    close(answer)
    assert total(registry, "201") == 1


def test_a_handler_counts_for_its_request_and_the_thread_forgets_it_with_the_answer(
    registry: CollectorRegistry,
) -> None:
    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"a"
        current_request().count_pages(4)

    def serve() -> None:
        answer = begin(registry, app)
        list(answer)
        close(answer)
        with pytest.raises(ExporterError, match="No request is being answered here"):
            current_request()

    Context().run(serve)
    assert value(registry, "inference_pages_total", endpoint="/infer") == 4
