"""A web application on loopback in a thread of this process: reachable before the `with` body starts, gone after it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from glassbox.errors import GlassboxError
from glassbox.servers.processes import LOOPBACK

GRACE_SECONDS = 2


@contextmanager
def served(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve the application and yield its URL; port 0 means a free one. Raises GlassboxError for a taken port."""
    with _listening(port) as listener:
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="served", daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Listening from here on, so that a client that comes before the thread is up waits instead of being refused."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise GlassboxError(f"Port {port} on {LOOPBACK} cannot be used ({reason}); choose another.") from None
        listener.listen()
        yield listener
