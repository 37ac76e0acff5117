"""A proxy in front of a Grafana that fails one chosen write, before or after the server has carried it out."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HTML = b"<html><body>Bad gateway</body></html>"


@dataclass(frozen=True)
class Answer:
    """What came back from the server, or what the proxy says in its place."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    announced_bytes: int | None = None
    """A Content-Length that is not the body's."""


def says(status, message="no", **headers):
    """An answer as Grafana writes errors."""
    return Answer(status, json.dumps({"message": message}).encode(), headers=headers)


@dataclass(frozen=True)
class ProxyFault:
    """What happens to one write: whether the server gets it, what the client gets (None: its connection is reset), and what else happens first."""

    carried_out: bool
    answer: Answer | Callable[[Answer], Answer] | None
    before: Callable[[], object] = lambda: None
    down_after: bool = False
    """Everything from then on is reset too, until the fault is taken away."""


class FaultProxy:
    """Listens on loopback between `__enter__` and `__exit__`; the write number `at`, from 0, meets `fault`."""

    def __init__(self, target):
        self.target = urlsplit(target)
        self.lock = threading.Lock()
        self.heal()

    def heal(self):
        """Pass everything on, and count writes from 0 again."""
        self.arm(None, -1)

    def arm(self, fault, at):
        """Let the write number `at` meet the fault."""
        with self.lock:
            self.fault, self.at, self.writes, self.is_down, self.met = fault, at, 0, False, threading.Event()

    def __enter__(self):
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def due(self, method):
        """The fault that this request meets, or None."""
        with self.lock:
            if method == "GET":
                return ProxyFault(carried_out=False, answer=None) if self.is_down else None
            number, self.writes = self.writes, self.writes + 1
            if number == self.at and self.fault:
                self.is_down = self.fault.down_after
                self.met.set()
                return self.fault
            return ProxyFault(carried_out=False, answer=None) if self.is_down else None

    def passed_on(self, method, path, headers, body):
        """What the server answers."""
        connection = HTTPConnection(self.target.hostname, self.target.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.headers.get("Content-Type", ""))
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: FaultProxy

    def _pass(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.due(self.command)
        if fault:
            fault.before()
        headers = {name: self.headers[name] for name in self.headers if name not in ("Host", "Accept-Encoding")}
        whole = fault is None or fault.carried_out
        answer = self.proxy.passed_on(self.command, self.path, headers, body) if whole else None
        if fault:
            answer = fault.answer(answer) if callable(fault.answer) else fault.answer
        with suppress(OSError):
            self._send(answer)

    def _send(self, answer):
        self.close_connection = answer is None or answer.announced_bytes is not None
        if answer is None:
            # Closed with a linger of 0 a socket sends RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.send_response(answer.status)
        length = len(answer.body) if answer.announced_bytes is None else answer.announced_bytes
        sent = {"Content-Type": answer.content_type, **answer.headers} | ({"Content-Length": str(length)} if answer.status != 204 else {})  # fmt: skip  # one thing is one line
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  # http.server calls them so

    def log_message(self, *_arguments):
        """Nothing: tests read what the client says."""
