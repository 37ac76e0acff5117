"""Grafana as the pipeline uses it: credentials, the checked URL, and the calls that plan and apply make."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, cast
from urllib.parse import quote

from grafana_client.client import TokenAuth
from grafana_client.elements import (
    AlertingProvisioning,
    Dashboard,
    DashboardVersions,
    Datasource,
    Folder,
    Organization,
)
from niquests.auth import AuthBase, HTTPBasicAuth

from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.transport import GrafanaError, GrafanaTransport, NotVisibleError
from glassbox.http.addresses import has_host
from glassbox.http.secret_files import token_in

__all__ = ["BasicAuth", "DataSource", "Grafana", "GrafanaError", "Token", "credential_from_environment"]

EXISTS_ALREADY = (409, 412)


@dataclass(frozen=True)
class Token:
    """A service account's token; printable ASCII without spaces, else GlassboxError."""

    value: str = field(repr=False)
    advice: ClassVar[str] = (
        "check GRAFANA_TOKEN or the file of --token-file, and create a new token if this one expired or was revoked"
    )
    holder: ClassVar[str] = "the service account of this token"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[!-~]+", self.value):
            raise GlassboxError(
                "The Grafana token is empty or holds a space, a line break or another character no token has: "
                "copy it again into GRAFANA_TOKEN or the file of --token-file."
            )

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return cast("AuthBase", TokenAuth(self.value))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may show."""
        return (self.value,)


@dataclass(frozen=True)
class BasicAuth:
    """A user's name and password; a name without ":" and no control characters (RFC 7617), else GlassboxError."""

    user: str
    password: str = field(repr=False)
    advice: ClassVar[str] = "check GRAFANA_USER and GRAFANA_PASSWORD, and wait five minutes after five failed log-ins"
    holder: ClassVar[str] = "this user"

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user or not (self.user + self.password).isprintable():
            raise GlassboxError(
                "The Grafana user is empty or holds a colon, or the user or password holds a control character: "
                "check GRAFANA_USER and GRAFANA_PASSWORD."
            )

    @property
    def auth(self) -> AuthBase:
        """What signs a request."""
        return HTTPBasicAuth(self.user, self.password)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that no message may show."""
        encoded = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return tuple(secret for secret in (encoded, self.password) if secret)


def credential_from_environment(token_file: Path | None) -> Token | BasicAuth:
    """The credential to push with: `token_file` first, then GRAFANA_TOKEN, then GRAFANA_USER with GRAFANA_PASSWORD.

    An option given on this run says more than a variable set for all runs, so the file wins. An empty variable counts
    as unset: that is what CI systems pass for a secret they lack. Raises GlassboxError when nothing usable is set.
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
        raise GlassboxError(f"{missing} is not set: log-in with a password needs GRAFANA_USER and GRAFANA_PASSWORD.")
    raise GlassboxError(
        "No credential for Grafana: set GRAFANA_TOKEN to a service account's token, name a file that holds one with "
        "--token-file, or set GRAFANA_USER and GRAFANA_PASSWORD."
    )


def grafana_url(url: str) -> str:
    """`url` without its trailing slash; http or https, a host, maybe a port and a sub-path, nothing else.

    What is refused is not repeated in the error, since it may hold a password or token.
    """
    text = url.strip()
    if "@" in text:
        raise GlassboxError(
            "The Grafana URL holds a user name or password, which other users of this machine can read: "
            "remove it up to the @ and set GRAFANA_USER and GRAFANA_PASSWORD."
        )
    if not text.lower().startswith(("http://", "https://")):
        raise GlassboxError(
            "The Grafana URL does not start with http:// or https://: write it as http://localhost:3000."
        )
    if not has_host(text) or not text.isprintable() or set(text) & set(' \\?#"<>'):
        raise GlassboxError(
            "The Grafana URL must be a scheme, a host, a port and a sub-path only, such as "
            "https://example.org/grafana: remove the rest."
        )
    return text.rstrip("/")


