"""One HTTP server of metrics and one GPU thread, apart from the service's."""

import logging
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from errno import EADDRINUSE
from functools import partial
from ipaddress import ip_address
from math import isfinite
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, start_http_server

from glassbox_exporter import forking
from glassbox_exporter.backends import check_backend, open_backend
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.gpu import GpuPoller
from glassbox_exporter.registration import register
from glassbox_exporter.reloading import is_reloaded, watches_only
from glassbox_exporter.workers import VARIABLE

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

DEFAULT_PORT = 8001
LOOPBACK = "127.0.0.1"
# A client that connects and says nothing must not hold a thread for ever.
CLIENT_TIMEOUT_SECONDS = 30
# How long a reloader's child waits for its parent, which has taken the port before it knew that it only watches.
RELOADED_WAIT_SECONDS, RELOADED_PAUSE_SECONDS = 5.0, 0.05


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What to serve, and where. Raises ExporterError for values out of range, and for files that are not a certificate and its key."""

    port: int
    bind: str
    backend: str
    gpu_count: int | None
    interval_seconds: float | None
    tls_certificate: str | None
    tls_key: str | None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ExporterError(f"Port {self.port} does not exist: choose one from 1 to 65535, or 0 for any free one.")
        if self.interval_seconds is not None and not (isfinite(self.interval_seconds) and self.interval_seconds > 0):
            raise ExporterError(
                f"Interval {self.interval_seconds} cannot be the time between readings: choose seconds above 0."
            )
        check_backend(self.backend, self.gpu_count)
        _check_tls(self.tls_certificate, self.tls_key)

    def url(self, port: int) -> str:
        """Where Prometheus finds the metrics."""
        scheme = "https" if self.tls_certificate else "http"
        host = f"[{self.bind}]" if ":" in self.bind else self.bind
        return f"{scheme}://{host}:{port}/metrics"

    def start(
        self,
        registry: CollectorRegistry,
        resources: ExitStack,
        leave: Callable[[], object],
        what_is_wrong: Callable[[], str] = str,
    ) -> int:
        """Serve `registry` and the GPUs until `resources` close; returns the port.

        `leave` is called, from a thread of its own, when this process turns out to be a reloader's parent. While
        `what_is_wrong` returns a sentence, scrapes fail with it.

        Raises ExporterError when the port cannot be had, or the registry holds other metrics of our names.
        """
        backend = open_backend(self.backend, self.gpu_count)
        if backend is not None:
            poller = GpuPoller(backend, self.interval_seconds)
            resources.callback(poller.close)
            register(registry, (poller,))
            resources.callback(registry.unregister, poller)
            poller.start()
        server = self._listen(registry, resources, leave)
        server.set_app(_failing(server.get_app(), what_is_wrong))
        if not _is_loopback(self.bind):
            logger.warning(
                "Metrics on %s can be read by whoever reaches that address; keep it off public networks.", self.bind
            )
        return server.server_port

    def _listen(self, registry: CollectorRegistry, resources: ExitStack, leave: Callable[[], object]) -> WSGIServer:
        patience_until = monotonic() + (RELOADED_WAIT_SECONDS if is_reloaded() else 0)
        while True:
            try:
                return self._listen_once(registry, resources, leave)
            except OSError as error:
                if error.errno != EADDRINUSE or monotonic() >= patience_until:
                    raise _cannot_listen(self.bind, self.port, error) from error
            sleep(RELOADED_PAUSE_SECONDS)

    def _listen_once(
        self, registry: CollectorRegistry, resources: ExitStack, leave: Callable[[], object]
    ) -> WSGIServer:
        with forking.opening:
            server, thread = start_http_server(
                self.port, self.bind, registry, certfile=self.tls_certificate, keyfile=self.tls_key
            )
            resources.callback(_stop, server, thread)
            forking.in_children(server.socket.close, resources)
        server.RequestHandlerClass = _Handler
        if isinstance(server.socket, ssl.SSLSocket):
            # Else a client that never shakes hands would hold up the one thread that accepts.
            server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]  # typeshed lacks it
        # The server calls it twice a second.
        server.service_actions = partial(_leave_if_watching, server, leave)  # type: ignore[method-assign]  # made for this
        return server


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not logged."""


def _failing(app: "WSGIApplication | None", what_is_wrong: Callable[[], str]) -> "WSGIApplication":
    """The app, or 503 with the sentence that says what is wrong."""
    assert app is not None

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if sentence := what_is_wrong():
            start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"{sentence}\n".encode()]
        return app(environ, start_response)

    return answer


def _leave_if_watching(server: WSGIServer, leave: Callable[[], object]) -> None:
    if watches_only():
        server.service_actions = lambda: None  # type: ignore[method-assign]  # once is enough
        # The end of the server waits for the loop that has called this.
        Thread(target=leave, name="glassbox-reloader", daemon=True).start()


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()


def _check_tls(certificate: str | None, key: str | None) -> None:
    if (certificate is None) != (key is None):
        raise ExporterError("A TLS certificate and its key go together: give both --tls-certificate and --tls-key.")
    if certificate is None:
        return
    try:
        # Without an answer OpenSSL would ask the terminal for a password.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except OSError as error:
        # ssl.SSLError is one: files that exist but are not a certificate, or not its key.
        raise ExporterError(
            f"The TLS files {certificate} and {key} cannot be used ({error.strerror or error}): name a certificate and "
            "its key in PEM, without a password, that this user may read."
        ) from error


def _cannot_listen(bind: str, port: int, error: OSError) -> ExporterError:
    if isinstance(error, socket.gaierror):
        return ExporterError(f"The address {bind} is unknown ({error.strerror}): choose another to listen on.")
    if error.errno == EADDRINUSE:
        return ExporterError(
            f"Port {port} on {bind} is in use: choose another port, or set {VARIABLE} where it is in use by another "
            "worker of the same service."
        )
    return ExporterError(f"Port {port} on {bind} cannot be used ({error.strerror}): choose another port or address.")


def _is_loopback(bind: str) -> bool:
    try:
        return ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"
