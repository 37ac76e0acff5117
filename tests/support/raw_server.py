"""A server that sends what no library would: it answers every request with given bytes, and closes the connection."""

import socketserver
import threading
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@dataclass
class RawServer:
    """Where it is, what the last request said, and how much it could send before its clients left."""

    url: str
    request: bytes = b""
    sent_bytes: int = 0


@contextmanager
def raw_server(answer: Callable[[], Iterable[bytes]]):
    """The server, until the body ends; `answer` gives the bytes of one answer, which may have no end."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            known.request = _request(self.rfile)
            try:
                for piece in answer():
                    self.wfile.write(piece)
                    known.sent_bytes += len(piece)
            except OSError:
                pass  # the client has left

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        known = RawServer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield known
        server.shutdown()
        thread.join()


def _request(stream):
    """Head and body, since a connection that is closed with unread bytes loses the answer."""
    head = b"".join(iter(stream.readline, b"\r\n"))
    sizes = [int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length:")]
    return head + stream.read(sum(sizes))
