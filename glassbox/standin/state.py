"""Everything the stand-in remembers, in memory, for tests to read and to prepare; `store.py` keeps it in a file."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
DEFAULT_RECEIVER = "grafana-default-email"
SAVED_VERSION = "v0alpha1"
"""What POST /api/dashboards/db stores (pkg/api/dashboard.go, postDashboard)."""


def now() -> str:
    """The present time as Grafana writes it: RFC 3339 in UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slug(title: str) -> str:
    """The readable part of a dashboard's address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


@dataclass
class Numbers:
    """Ids in ascending order, by `next()`."""

    upcoming: int = 1

    def __next__(self) -> int:
        self.upcoming += 1
        return self.upcoming - 1


@dataclass
class Folder:
    """A folder; `parent_uid` is "" at the root."""

    uid: str
    title: str
    parent_uid: str
    id: int
    created_by: str
    updated_by: str
    version: int = 1
    created: str = field(default_factory=now)
    updated: str = field(default_factory=now)
    managed_by: str = ""


@dataclass(frozen=True)
class DashboardVersion:
    """One saved state of a dashboard."""

    version: int
    spec: Json
    message: str
    created_by: str
    created: str = field(default_factory=now)


@dataclass
class StoredDashboard:
    """A dashboard with its history, oldest first; `folder_uid` is "" at the root.

    `manager` are the annotations of what manages it, such as "grafana.app/managedBy". `stored_version` is the version of the
    Kubernetes-style API that it was saved in; the newest content is then what the classic API converts it to.
    """

    uid: str
    id: int
    folder_uid: str
    versions: list[DashboardVersion]
    manager: dict[str, str] = field(default_factory=dict)
    stored_version: str = SAVED_VERSION

    @property
    def newest(self) -> DashboardVersion:
        return self.versions[-1]

    @property
    def spec(self) -> Json:
        """The dashboard JSON as stored, with id, uid and version filled in."""
        return self.newest.spec

    @property
    def version(self) -> int:
        return self.newest.version

    @property
    def title(self) -> str:
        return str(self.spec["title"])


@dataclass
class Rule:
    """An alert rule: `body` holds the fields a client sends, `version` counts the writes that changed something."""

    uid: str
    id: int
    folder_uid: str
    group: str
    index: int
    interval_seconds: int
    provenance: str
    body: Json
    version: int = 1
    updated: str = field(default_factory=now)


def default_policies() -> Json:
    """The tree of notification policies of a new organisation."""
    return {"receiver": DEFAULT_RECEIVER, "group_by": ["grafana_folder", "alertname"]}


def _default_contact_points() -> dict[str, Json]:
    settings = {"addresses": "<example@email.com>"}
    point = {"uid": "", "name": DEFAULT_RECEIVER, "type": "email", "settings": settings}
    return {"": point | {"disableResolveMessage": False, "provenance": ""}}


@dataclass
class State:
    """The organisation's objects by uid."""

    ids: Numbers = field(default_factory=Numbers)
    dashboard_ids: Numbers = field(default_factory=Numbers)
    """Of dashboards and folders."""
    data_sources: dict[str, Json] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    dashboards: dict[str, StoredDashboard] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    service_accounts: dict[int, str] = field(default_factory=dict)
    """Role by id."""
    tokens: dict[str, int] = field(default_factory=dict)
    """Service account by the fingerprint of its token."""
    contact_points: dict[str, Json] = field(default_factory=_default_contact_points)
    policies: Json = field(default_factory=default_policies)
    mute_timings: dict[str, Json] = field(default_factory=dict)
    """By name, as are templates."""
    templates: dict[str, Json] = field(default_factory=dict)

    def group(self, folder_uid: str, name: str) -> list[Rule]:
        """The rules of one group in their order; empty for an unknown group."""
        rules = [rule for rule in self.rules.values() if (rule.folder_uid, rule.group) == (folder_uid, name)]
        return sorted(rules, key=lambda rule: rule.index)

    def ancestors(self, folder_uid: str) -> list[Folder]:
        """The folder and the folders around it, innermost first; empty for the root."""
        chain = []
        while folder_uid in self.folders:
            chain.append(self.folders[folder_uid])
            folder_uid = chain[-1].parent_uid
        return chain

    def subtree(self, folder_uid: str) -> list[Folder]:
        """The folder and every folder inside it."""
        return [folder for folder in self.folders.values() if self.folders[folder_uid] in self.ancestors(folder.uid)]
