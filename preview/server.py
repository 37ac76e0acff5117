"""The stand-in as a server in this process."""

import itertools
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import uvicorn

from preview import data_sources
from preview.accounts import Accounts
from preview.app import application
from preview.calls import Instance
from preview.faults import Faults, FaultyFront, LoggedRequest
from preview.search_index import SearchIndex
from preview.state import State
from preview.versions import behaviour

START_TIMEOUT_SECONDS = 30.0
DEFAULT_SEARCH_LAG_SECONDS = 0.2
FIRST_LARGE_ID = 2**51


class GrafanaStandIn:
    """Answers Grafana's HTTP API on loopback, between `__enter__` and `__exit__`.

    `tokens` maps a service-account token to Viewer, Editor or Admin. The search index lags writes by
    `search_lag_seconds` on the releases where Grafana's does. Raises ValueError for a version that is none, and on
    entry OSError for a port in use.
    """

    def __init__(
        self,
        *,
        version: str = "12.4.0",
        port: int = 0,
        admin_user: str = "admin",
        admin_password: str | None = None,
        tokens: Mapping[str, str] | None = None,
        data_sources: Sequence[Mapping[str, Any]] = (),
        base_path: str = "",
        search_lag_seconds: float = DEFAULT_SEARCH_LAG_SECONDS,
    ) -> None:
        rules = behaviour(version)
        password = admin_password or os.environ.get("PREVIEW_ADMIN_PASSWORD", "admin")
        self.requests: list[LoggedRequest] = []
        self.faults = Faults()
        self.index = SearchIndex(search_lag_seconds if rules.search_lags else 0.0)
        self._instance = Instance(
            version, rules, Accounts(admin_user, password, tokens or {}), self.index, base_path.rstrip("/")
        )
        self._port = port
        self._fill(data_sources)

    def _fill(self, sources: Sequence[Mapping[str, Any]]) -> None:
        if self._instance.behaviour.large_ids:
            self.state.dashboard_ids = itertools.count(FIRST_LARGE_ID)
        for source in sources:
            data_sources.add(self.state, dict(source))

    @property
    def state(self) -> State:
        """What was pushed, for tests to read and to prepare."""
        return self._instance.state

    @property
    def writes(self) -> list[LoggedRequest]:
        """The requests that were not reads."""
        return [request for request in self.requests if request.method not in ("GET", "HEAD")]

    @property
    def url(self) -> str:
        """The server's address, with its sub-path, without a trailing slash."""
        return f"http://127.0.0.1:{self._port}{self._instance.base_path}"

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        front = FaultyFront(application(self._instance), self.faults, self.requests, self._instance.base_path)
        config = uvicorn.Config(front, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="grafana-stand-in")
        self._thread.start()
        if not self._server.started_event.wait(START_TIMEOUT_SECONDS):
            self.__exit__(None, None, None)
            raise RuntimeError(f"The stand-in for Grafana did not start within {START_TIMEOUT_SECONDS:.0f} s.")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()


class _Server(uvicorn.Server):
    """Tells when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_event = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_event.set()


def _listen(port: int) -> socket.socket:
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it each answer takes 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener
