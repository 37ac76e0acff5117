"""Dashboards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.compile.outputs import json_text
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.kind import Deployment, ObjectKind

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana

_SET_BY_SERVER = ("id", "version")


class DashboardKind(ObjectKind):
    """{"dashboard", "folderUid"}; live {"dashboard", "meta"}. A dashboard with our tag is ours."""

    name = "dashboard"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        folder_uid = deployment.target.folder_uid
        return [{"dashboard": board, "folderUid": folder_uid} for board in deployment.bundle.dashboards.values()]

    def title(self, found: Json) -> str:
        return str(found["dashboard"].get("title"))

    def live(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.dashboard(content["dashboard"]["uid"])

    def ours(self, grafana: Grafana, folder_uid: str) -> Iterable[Json]:
        """The dashboards with our tag. Grafana's search finds them, which may lag a few seconds behind a write."""
        found = (grafana.dashboard(uid) for uid in grafana.dashboard_uids(folder_uid, TAG))
        # The search may still have a dashboard that was moved or deleted.
        return [live for live in found if live and live["meta"].get("folderUid") == folder_uid]

    def check_ours(self, live: Json) -> None:
        uid = live["dashboard"]["uid"]
        if live["meta"].get("provisioned"):
            raise GlassboxError(
                f"Dashboard {uid!r} is provisioned from a file on the Grafana server, and that file wins: remove it there."
            )
        if TAG not in (live["dashboard"].get("tags") or ()):
            raise GlassboxError(
                f"Dashboard {uid!r} ({self.title(live)}) does not have our tag {TAG!r} and may belong to somebody else: "
                "give it the tag, delete it, or set another grafana.folder_uid in the settings."
            )

    def equal(self, content: Json, live: Json) -> bool:
        stored = {key: value for key, value in live["dashboard"].items() if key not in _SET_BY_SERVER}
        return bool(stored == content["dashboard"] and live["meta"].get("folderUid") == content["folderUid"])

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        board = content["dashboard"]
        message = f"glassbox {fingerprint(board)}"
        if live:
            # The version that was compared: if somebody saves in between, Grafana refuses ours.
            board = board | {"version": live["dashboard"]["version"]}
        grafana.save_dashboard(board, folder_uid=content["folderUid"], message=message, overwrite=False)

    def remove(self, grafana: Grafana, live: Json) -> None:
        self.check_ours(live)
        grafana.delete_dashboard(live["dashboard"]["uid"])


def fingerprint(board: Json) -> str:
    """The pushed content in 12 hexadecimal digits. The version's message holds it, so that an edit can be distinguished from a push."""
    return hashlib.sha256(json_text(board).encode()).hexdigest()[:12]
