"""The middleware in real Starlette apps, and before bare ASGI apps for what a client cannot be made to do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from glassbox_exporter import GlassboxMiddleware, ServiceRequests
from glassbox_exporter.asgi import ASGIApp, Message, Receive, Scope, Send
from glassbox_exporter.families import request_families
from tests.support.asgi_exchanges import answer_bare, drive, exchange, ignore
from tests.support.exporter_fakes import HandClock, samples, value

Handler = Callable[[Request], Awaitable[Response]]


def counting(registry: CollectorRegistry) -> ServiceRequests:
    return ServiceRequests(endpoints=("/infer", "/jobs/{job_id}"), registry=registry)


def service(registry: CollectorRegistry, handler: Handler) -> Starlette:
    app = Starlette(routes=[Route("/infer", handler, methods=["POST"]), Route("/jobs/{job_id}", handler)])
    app.add_middleware(GlassboxMiddleware, requests=counting(registry))
    return app


def request(app: ASGIApp, path: str, method: str = "POST") -> int:
    async def exchange() -> int:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return (await client.request(method, path)).status_code

    return asyncio.run(exchange())


async def answer_ok(_: Request) -> Response:
    return PlainTextResponse("ok")


def total(registry: CollectorRegistry, status: str, endpoint: str = "/infer", method: str = "POST") -> float | None:
    return value(registry, "http_requests_total", method=method, endpoint=endpoint, status=status)


def durations(registry: CollectorRegistry) -> float | None:
    return value(registry, "http_request_duration_seconds_sum", method="POST", endpoint="/infer")


def test_answers_are_counted_by_method_endpoint_and_status(registry: CollectorRegistry) -> None:
    app = service(registry, answer_ok)
    assert [request(app, "/infer"), request(app, "/infer"), request(app, "/infer", "GET")] == [200, 200, 405]
    assert request(app, "/jobs/17", "GET") == 200
    assert total(registry, "200") == 2
    assert total(registry, "405", method="GET") == 1
    assert total(registry, "200", endpoint="/jobs/{job_id}", method="GET") == 1
    assert value(registry, "http_request_duration_seconds_count", method="POST", endpoint="/infer") == 2
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_a_thousand_unknown_paths_make_one_series(registry: CollectorRegistry) -> None:
    app = service(registry, answer_ok)
    for number in range(1_000):
        assert request(app, f"/scan/{number}", "GET") == 404
    assert total(registry, "404", endpoint="other", method="GET") == 1_000
    endpoints = {dict(labels).get("endpoint") for _, labels in samples(registry)}
    assert endpoints == {"/infer", "/jobs/{job_id}", "other"}


def test_an_exception_counts_as_500_and_goes_on(registry: CollectorRegistry) -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("CUDA out of memory")

    middleware = GlassboxMiddleware(
        Starlette(routes=[Route("/infer", fail, methods=["POST"])]),
        requests=counting(registry),
    )
    with pytest.raises(RuntimeError, match="CUDA out of memory"):
        drive(middleware)
    assert total(registry, "500") == 1
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert request(service(registry, fail), "/infer") == 500
    assert total(registry, "500") == 2


def test_an_http_exception_keeps_its_status(registry: CollectorRegistry) -> None:
    async def refuse(_: Request) -> Response:
        raise HTTPException(429)

    assert request(service(registry, refuse), "/infer") == 429
    assert total(registry, "429") == 1
    assert total(registry, "500") == 0


def test_an_exception_in_the_middle_of_a_stream_counts_as_500(registry: CollectorRegistry) -> None:
    async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise RuntimeError("engine died")

    with pytest.raises(RuntimeError, match="engine died"):
        drive(GlassboxMiddleware(break_off, requests=counting(registry)))
    assert total(registry, "500") == 1
    assert total(registry, "200") == 0


def test_a_stream_lasts_until_its_last_chunk(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)
    in_progress = []

    async def stream(_: Request) -> Response:
        async def tokens() -> AsyncIterator[str]:
            for token in "abcd":
                clock.advance(0.5)
                in_progress.append(value(registry, "http_requests_inprogress", endpoint="/infer"))
                yield token

        return StreamingResponse(tokens())

    assert request(service(registry, stream), "/infer") == 200
    assert durations(registry) == 2.0
    assert in_progress == [1, 1, 1, 1]
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0


def test_background_work_after_the_answer_is_no_part_of_it(registry: CollectorRegistry, clock: HandClock) -> None:
    request_families(registry, clock=clock)

    async def answer_then_work(_: Request) -> Response:
        clock.advance(0.25)
        return PlainTextResponse("ok", background=BackgroundTask(clock.advance, 60.0))

    assert request(service(registry, answer_then_work), "/infer") == 200
    assert durations(registry) == 0.25


def test_a_client_that_leaves_while_sending_its_request_counts_as_499(registry: CollectorRegistry) -> None:
    async def read_body(http_request: Request) -> Response:
        return PlainTextResponse(str(len(await http_request.body())))

    messages: list[Message] = [
        {"type": "http.request", "body": b"part", "more_body": True},
        {"type": "http.disconnect"},
    ]
    with pytest.raises(Exception, match=r"^$") as caught:
        drive(service(registry, read_body), messages)
    assert type(caught.value).__name__ == "ClientDisconnect"
    assert total(registry, "499") == 1
    assert total(registry, "500") == 0


def test_a_send_refused_because_the_client_left_counts_as_499(registry: CollectorRegistry) -> None:
    """ASGI 2.4: send() raises OSError once the client has left."""

    async def refuse_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("connection closed")

    middleware = GlassboxMiddleware(answer_bare, requests=counting(registry))
    with pytest.raises(OSError, match="connection closed"):
        drive(middleware, send=refuse_body)
    assert total(registry, "499") == 1
    assert total(registry, "200") == 0


def test_a_cancelled_request_is_not_left_in_progress(registry: CollectorRegistry) -> None:
    started = asyncio.Event()

    async def hang(scope: Scope, receive: Receive, send: Send) -> None:
        started.set()
        await asyncio.Event().wait()

    async def cancel_it() -> None:
        middleware = GlassboxMiddleware(hang, requests=counting(registry))
        task = asyncio.create_task(exchange(middleware, [], ignore))
        await started.wait()
        assert value(registry, "http_requests_inprogress", endpoint="/infer") == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_it())
    assert value(registry, "http_requests_inprogress", endpoint="/infer") == 0
    assert total(registry, "500") == 1


def test_an_app_that_answers_nothing_counts_as_500(registry: CollectorRegistry) -> None:
    async def say_nothing(scope: Scope, receive: Receive, send: Send) -> None:
        return

    drive(GlassboxMiddleware(say_nothing, requests=counting(registry)))
    assert total(registry, "500") == 1


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_the_rest_of_a_body_is_skipped_before_the_news_that_the_client_has_left(
    registry: CollectorRegistry, clock: HandClock, parts: int
) -> None:
    """An app that answers without reading its request, under a server that hands on each part as it comes."""
    request_families(registry, clock=clock)

    async def answer_late(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1.0)
        await answer_bare(scope, receive, send)

    part: Message = {"type": "http.request", "body": b"page", "more_body": True}
    middleware = GlassboxMiddleware(answer_late, requests=counting(registry))
    drive(middleware, [*[part] * parts, {"type": "http.disconnect"}])
    drive(middleware, [*[part] * parts, {"type": "http.request", "body": b""}])
    assert (total(registry, "499"), total(registry, "200")) == (1, 1)


def test_an_answer_sent_as_a_file_path_keeps_its_status(registry: CollectorRegistry) -> None:
    async def send_path(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/srv/result.pdf"})

    drive(GlassboxMiddleware(send_path, requests=counting(registry)))
    assert total(registry, "200") == 1


def test_other_scopes_pass_untouched(registry: CollectorRegistry) -> None:
    seen: list[tuple[Scope, Receive, Send]] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope, receive, send))

    middleware = GlassboxMiddleware(note, requests=counting(registry))
    before = samples(registry)
    scopes: list[Scope] = [{"type": "lifespan"}, {"type": "websocket", "path": "/infer"}]
    for scope in scopes:
        asyncio.run(exchange(middleware, [], ignore, scope))
    assert [scope for scope, _, _ in seen] == scopes
    assert all(send is ignore for _, _, send in seen)
    assert samples(registry) == before


@pytest.mark.parametrize(
    ("root_path", "path"),
    [
        *(("/api", "/api/infer"), ("/api/", "/api/infer"), ("/api", "/infer"), ("", "/infer"), ("/", "/infer")),
        # It is a prefix of whole parts.
        ("/in", "/infer"),
        ("/infer", "/infer"),
    ],
)
def test_the_prefix_of_a_proxy_is_no_part_of_the_endpoint(
    registry: CollectorRegistry, root_path: str, path: str
) -> None:
    middleware = GlassboxMiddleware(answer_bare, requests=counting(registry))
    scope: Scope = {"type": "http", "method": "POST", "path": path, "root_path": root_path}
    asyncio.run(exchange(middleware, [], ignore, scope))
    assert total(registry, "200") == 1


def test_a_mounted_app_has_its_own_paths(registry: CollectorRegistry) -> None:
    whole = Starlette(routes=[Mount("/ocr", app=service(registry, answer_ok))])
    assert request(whole, "/ocr/infer") == 200
    assert total(registry, "200") == 1


def test_a_websocket_of_a_real_app_still_works(registry: CollectorRegistry) -> None:
    accepted: list[Message] = []

    async def greet(websocket: WebSocket) -> None:
        await websocket.accept()

    app = Starlette(routes=[WebSocketRoute("/live", greet)])
    app.add_middleware(GlassboxMiddleware, requests=counting(registry))

    async def note(message: Message) -> None:
        accepted.append(message)

    scope: Scope = {"type": "websocket", "path": "/live", "headers": [], "query_string": b""}
    asyncio.run(exchange(app, [{"type": "websocket.connect"}], note, scope))
    assert [message["type"] for message in accepted] == ["websocket.accept"]
