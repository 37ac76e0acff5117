"""Requests to a Prometheus: bounded in time and size, without redirects, cookies, or credentials of the caller."""

import asyncio
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

CONNECT_TIMEOUT_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0
"""Of a whole answer; Grafana's own default of a data source proxy."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""Of an answer as it is read, after decompression."""
CONNECTIONS = 20

# httpcore imports this optional package several times a request, and Python searches its whole path each time for a
# package that is missing, unless it is marked as that.
if "sniffio" not in sys.modules and find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # the import system's own mark


class UpstreamError(Exception):
    """No usable answer; one sentence for the person at the page."""


class UpstreamTimeoutError(UpstreamError):
    """No answer in time."""


@dataclass(frozen=True)
class Answer:
    """What Prometheus said: JSON, whatever the status."""

    status: int
    content: bytes


WayTo = Callable[[str], Mapping[str, Any]]


def _straight(_url: str) -> Mapping[str, Any]:
    return {}


class Upstream:
    """One client for all requests of a server; it belongs to the event loop that calls `open`.

    `authorizations` holds the header Authorization by the address of a data source; it is sent nowhere else. `way_to`
    gives the arguments of an httpx client for an address, such as its proxy; it may raise UpstreamError.
    """

    def __init__(
        self,
        timeout_seconds: float = TIMEOUT_SECONDS,
        authorizations: Mapping[str, str] | None = None,
        way_to: WayTo | None = None,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self._authorizations = authorizations or {}
        self._way_to: WayTo = way_to or _straight
        self._clients: dict[str, httpx.AsyncClient] = {}

    def open(self) -> None:
        """Begin without connections."""
        self._clients = {}

    def _client(self, source_url: str) -> httpx.AsyncClient:
        """The client of this data source; each way is asked for once."""
        if source_url not in self._clients:
            self._clients[source_url] = self._made(self._way_to(source_url))
        return self._clients[source_url]

    def _made(self, way: Mapping[str, Any]) -> httpx.AsyncClient:
        # Nothing of this machine's environment but what the way says, and no .netrc.
        return httpx.AsyncClient(
            **{"trust_env": False, **way},
            follow_redirects=False,
            timeout=httpx.Timeout(self.timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.aclose()

    async def ask(self, source_url: str, path: str, query: str, form: bytes | None) -> Answer:
        """GET a path below the data source's address, or POST a form to it; raises UpstreamError with a sentence."""
        shown = without_credentials(source_url)
        try:
            parts = urlsplit(source_url)
            url = urlunsplit((parts.scheme, parts.netloc, f"{parts.path.rstrip('/')}/{path}", query, ""))
            async with asyncio.timeout(self.timeout_seconds):
                return await self._ask(self._client(source_url), url, shown, form, self._authorizations.get(source_url))
        except (TimeoutError, httpx.TimeoutException):
            raise UpstreamTimeoutError(
                f"Prometheus at {shown} did not answer within {self.timeout_seconds:g} s: ask for a shorter range."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            raise UpstreamError(
                f"Prometheus at {shown} cannot be reached: start it, or name another with --prometheus."
            ) from None

    async def _ask(
        self, client: httpx.AsyncClient, url: str, shown: str, form: bytes | None, authorization: str | None
    ) -> Answer:
        method = "GET" if form is None else "POST"
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if authorization:
            headers["Authorization"] = authorization
        async with client.stream(method, url, content=form, headers=headers) as answer:
            if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                # In words of ours: a proxy may repeat what it was shown.
                raise UpstreamError(
                    f"{shown} answered {answer.status_code}: start this server with a credential that it accepts."
                )
            if answer.status_code not in _WITH_CONTENT or not _says_json(answer):
                raise UpstreamError(
                    f"{shown} answered {answer.status_code} without JSON: it is not a Prometheus, or a proxy is in front of it."
                )
            return Answer(answer.status_code, await _bounded(answer, shown))


_WITH_CONTENT = frozenset(range(200, 600)) - {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}


def _says_json(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("content-type", "").startswith("application/json"))


async def _bounded(answer: httpx.Response, shown: str) -> bytes:
    """The answer, unpacked here: httpx unpacks all of what arrives at once, which may be a thousand times as much."""
    packing = answer.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        raise UpstreamError(f"{shown} answered in a compression that was not asked for: it is not a Prometheus.")
    unpacked = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    received = bytearray()
    async for part in answer.aiter_raw():
        try:
            received += unpacked.decompress(part, MAX_ANSWER_BYTES + 1 - len(received)) if unpacked else part
        except zlib.error:
            raise UpstreamError(f"{shown} answered with damaged gzip: look at what is in front of it.") from None
        if len(received) > MAX_ANSWER_BYTES:
            raise UpstreamError(
                f"The answer of {shown} exceeds {MAX_ANSWER_BYTES // 2**20} MiB: ask for fewer series or a shorter range."
            )
    if unpacked and not unpacked.eof:
        raise UpstreamError(f"{shown} answered with gzip that lacks its end: look at what is in front of it.")
    return bytes(received)


def is_web_address(url: str) -> bool:
    """Whether this is an http or https address of a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def without_credentials(url: str) -> str:
    """The address as people may read it; "" for one that cannot be taken apart."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return ""
