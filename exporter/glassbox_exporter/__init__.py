"""Prometheus metrics for an inference service: its requests and its GPUs, on a port of their own."""

from glassbox_exporter.asgi import GlassboxMiddleware
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.server import Exporter, start_exporter
from glassbox_exporter.wsgi import GlassboxWsgiMiddleware

__all__ = ["Exporter", "ExporterError", "GlassboxMiddleware", "GlassboxWsgiMiddleware", "start_exporter"]
