"""Credentials for Grafana: from the environment or a file, never from the command line."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, cast

from grafana_client.client import TokenAuth
from niquests.auth import AuthBase, HTTPBasicAuth

from glassbox.errors import GlassboxError
from glassbox.http.secret_files import token_in


class GrafanaCredential(Protocol):
    """What signs a request, with the words that an error needs: `advice` after a 401, and the `holder` of the rights."""

    advice: ClassVar[str]
    holder: ClassVar[str]

    @property
    def auth(self) -> AuthBase: ...
    @property
    def secrets(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Token:
    """A service account's token: printable ASCII without spaces. Any other text raises GlassboxError."""

    value: str = field(repr=False)
    advice: ClassVar[str] = (
        "check GRAFANA_TOKEN or the file of --token-file, and create a new token if this one expired or was revoked"
    )
    holder: ClassVar[str] = "the service account of this token"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[!-~]+", self.value):
            raise GlassboxError(
                "The Grafana token is empty, or holds a space, a line break or another character that tokens never have: "
                "copy it again into GRAFANA_TOKEN or the file of --token-file."
            )

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return cast("AuthBase", TokenAuth(self.value))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain."""
        return (self.value,)


@dataclass(frozen=True)
class BasicAuth:
    """A user's name and password: a name without ":", and no control characters (RFC 7617), or GlassboxError."""

    user: str
    password: str = field(repr=False)
    advice: ClassVar[str] = "check GRAFANA_USER and GRAFANA_PASSWORD, and wait five minutes after five failed log-ins"
    holder: ClassVar[str] = "this user"

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user or not (self.user + self.password).isprintable():
            raise GlassboxError(
                "The Grafana user is empty or holds a colon, or the user or the password holds a control character: "
                "check GRAFANA_USER and GRAFANA_PASSWORD."
            )

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return HTTPBasicAuth(self.user, self.password)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain."""
        encoded = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return tuple(secret for secret in (encoded, self.password) if secret)


def grafana_credential(token_file: Path | None) -> Token | BasicAuth:
    """The credential to push with: `token_file` first, then GRAFANA_TOKEN, then GRAFANA_USER with GRAFANA_PASSWORD.

    The file wins because an option is given for this run and a variable for all runs. An empty variable counts as not
    set: that is what CI systems pass for a secret that they do not have. Raises GlassboxError when nothing usable is set.
    """
    if token_file is not None:
        return Token(token_in(token_file, "service account token"))
    environment = {name: os.environ.get(f"GRAFANA_{name}", "") for name in ("TOKEN", "USER", "PASSWORD")}
    if environment["TOKEN"]:
        return Token(environment["TOKEN"].strip())
    if environment["USER"] and environment["PASSWORD"]:
        return BasicAuth(environment["USER"], environment["PASSWORD"])
    if environment["USER"] or environment["PASSWORD"]:
        missing = "GRAFANA_PASSWORD" if environment["USER"] else "GRAFANA_USER"
        raise GlassboxError(f"{missing} is not set: a log-in with a password needs GRAFANA_USER and GRAFANA_PASSWORD.")
    raise GlassboxError(
        "There is no credential for Grafana: set GRAFANA_TOKEN to a service account's token, name a file that holds one "
        "with --token-file, or set GRAFANA_USER and GRAFANA_PASSWORD."
    )
