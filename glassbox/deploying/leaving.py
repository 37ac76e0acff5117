"""What a change takes out of a folder."""

from __future__ import annotations

from glassbox.deploying.change import Change
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind

IN_FOLDER = (DashboardKind.name, RuleGroupKind.name)
"""The kinds whose objects a folder holds."""


def leaving(change: Change, folder_uid: str) -> int:
    """How many objects a change takes out of a folder, by deleting or by moving them."""
    if change.kind.name not in IN_FOLDER:
        return 0
    if change.kind.name == DashboardKind.name:
        place = (change.live or {"meta": {}})["meta"].get("folderUid")
        return int(place == folder_uid and (change.content or {}).get("folderUid") != folder_uid)
    live = change.live or {"folderUid": ""}
    deleted = len(change.lost) if live["folderUid"] == folder_uid else 0
    moved = [rule for rule in live.get("elsewhere", ()) if rule["folderUID"] == folder_uid != live["folderUid"]]
    return deleted + len(moved)
