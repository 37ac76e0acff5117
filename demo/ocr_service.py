"""The demo's OCR service: a small web application behind glassbox-exporter's middleware, and its traffic."""

import asyncio
import http.client
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glassbox.servers.background import served
from glassbox_exporter import GlassboxMiddleware, ServiceRequests, current_request, start_exporter

# Pages differ: most take the short time, some three times that.
SECONDS_PER_PAGE = (0.04, 0.04, 0.06, 0.12)
REQUEST_TIMEOUT_SECONDS = 10.0


@contextmanager
def ocr_service(requests_per_second: float) -> Iterator[str]:
    """Run service, exporter with simulated GPU readings, and traffic; yields the URL of the exporter."""
    registry = CollectorRegistry()
    app = Starlette(routes=[Route("/infer", _infer, methods=["POST"])])
    app.add_middleware(GlassboxMiddleware, requests=ServiceRequests(endpoints=("/infer",), registry=registry))
    with (
        start_exporter(port=0, backend="simulated", registry=registry) as exporter,
        served(app) as url,
        _traffic(f"{url}/infer", requests_per_second),
    ):
        yield exporter.url.removesuffix("/metrics")


_page_seconds = itertools.cycle(SECONDS_PER_PAGE)


async def _infer(_request: Request) -> Response:
    await asyncio.sleep(next(_page_seconds))
    current_request().count_pages(1)
    return JSONResponse({"text": "invoice 4711"})


@contextmanager
def _traffic(url: str, requests_per_second: float) -> Iterator[None]:
    """One client that posts at most that often, or never at 0, and ends with the body."""
    ended = threading.Event()
    pause_seconds = 1 / requests_per_second if requests_per_second else None
    thread = threading.Thread(target=_post_until, args=(ended, url, pause_seconds), name="traffic")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _post_until(ended: threading.Event, url: str, pause_seconds: float | None) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=REQUEST_TIMEOUT_SECONDS)
    while not ended.wait(pause_seconds):
        connection.request("POST", address.path)
        connection.getresponse().read()
    connection.close()
