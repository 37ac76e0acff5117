"""Prometheus metrics for an inference service: its requests and its GPUs, on a port of their own."""

from glassbox_exporter.asgi import GlassboxMiddleware
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.instrumentation import instrument
from glassbox_exporter.requests import ActiveRequest, ServiceRequests, current_request
from glassbox_exporter.server import Exporter, start_exporter
from glassbox_exporter.wsgi import GlassboxWsgiMiddleware

__all__ = [
    "ActiveRequest",
    "Exporter",
    "ExporterError",
    "GlassboxMiddleware",
    "GlassboxWsgiMiddleware",
    "ServiceRequests",
    "current_request",
    "instrument",
    "start_exporter",
]
