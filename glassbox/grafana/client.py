"""Grafana's HTTP API: the calls that plan and push make; those about folders and notifications have modules of their own."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

import re
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Any, Self, cast

from grafana_client.elements import (
    AlertingProvisioning,
    Dashboard,
    DashboardVersions,
    Datasource,
    Organization,
    Search,
)

from glassbox.compile.bundle import DataSource
from glassbox.errors import GlassboxError
from glassbox.grafana.answer_shape import ALERT_RULES, DASHBOARD, DATA_SOURCES, HITS, RULE_GROUP
from glassbox.grafana.credentials import GrafanaCredential
from glassbox.grafana.dashboard_metadata import DashboardMetadata
from glassbox.grafana.data_source_queries import DataSourceQueries
from glassbox.grafana.data_source_ruler import DataSourceRuler, has_any, ruler_of
from glassbox.grafana.failures import NotVisibleError
from glassbox.grafana.folder_calls import FolderCalls
from glassbox.grafana.notification_api import NotificationApi
from glassbox.grafana.organisation import Organisation
from glassbox.grafana.passage import NOTHING_MORE, Passage
from glassbox.grafana.paths import EDITABLE_HEADERS, absent_is_fine, not_served_is_fine, path_part
from glassbox.grafana.transport import GrafanaTransport
from glassbox.http.addresses import server_address

# Grafana refuses a limit above 5000.
SEARCH_PAGE = 1000


class Grafana(FolderCalls):
    """One Grafana organisation, read and written through its HTTP API (Grafana 10.4 to 13).

    Safe to share between threads. Every failure is a `GrafanaError`. `timeout_seconds` is how long to wait for an
    answer; connecting takes 5 s at most. Folders and dashboards that are absent, or that this credential may not see,
    are None: Grafana's answers do not distinguish the two. With `read_only` nothing but reads is sent. `created_folders` is
    what Grafana said of each folder that this client created, by uid; one that was there already is not among them.
    """

    def __init__(
        self,
        url: str,
        credential: GrafanaCredential,
        *,
        timeout_seconds: float = 30.0,
        read_only: bool = False,
        passage: Passage = NOTHING_MORE,
    ) -> None:
        self.url = _checked(url)
        self._wanted_organisation = passage.organisation_id
        self.created_folders: dict[str, dict[str, Any]] = {}
        self._transport = GrafanaTransport(self.url, credential, timeout_seconds, read_only=read_only, passage=passage)
        self.dashboard_metadata = DashboardMetadata(self._transport, self.organisation)

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
        """(method, path) of every request other than GET, in the order of sending, whatever the outcome."""
        return self._transport.writes

    def version_text(self) -> str:
        """Grafana's version as it writes it; "" where `[auth.anonymous] hide_version` is set, or a proxy keeps the address to itself."""
        with not_served_is_fine():
            health = self._transport.about("Grafana's version", dict).GET("/health")
            return str(health.get("version") or "")
        return ""

    def version(self) -> tuple[int, int, int] | None:
        """Grafana's version as X, Y and Z; None where it is hidden."""
        found = re.match(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})", self.version_text())
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    def organisation(self) -> Organisation:
        """The organisation that requests are about; proves the credential.

        GlassboxError where it is not the one that the settings name: a server may ignore that header.
        """
        answer = Organization(self._transport.about("Grafana's organisation", dict)).get_current_organization()
        name, found = str(answer.get("name", "")), answer.get("id")
        if self._wanted_organisation and found != self._wanted_organisation:
            raise GlassboxError(f"Grafana answers for the organisation {found} ({name!r}), and grafana.organisation_id is {self._wanted_organisation}: use a credential of that organisation, or correct the setting.")  # fmt: skip  # a refusal is one line
        return Organisation(found if isinstance(found, int) else 0, name)

    @property
    def read_only(self) -> bool:
        """Whether nothing but reads is sent."""
        return self._transport.read_only

    @property
    def holder(self) -> str:
        """Who has the rights of this credential, for a sentence."""
        return self._transport.credential.holder

    def permissions(self) -> frozenset[str] | None:
        """The actions that the credential may do, such as "dashboards:create", wherever; None where the server does not report them."""
        with not_served_is_fine():
            return frozenset(
                self._transport.about("the rights of this credential", dict).GET("/access-control/user/permissions")
            )
        return None

    def data_sources(self) -> list[DataSource]:
        """All data sources of the organisation, in Grafana's order."""
        answer = Datasource(self._transport.about("Grafana's data sources", DATA_SOURCES), None).list_datasources()
        return [
            DataSource(str(item["uid"]), str(item["name"]), str(item["type"]), bool(item.get("isDefault")))
            for item in answer
        ]

    def ruler(self, source: DataSource) -> DataSourceRuler | None:
        """The ruler of a data source, or None where it has none; raises GrafanaError where that cannot be found out."""
        return ruler_of(self._transport, source)

    def queries(self, source: DataSource) -> DataSourceQueries:
        """Queries of a Prometheus data source, as panels ask them."""
        return DataSourceQueries(self._transport, source)

    def has_series(self, source: DataSource, name: str) -> bool:
        """Whether this Prometheus has a series of that name now, asked through Grafana; raises GrafanaError where it cannot be asked."""
        return has_any(self._transport, source, (name,))

    @property
    def notifications(self) -> NotificationApi:
        """Contact points, mute timings, templates and policies."""
        return NotificationApi(self._transport)

    def dashboard(self, uid: str) -> dict[str, Any] | None:
        """{"dashboard": ..., "meta": ...}, or None."""
        view = self._transport.about(f"dashboard {uid}", DASHBOARD)
        with suppress(NotVisibleError):
            return cast("dict[str, Any]", Dashboard(view, None).get_dashboard(path_part(uid)))
        return None

    def dashboard_uids(self, folder_uid: str, tag: str) -> list[str]:
        """The uids of the folder's dashboards with this tag, as far as Grafana's search knows them."""
        return [str(hit["uid"]) for hit in self.dashboards_in(folder_uid, tag)]

    def dashboards_in(self, folder_uid: str, tag: str = "") -> list[dict[str, Any]]:
        """The folder's dashboards, of a tag where one is given, as Grafana's search knows them: "uid", "title", "tags"."""
        search = Search(self._transport.about(f"dashboards in folder {folder_uid}", HITS))
        found: list[dict[str, Any]] = []
        for page in count(1):
            hits = search.search_dashboards(
                type_="dash-db", folder_uids=[folder_uid], tag=[tag] if tag else None, limit=SEARCH_PAGE, page=page
            )
            found += hits
            if len(hits) < SEARCH_PAGE:
                break
        return found

    def dashboard_version(self, uid: str, version: int) -> dict[str, Any]:
        """One version with its "message" and its "data", the dashboard's JSON (the list always shows "Initial save" for the first)."""
        versions = DashboardVersions(self._transport.about(f"version {version} of dashboard {uid}", dict))
        answer = versions.get_dashboard_version_by_uid(dashboard_uid=path_part(uid), version_id=version)
        return cast("dict[str, Any]", answer)

    def dashboard_versions(self, uid: str) -> list[dict[str, Any]]:
        """The kept versions without their data, the newest first: "version", "created", "createdBy"."""
        answer = self._transport.about(f"versions of dashboard {uid}").GET(f"/dashboards/uid/{path_part(uid)}/versions")
        # An object since Grafana 11.5 or 11.6.
        return cast("list[dict[str, Any]]", answer["versions"] if isinstance(answer, dict) else answer)

    def save_dashboard(
        self, dashboard: dict[str, Any], *, folder_uid: str, message: str, overwrite: bool
    ) -> dict[str, Any]:
        """Create or update a dashboard in a folder; Grafana's answer (uid, url, version, status).

        The folder is always sent: an update without one moves the dashboard to the root. Without `overwrite`, a
        dashboard that was saved after its "version" raises GrafanaError with status 409 or 412.
        """
        view = self._transport.about(f"dashboard {dashboard.get('uid') or dashboard.get('title')}", dict)
        body = {"dashboard": dashboard, "folderUid": folder_uid, "message": message, "overwrite": overwrite}
        return Dashboard(view, None).update_dashboard(body) or {}

    def delete_dashboard(self, uid: str) -> None:
        """Delete a dashboard; an absent one is fine."""
        with absent_is_fine():
            Dashboard(self._transport.about(f"dashboard {uid}"), None).delete_dashboard(path_part(uid))

    def rule_group(self, folder_uid: str, name: str) -> dict[str, Any] | None:
        """{"title", "folderUid", "interval" in seconds, "rules"}, or None for a group that does not exist.

        A group that may not be read raises GrafanaError, since writing it would delete the rules that it holds.
        """
        view = self._transport.about(f"rule group {name}", RULE_GROUP)
        with absent_is_fine():
            return cast(
                "dict[str, Any]", AlertingProvisioning(view).get_rule_group(path_part(folder_uid), path_part(name))
            )
        return None

    def alert_rules(self) -> list[dict[str, Any]]:
        """All alert rules of the organisation that this credential may read."""
        return cast(
            "list[dict[str, Any]]",
            AlertingProvisioning(self._transport.about("alert rules", ALERT_RULES)).get_alertrules_all(),
        )

    def put_rule_group(self, group: dict[str, Any], *, editable: bool = False) -> None:
        """Replace a rule group with `group` (as `rule_group` returns it); Grafana deletes the rules that it does not list.

        The folder must exist: Grafana 12 does not check that. `editable` rules can be changed in Grafana's page.
        """
        folder_uid, name = str(group.get("folderUid", "")), str(group.get("title", ""))
        provisioning = AlertingProvisioning(self._transport.about(f"rule group {name}"))
        provisioning.update_rule_group(path_part(folder_uid), path_part(name), group, disable_provenance=editable)

    def delete_rule(self, uid: str, *, editable: bool) -> None:
        """Delete one alert rule; an absent one is fine. `editable` as it is stored: Grafana refuses the other."""
        headers = EDITABLE_HEADERS if editable else {}
        with absent_is_fine():
            self._transport.about(f"rule {uid}").DELETE(
                f"/v1/provisioning/alert-rules/{path_part(uid)}", headers=headers
            )


def _checked(url: str) -> str:
    """The URL without the slash at its end; GlassboxError for one that is not a server's address."""
    text = url.strip()
    server_address(
        text, option="--grafana", example="https://grafana.example.com",
        credential="set GRAFANA_USER and GRAFANA_PASSWORD",
    )  # fmt: skip  # the address, then its words
    return text.rstrip("/")
