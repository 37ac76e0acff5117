"""The exporter's own HTTP server, apart from the service's."""

import logging
from contextlib import ExitStack
from errno import EADDRINUSE
from ipaddress import ip_address
from math import isfinite
from threading import Thread
from types import TracebackType
from typing import Literal, Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from glassbox_exporter.errors import ExporterError
from glassbox_exporter.gpu import GpuBackend, GpuPoller
from glassbox_exporter.nvml import NvmlGpus
from glassbox_exporter.registration import register
from glassbox_exporter.simulated import SimulatedGpus

logger = logging.getLogger(__name__)

GpuSource = Literal["nvml", "simulated", "none"]
GPU_SOURCES: tuple[GpuSource, ...] = ("nvml", "simulated", "none")


class Exporter:
    """A running exporter; closes itself at the end of a `with`."""

    def __init__(self, host: str, port: int, resources: ExitStack) -> None:
        self.host = host
        self.port = port
        self._resources = resources

    @property
    def url(self) -> str:
        """Where Prometheus finds the metrics."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/metrics"

    def close(self) -> None:
        """End the server and the GPU thread; a second call does nothing."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def start_exporter(
    host: str = "127.0.0.1",
    port: int = 8001,
    gpu: GpuSource = "nvml",
    *,
    gpu_count: int | None = None,
    interval_seconds: float = 1.0,
    registry: CollectorRegistry = REGISTRY,
) -> Exporter:
    """Serve `registry` over HTTP, with GPU gauges read every `interval_seconds`.

    Port 0 takes a free one, told by `.port`. `gpu_count` is how many GPUs `gpu="simulated"` makes up (default 1).

    Raises ExporterError for arguments out of range, when no GPU can be read, or when the port cannot be had;
    nothing is left running then.
    """
    _check(port, gpu, gpu_count, interval_seconds)
    with ExitStack() as resources:
        backend = _open_backend(gpu, gpu_count)
        if backend is not None:
            _start_poller(backend, interval_seconds, registry, resources)
        bound_port = _start_server(host, port, registry, resources)
        exporter = Exporter(host, bound_port, resources.pop_all())
    if not _is_loopback(host):
        logger.warning("Metrics on %s can be read by whoever reaches that address; keep it off public networks.", host)
    return exporter


def _check(port: int, gpu: str, gpu_count: int | None, interval_seconds: float) -> None:
    if not 0 <= port <= 65535:
        raise ExporterError(f"Port {port} does not exist: choose one from 1 to 65535, or 0 for any free one.")
    if gpu not in GPU_SOURCES:
        raise ExporterError(f'GPU source "{gpu}" is unknown: choose one of {", ".join(GPU_SOURCES)}.')
    if gpu_count is not None and gpu != "simulated":
        raise ExporterError(f"A GPU count goes with simulated GPUs only, not with {gpu}: leave it out.")
    if gpu_count is not None and gpu_count < 1:
        raise ExporterError(f"GPU count {gpu_count} is too small: simulate at least 1, or choose --gpu none.")
    if not (isfinite(interval_seconds) and interval_seconds > 0):
        raise ExporterError(f"Interval {interval_seconds} is no time between readings: choose seconds above 0.")


def _open_backend(gpu: GpuSource, gpu_count: int | None) -> GpuBackend | None:
    if gpu == "none":
        return None
    if gpu == "nvml":
        return NvmlGpus()
    logger.warning("The GPU values of this exporter are simulated.")
    return SimulatedGpus(gpu_count or 1)


def _start_poller(
    backend: GpuBackend, interval_seconds: float, registry: CollectorRegistry, resources: ExitStack
) -> None:
    poller = GpuPoller(backend, interval_seconds)
    resources.callback(poller.close)
    register(registry, poller.collectors)
    for collector in poller.collectors:
        resources.callback(registry.unregister, collector)
    poller.start()


def _start_server(host: str, port: int, registry: CollectorRegistry, resources: ExitStack) -> int:
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    resources.callback(_stop_server, server, thread)
    return server.server_port


def _stop_server(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()


def _cannot_listen(host: str, port: int, error: OSError) -> ExporterError:
    reason = "is in use" if error.errno == EADDRINUSE else f"cannot be had ({error.strerror})"
    return ExporterError(f"Port {port} on {host} {reason}: choose another with --port or --host.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
