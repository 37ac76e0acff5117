"""The stand-in as a server in this process.

Its constructor is long since it has a parameter for each thing that a test may want to change.
"""

import os
import socket
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn

from glassbox.standin import data_sources
from glassbox.standin.accounts import Accounts
from glassbox.standin.calls import Instance, keep
from glassbox.standin.faults import Faults, FaultyFront, LoggedRequest, request_log
from glassbox.standin.folder_content import FolderContent, install
from glassbox.standin.guard import Guard
from glassbox.standin.live import Live
from glassbox.standin.releases import behaviour
from glassbox.standin.routes import application
from glassbox.standin.search import index_all
from glassbox.standin.search_index import SearchIndex
from glassbox.standin.state import Numbers, State
from glassbox.standin.store import Store, StoreError
from glassbox.standin.upstream import TIMEOUT_SECONDS, Upstream, WayTo

LOOPBACK = "127.0.0.1"
START_TIMEOUT_SECONDS = 30.0
DEFAULT_SEARCH_LAG_SECONDS = 0.2
FIRST_LARGE_ID = 2**51

DATA_SOURCE_UID = "prometheus"


def prometheus_source(url: str) -> dict[str, Any]:
    """The default data source that asks the Prometheus at this URL, as Grafana's API describes one."""
    return {"uid": DATA_SOURCE_UID, "name": "Prometheus", "type": "prometheus", "url": url, "isDefault": True}


class GrafanaStandIn:
    """Answers Grafana's HTTP API, and draws what it holds, between `__enter__` and `__exit__`.

    It listens on loopback, and then answers under the names of loopback only, unless `bind` names another address.
    `tokens` maps a service-account token to Viewer, Editor or Admin; with `anonymous_viewer` everybody may read. With a
    `database` file everything that is written survives a restart. The search index lags writes by
    `search_lag_seconds` on the releases where Grafana's does. `authorizations` maps the address of a data source to the
    Authorization header of its requests, which is neither stored nor shown; `way_to` gives the route to it.
    Dashboards that are opened without a time range begin at `since_ms`, Unix milliseconds, if it is given. Every page has the
    `notice` at the top, if there is one.
    Raises ValueError for an unreadable version, StoreError for a file that cannot be used, and on entry OSError for a port in use.
    """

    def __init__(
        self,
        *,
        version: str = "12.4.0",
        port: int = 0,
        bind: str = LOOPBACK,
        admin_user: str = "admin",
        admin_password: str | None = None,
        tokens: Mapping[str, str] | None = None,
        anonymous_viewer: bool = False,
        data_sources: Sequence[Mapping[str, Any]] = (),
        base_path: str = "",
        database: Path | None = None,
        search_lag_seconds: float = DEFAULT_SEARCH_LAG_SECONDS,
        prometheus_timeout_seconds: float = TIMEOUT_SECONDS,
        authorizations: Mapping[str, str] | None = None,
        way_to: WayTo | None = None,
        since_ms: int | None = None,
        notice: str = "",
    ) -> None:
        rules = behaviour(version)
        password = admin_password or os.environ.get("PREVIEW_ADMIN_PASSWORD", "admin")
        self._log = request_log()
        self.faults = Faults()
        self.index = SearchIndex(search_lag_seconds if rules.search_lags else 0.0)
        self._instance = Instance(
            version,
            rules,
            Accounts(admin_user, password, tokens or {}),
            self.index,
            base_path.rstrip("/"),
            anonymous_viewer,
            store=Store(database) if database else None,
            upstream=Upstream(prometheus_timeout_seconds, authorizations, way_to),
            since_ms=since_ms,
            notice=notice,
        )
        self._bind, self._port = bind, port
        try:
            self._fill(data_sources)
        except StoreError:
            self._close_store()
            raise

    def _fill(self, sources: Sequence[Mapping[str, Any]]) -> None:
        if self._instance.behaviour.large_ids:
            self.state.dashboard_ids = Numbers(FIRST_LARGE_ID)
        if self._instance.store:
            self._instance.state = self._instance.store.load(self.state)
            index_all(self._instance)
        for source in sources:
            data_sources.put(self.state, dict(source))
        keep(self._instance)

    @property
    def state(self) -> State:
        """What was pushed, for tests to read and to prepare."""
        return self._instance.state

    @property
    def live(self) -> Live:
        """What open pages follow."""
        return self._instance.live

    def show(self, content: FolderContent) -> None:
        """Hold exactly this content, as if it had been pushed; from any thread. Raises StoreError, and changes nothing, where it cannot be stored."""
        install(self._instance, content)

    @property
    def requests(self) -> list[LoggedRequest]:
        """The last requests, oldest first; paths of more than 500 characters are cut."""
        return list(self._log)

    @property
    def writes(self) -> list[LoggedRequest]:
        """The requests that were not reads."""
        return [request for request in self.requests if request.method not in ("GET", "HEAD")]

    @property
    def url(self) -> str:
        """The server's address, with its sub-path, without a trailing slash."""
        host = f"[{self._bind}]" if ":" in self._bind else self._bind
        return f"http://{host}:{self._port}{self._instance.base_path}"

    def __enter__(self) -> Self:
        listener = _listen(self._bind, self._port)
        self._port = listener.getsockname()[1]
        app = FaultyFront(application(self._instance), self.faults, self._log, self._instance.base_path)
        config = uvicorn.Config(Guard(app, self._bind), log_level="warning", timeout_graceful_shutdown=1)
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
        self.live.close()
        self._server.should_exit = True
        self._thread.join()
        self._close_store()

    def _close_store(self) -> None:
        if self._instance.store:
            self._instance.store.close()


class _Server(uvicorn.Server):
    """Sets an event when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_event = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_event.set()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it each answer takes 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener
