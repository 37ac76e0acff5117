"""The credential for Prometheus or a proxy in front of it: from the environment or a file, never from the command line."""

import base64
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import click

from glassbox.errors import GlassboxError
from glassbox.http.secret_files import token_in

HOW_TO_SET = "set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD"
# For each command that queries a Prometheus.
OPTION = click.option(
    "--prometheus-token-file",
    "token_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File that holds the Prometheus token, instead of PROMETHEUS_TOKEN.",
)


@dataclass(frozen=True)
class PrometheusCredential:
    """What signs a request: the value of its header Authorization, and the texts of it that no message may contain."""

    authorization: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def prometheus_credential(token_file: Path | None = None, server: str = "Prometheus") -> PrometheusCredential | None:
    """`token_file` first, then PROMETHEUS_TOKEN, then PROMETHEUS_USER with PROMETHEUS_PASSWORD; None if none is set.

    The variables of another `server` with such an API begin with its name. An empty variable counts as not set. Raises
    GlassboxError for a user without a password, a password without a user, and characters that a header cannot hold.
    """
    prefix = server.upper()
    token, user, password = (os.environ.get(f"{prefix}_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
    if token_file is not None:
        return _bearer(token_in(token_file, "token"), server)
    if token:
        return _bearer(token.strip(), server)
    if bool(user) != bool(password):
        missing = f"{prefix}_PASSWORD" if user else f"{prefix}_USER"
        raise GlassboxError(
            f"{missing} is not set: a log-in with a password needs {prefix}_USER and {prefix}_PASSWORD."
        )
    return _basic(user, password, prefix) if user else None


def _bearer(token: str, server: str) -> PrometheusCredential:
    if not re.fullmatch(r"[!-~]+", token):
        raise GlassboxError(
            f"The {server} token holds a space, a line break or another character that tokens never have: "
            f"copy it again into {server.upper()}_TOKEN or the file of --{server.lower()}-token-file."
        )
    return PrometheusCredential(f"Bearer {token}", (token,))


def _basic(user: str, password: str, prefix: str) -> PrometheusCredential:
    if ":" in user or not f"{user}{password}".isprintable():
        raise GlassboxError(
            f"{prefix}_USER holds a colon, or {prefix}_USER or {prefix}_PASSWORD holds a line break: correct it."
        )
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return PrometheusCredential(f"Basic {encoded}", (encoded, password))
