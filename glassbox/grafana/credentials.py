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
from glassbox.settings.model import CredentialVariables

USUAL = CredentialVariables()


class GrafanaCredential(Protocol):
    """What signs a request, with the words that an error needs: `advice` after a 401, and the `holder` of the rights."""

    @property
    def advice(self) -> str: ...
    @property
    def holder(self) -> str: ...
    @property
    def auth(self) -> AuthBase: ...
    @property
    def secrets(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Token:
    """A service account's token, and the variable that it may be in. Any text but printable ASCII without spaces raises GlassboxError."""

    value: str = field(repr=False)
    variable: str = CredentialVariables.token
    holder: ClassVar[str] = "the service account of this token"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[!-~]+", self.value):
            raise GlassboxError(
                "The Grafana token is empty, or holds a space, a line break or another character that tokens never have: "
                f"copy it again into {self._place}."
            )

    @property
    def advice(self) -> str:
        """What to do where it is not accepted."""
        return f"check {self._place}, and create a new token if this one expired or was revoked"

    @property
    def _place(self) -> str:
        return f"{self.variable} or the file of --token-file"

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
    variables: CredentialVariables = USUAL
    holder: ClassVar[str] = "this user"

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user or not (self.user + self.password).isprintable():
            raise GlassboxError(
                "The Grafana user is empty or holds a colon, or the user or the password holds a control character: "
                f"check {self._places}."
            )

    @property
    def advice(self) -> str:
        """What to do where it is not accepted."""
        return f"check {self._places}, and wait five minutes after five failed log-ins"

    @property
    def _places(self) -> str:
        return f"{self.variables.user} and {self.variables.password}"

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return HTTPBasicAuth(self.user, self.password)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain."""
        encoded = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return tuple(secret for secret in (encoded, self.password) if secret)


@dataclass(frozen=True)
class Hidden:
    """A credential beside which further texts are secret, such as the values of headers for a proxy."""

    credential: GrafanaCredential
    beside: tuple[str, ...] = field(repr=False)

    @property
    def advice(self) -> str:
        """What to do where it is not accepted."""
        return self.credential.advice

    @property
    def holder(self) -> str:
        """Who has the rights."""
        return self.credential.holder

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return self.credential.auth

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may contain."""
        return (*self.credential.secrets, *self.beside)


def grafana_credential(token_file: Path | None, variables: CredentialVariables = USUAL) -> Token | BasicAuth:
    """The credential to push with: `token_file` first, then the token of `variables`, then their user with the password.

    The file wins because an option is given for this run and a variable for all runs. An empty variable counts as not
    set: that is what CI systems pass for a secret that they do not have. Where the settings name another variable for the
    token or for the log-in, the usual variable of the other one holds the credential of another Grafana, and does not count.
    Raises GlassboxError when nothing usable is set.
    """
    if token_file is not None:
        return Token(token_in(token_file, "service account token"), variables.token)
    by_token = variables == USUAL or variables.token != USUAL.token
    by_password = variables == USUAL or (variables.user, variables.password) != (USUAL.user, USUAL.password)
    token = os.environ.get(variables.token, "") if by_token else ""
    user, password = (os.environ.get(name, "") if by_password else "" for name in (variables.user, variables.password))
    if token:
        return Token(token.strip(), variables.token)
    if user and password:
        return BasicAuth(user, password, variables)
    both = f"{variables.user} and {variables.password}"
    if user or password:
        missing = variables.password if user else variables.user
        raise GlassboxError(f"{missing} is not set: a log-in with a password needs {both}.")
    ways = [f"set {variables.token} to a service account's token"] * by_token
    ways += ["name a file that holds a service account's token with --token-file"] + [f"set {both}"] * by_password
    raise GlassboxError(f"There is no credential for Grafana: {', '.join(ways[:-1])}, or {ways[-1]}.")
