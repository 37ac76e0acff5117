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


def prometheus_credential(token_file: Path | None = None) -> PrometheusCredential | None:
    """`token_file` first, then PROMETHEUS_TOKEN, then PROMETHEUS_USER with PROMETHEUS_PASSWORD; None if none is set.

    An empty variable counts as not set. Raises GlassboxError for a user without a password, a password without a user,
    and characters that a header cannot hold.
    """
    token, user, password = (os.environ.get(f"PROMETHEUS_{name}", "") for name in ("TOKEN", "USER", "PASSWORD"))
    if token_file is not None:
        return _bearer(token_in(token_file, "token"))
    if token:
        return _bearer(token.strip())
    if bool(user) != bool(password):
        missing = "PROMETHEUS_PASSWORD" if user else "PROMETHEUS_USER"
        raise GlassboxError(
            f"{missing} is not set: a log-in with a password needs PROMETHEUS_USER and PROMETHEUS_PASSWORD."
        )
    return _basic(user, password) if user else None


def _bearer(token: str) -> PrometheusCredential:
    if not re.fullmatch(r"[!-~]+", token):
        raise GlassboxError(
            "The Prometheus token holds a space, a line break or another character that tokens never have: "
            "copy it again into PROMETHEUS_TOKEN or the file of --prometheus-token-file."
        )
    return PrometheusCredential(f"Bearer {token}", (token,))


def _basic(user: str, password: str) -> PrometheusCredential:
    if ":" in user or not f"{user}{password}".isprintable():
        raise GlassboxError(
            "PROMETHEUS_USER holds a colon, or PROMETHEUS_USER or PROMETHEUS_PASSWORD holds a line break: correct it."
        )
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return PrometheusCredential(f"Basic {encoded}", (encoded, password))
