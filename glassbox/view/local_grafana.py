"""The stand-in for Grafana over the user's Prometheus, which may need a credential."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import click

from glassbox.errors import GlassboxError
from glassbox.http.addresses import server_address
from glassbox.prometheus.credential import HOW_TO_SET, OPTION, PrometheusCredential, prometheus_credential
from glassbox.standin.server import LOOPBACK, GrafanaStandIn, prometheus_source
from glassbox.standin.store import StoreError

PROBE_TIMEOUT_SECONDS = 2.0
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
    return PrometheusAddress(prometheus_url.rstrip("/"), prometheus_credential(token_file))


def unreachable(source: PrometheusAddress) -> str:
    """What is wrong with this Prometheus, in one sentence; "" when it answers."""
    try:
        request = urllib.request.Request(f"{source.url}/api/v1/status/buildinfo")
        if source.credential:
            # It must not follow a redirect.
            request.add_unredirected_header("Authorization", source.credential.authorization)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PROBE_TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return f"Prometheus at {source.url} answers {error.code}: {HOW_TO_SET}."
        reason = f"answers {error.code}"
    except (OSError, ValueError) as error:
        reason = f"does not answer ({getattr(error, 'reason', error)})"
    return f"Prometheus at {source.url} {reason}: panels stay empty until it does; name another with --prometheus."


@contextmanager
def serving(
    prometheus: PrometheusAddress, *, port: int = 0, bind: str = LOOPBACK, database: Path | None = None
) -> Iterator[GrafanaStandIn]:
    """The stand-in for people: everybody may read. Raises GlassboxError for what a user can correct."""
    with ExitStack() as resources:
        try:
            server = GrafanaStandIn(
                port=port,
                bind=bind,
                data_sources=[prometheus_source(prometheus.url)],
                anonymous_viewer=True,
                database=database,
                authorizations={prometheus.url: prometheus.credential.authorization} if prometheus.credential else {},
            )
            resources.enter_context(server)
        except StoreError as error:
            raise GlassboxError(f"--database {database} cannot be used ({error}): name another file.") from None
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise GlassboxError(
                f"Port {port} on {bind} cannot be used ({reason}): choose another with --port."
            ) from None
        yield server