class Grafana:
    """One Grafana organisation, read and written through its HTTP API (Grafana 10.4 to 13).

    Safe to share between threads. Every failure is a `GrafanaError`. `timeout_seconds` is how long to wait for an
    answer; connecting waits 5 s at most. Folders and dashboards that are absent, or that this credential may not see,
    read as None: Grafana does not tell the two apart.
    """

    def __init__(self, url: str, credential: Token | BasicAuth, *, timeout_seconds: float = 30.0) -> None:
        self.url = grafana_url(url)
        self._transport = GrafanaTransport(self.url, credential, timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._transport.close()

    def __repr__(self) -> str:
        return f"Grafana({self.url!r})"

    @property
    def writes(self) -> list[tuple[str, str]]:
        """(method, path) of every request other than GET, in the order they were begun, whatever their outcome."""
        return self._transport.writes

    def version(self) -> tuple[int, int, int] | None:
        """Grafana's version, without what follows X.Y.Z; None where `[auth.anonymous] hide_version` is set."""
        health = self._transport.about("Grafana's version", dict).GET("/health")
        found = re.match(r"(\d+)\.(\d+)\.(\d+)", str(health.get("version", "")))
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    def organisation(self) -> str:
        """The name of the organisation that the credential belongs to; proves the credential."""
        answer = Organization(self._transport.about("Grafana's organisation", dict)).get_current_organization()
        return str(answer.get("name", ""))

    def data_sources(self) -> list[DataSource]:
        """All data sources of the organisation, in Grafana's order."""
        answer = Datasource(self._transport.about("Grafana's data sources", list), None).list_datasources()
        return [
            DataSource(str(item["uid"]), str(item["name"]), str(item["type"]), bool(item.get("isDefault")))
            for item in answer
        ]

    def folder(self, uid: str) -> dict[str, Any] | None:
        """The folder, or None."""
        with suppress(NotVisibleError):
            return cast("dict[str, Any]", Folder(self._transport.about(f"folder {uid}", dict)).get_folder(_part(uid)))
        return None

    def create_folder(self, uid: str, title: str) -> None:
        """Create a folder at the root; one with this uid that exists already is fine, whatever its title."""
        try:
            Folder(self._transport.about(f"folder {uid}")).create_folder(title, uid=uid)
        except GrafanaError as error:
            # Grafana 10 and 11 say 409, 12 and 13 say 412; both also for reasons other than "exists".
            if error.status not in EXISTS_ALREADY:
                raise
            if self.folder(uid) is None:
                raise GlassboxError(
                    f"Grafana has another folder titled {title!r}, and this version allows a title once: "
                    "set grafana.folder_title in the settings."
                ) from None

    def rename_folder(self, uid: str, title: str, version: int) -> None:
        """Set the title of a folder whose version is still `version`, else GrafanaError with status 409 or 412."""
        body = {"title": title, "version": version, "overwrite": False}
        self._transport.about(f"folder {uid}").PUT(f"/folders/{_part(uid)}", json=body)

    def folder_counts(self, uid: str) -> dict[str, int]:
        """How many objects of each sort the folder holds, at every depth; the names of the sorts are the server's.

        Empty for a folder that does not exist.
        """
        with _absent_is_fine():
            answer = self._transport.about(f"folder {uid}", dict).GET(f"/folders/{_part(uid)}/counts")
            return {str(name): int(count) for name, count in answer.items()}
        return {}

    def delete_folder(self, uid: str) -> None:
        """Delete a folder and the dashboards inside, but none that holds alert rules; an absent folder is fine."""
        with _absent_is_fine():
            Folder(self._transport.about(f"folder {uid}")).delete_folder(_part(uid))

    def dashboard(self, uid: str) -> dict[str, Any] | None:
        """{"dashboard": ..., "meta": ...}, or None."""
        view = self._transport.about(f"dashboard {uid}", dict)
        with suppress(NotVisibleError):
            return cast("dict[str, Any]", Dashboard(view, None).get_dashboard(_part(uid)))
        return None

    def dashboard_message(self, uid: str, version: int) -> str:
        """The message saved with one version (the list of versions says "Initial save" for the first, always)."""
        versions = DashboardVersions(self._transport.about(f"version {version} of dashboard {uid}", dict))
        answer = versions.get_dashboard_version_by_uid(dashboard_uid=_part(uid), version_id=version)
        return str(answer.get("message") or "")

    def save_dashboard(
        self, dashboard: dict[str, Any], *, folder_uid: str, message: str, overwrite: bool
    ) -> dict[str, Any]:
        """Create or update a dashboard in a folder; Grafana's answer (uid, url, version, status).

        The folder is always sent: an update without one moves the dashboard to the root. Without `overwrite` a
        dashboard that is newer than its "version" is a GrafanaError with status 409 or 412.
        """
        view = self._transport.about(f"dashboard {dashboard.get('uid') or dashboard.get('title')}", dict)
        body = {"dashboard": dashboard, "folderUid": folder_uid, "message": message, "overwrite": overwrite}
        return Dashboard(view, None).update_dashboard(body) or {}

    def delete_dashboard(self, uid: str) -> None:
        """Delete a dashboard; an absent one is fine."""
        with _absent_is_fine():
            Dashboard(self._transport.about(f"dashboard {uid}"), None).delete_dashboard(_part(uid))

    def rule_group(self, folder_uid: str, name: str) -> dict[str, Any] | None:
        """{"title", "folderUid", "interval" in seconds, "rules"}, or None where there is none.

        A group that may not be read is an error, since writing it would delete the rules it holds.
        """
        view = self._transport.about(f"rule group {name}", dict)
        with _absent_is_fine():
            return cast("dict[str, Any]", AlertingProvisioning(view).get_rule_group(_part(folder_uid), _part(name)))
        return None

    def put_rule_group(self, group: dict[str, Any]) -> None:
        """Replace a rule group with `group` (as `rule_group` gives it): rules it lacks are deleted in Grafana.

        The folder must exist; Grafana 12 does not check it here.
        """
        folder_uid, name = str(group.get("folderUid", "")), str(group.get("title", ""))
        provisioning = AlertingProvisioning(self._transport.about(f"rule group {name}"))
        provisioning.update_rule_group(_part(folder_uid), _part(name), group)

    def delete_rule_group(self, folder_uid: str, name: str) -> None:
        """Delete a rule group with all its rules; an absent one is fine."""
        view = self._transport.about(f"rule group {name}")
        with _absent_is_fine():
            view.DELETE(f"/v1/provisioning/folder/{_part(folder_uid)}/rule-groups/{_part(name)}")


@contextmanager
def _absent_is_fine() -> Iterator[None]:
    """Suppress the 404 of Grafana itself; a 403 stays an error, since the object may exist."""
    try:
        yield
    except NotVisibleError as error:
        if error.status != 404:
            raise


def _part(text: str) -> str:
    """One part of a path, percent-encoded; an empty part or a dot would name another object, so GlassboxError."""
    if text in ("", ".", ".."):
        raise GlassboxError(f"{text!r} cannot name an object in Grafana: give it another uid or name.")
    return quote(text, safe="")
