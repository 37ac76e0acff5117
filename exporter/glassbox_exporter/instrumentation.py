"""One line for a service: its requests counted, and its metrics served.

`instrument` is long since its docstring explains every option.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry

from glassbox_exporter.asgi import ASGIApp, GlassboxMiddleware
from glassbox_exporter.backends import BackendName
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.requests import ServiceRequests
from glassbox_exporter.server import start_exporter
from glassbox_exporter.serving import DEFAULT_PORT, LOOPBACK
from glassbox_exporter.wsgi import GlassboxWsgiMiddleware


def instrument(
    app: Any,
    *,
    endpoints: Iterable[str],
    methods: Iterable[str] = ("POST",),
    model_version: str | None = None,
    inference_engine: str | None = None,
    task_types: Mapping[str, str] | Iterable[str] = (),
    port: int = DEFAULT_PORT,
    bind: str = LOOPBACK,
    backend: BackendName = "nvml",
    gpu_count: int | None = None,
    interval_seconds: float | None = None,
    tls_certificate: str | Path | None = None,
    tls_key: str | Path | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> None:
    """Count the requests of a FastAPI, Starlette or Flask app, and serve its metrics on a port of their own.

    `ServiceRequests` says what is counted, and by which labels; `start_exporter` says how it is served.

    An ASGI app serves its metrics from its start-up to its shutdown, a Flask app from here to the end of its process.
    Raises ExporterError for an endpoint that is not a path, for a metric whose name is taken, and for an app of another
    kind; where the metrics cannot be served, an ASGI app does not start, and says why.
    """
    requests = ServiceRequests(
        endpoints=endpoints,
        methods=methods,
        model_version=model_version,
        inference_engine=inference_engine,
        task_types=task_types,
        registry=registry,
    )
    start = partial(
        start_exporter,
        port,
        bind,
        backend,
        gpu_count=gpu_count,
        interval_seconds=interval_seconds,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        registry=registry,
    )
    if hasattr(app, "build_middleware_stack"):
        _wrap_asgi(app, partial(GlassboxMiddleware, requests=requests, start=start))
    elif hasattr(app, "wsgi_app"):
        app.wsgi_app = GlassboxWsgiMiddleware(app.wsgi_app, requests=requests)
        start()
    else:
        raise ExporterError(
            f"instrument() knows FastAPI, Starlette and Flask, and {type(app).__name__} is none of them: wrap it in "
            "GlassboxMiddleware (ASGI) or GlassboxWsgiMiddleware (WSGI), and call start_exporter()."
        )


def _wrap_asgi(app: Any, wrap: Callable[[ASGIApp], ASGIApp]) -> None:
    """Around all of a Starlette app: `add_middleware` stays inside of what answers its exceptions."""
    if app.middleware_stack is not None:
        raise ExporterError("The app has started already: call instrument() before it answers its first request.")
    build: Callable[[], ASGIApp] = app.build_middleware_stack
    app.build_middleware_stack = lambda: wrap(build())
