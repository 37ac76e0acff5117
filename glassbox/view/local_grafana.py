"""The stand-in for Grafana over the user's Prometheus, which may need a credential."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import httpx

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.http.deadline import within
from glassbox.http.route import Route, route_to
from glassbox.http.unreachable import no_connection
from glassbox.prometheus.credential import HOW_TO_SET, OPTION, PrometheusCredential, prometheus_credential
from glassbox.standin.server import LOOPBACK, GrafanaStandIn, prometheus_source
from glassbox.standin.store import StoreError
from glassbox.standin.upstream import UpstreamError

PROBE_TIMEOUT_SECONDS = 2.0
"""Of the whole answer's head, also of one that comes byte by byte."""
DEFAULT_URL = "http://127.0.0.1:9090"


@dataclass(frozen=True)
class PrometheusAddress:
    """A Prometheus' address, without a slash at its end, and the credential for it."""

    url: str
    credential: PrometheusCredential | None = None


def prometheus_options(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the options that `chosen_source` reads."""
    url = click.option(
        "--prometheus",
        "prometheus_url",
        default=DEFAULT_URL,
        show_default=True,
        metavar="URL",
        help="The Prometheus that has the data.",
    )
    return url(OPTION(command))


def chosen_source(prometheus_url: str, token_file: Path | None) -> PrometheusAddress:
    """What the options name; raises GlassboxError for an unusable address, or one that holds a credential."""
    server_address(prometheus_url, option="--prometheus", example=DEFAULT_URL, credential=HOW_TO_SET)
    route_to(prometheus_url).for_httpx()
    return PrometheusAddress(prometheus_url.rstrip("/"), prometheus_credential(token_file))


def unreachable(source: PrometheusAddress) -> str:
    """What is wrong with this Prometheus, in one sentence; "" when it answers."""
    route = route_to(source.url)
    try:
        status = within(PROBE_TIMEOUT_SECONDS, lambda: _status(source, route))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        reason = no_connection(error, route) or "does not answer"
    else:
        if status == HTTPStatus.OK:
            return ""
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return f"Prometheus at {source.url} answers {status}: {HOW_TO_SET}."
        reason = f"answers {status}"
    return f"Prometheus at {source.url} {route}{reason}; panels stay empty until it answers, or name another with --prometheus."


def _status(source: PrometheusAddress, route: Route) -> int:
    headers = {"Authorization": source.credential.authorization} if source.credential else {}
    with (
        httpx.Client(timeout=PROBE_TIMEOUT_SECONDS, **route.for_httpx()) as client,
        client.stream("GET", f"{source.url}/api/v1/status/buildinfo", headers=headers) as answer,
    ):
        return answer.status_code


def way_to(url: str) -> Mapping[str, Any]:
    """How the stand-in's requests reach a data source; raises UpstreamError for an environment that does not say it."""
    try:
        return route_to(url).for_httpx()
    except GlassboxError as error:
        raise UpstreamError(str(error)) from None


@contextmanager
def serving(
    prometheus: PrometheusAddress,
    *,
    port: int = 0,
    bind: str = LOOPBACK,
    database: Path | None = None,
    since_seconds: int | None = None,
    notice: str = "",
) -> Iterator[GrafanaStandIn]:
    """The stand-in for people: everybody may read. Raises GlassboxError for what a user can correct.

    Boards that are opened without a time range begin at `since_seconds`; every page has the `notice` on top.
    """
    with ExitStack() as resources:
        try:
            server = GrafanaStandIn(
                port=port,
                bind=bind,
                data_sources=[prometheus_source(prometheus.url)],
                anonymous_viewer=True,
                database=database,
                way_to=way_to,
                since_ms=None if since_seconds is None else since_seconds * 1000,
                notice=notice,
                authorizations={prometheus.url: prometheus.credential.authorization} if prometheus.credential else {},
            )
            resources.enter_context(server)
        except StoreError as error:
            raise GlassboxError(f"--database {database} cannot be used ({error}): name another file.") from None
        except (OSError, OverflowError) as error:
            raise _unusable(port, bind, error) from None
        yield server


def check_port(port: int, bind: str = LOOPBACK) -> None:
    """Raises GlassboxError for a port that `serving` could not use, which is better known before long work than after it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, port))
        except (OSError, OverflowError) as error:
            raise _unusable(port, bind, error) from None


def _unusable(port: int, bind: str, error: Exception) -> GlassboxError:
    reason = "ports are 0 to 65535" if isinstance(error, OverflowError) else getattr(error, "strerror", None) or error
    return GlassboxError(f"Port {port} on {bind} cannot be used ({reason}): choose another with --port.")
