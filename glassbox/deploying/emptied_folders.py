"""Folders that a plan leaves without anything in them: their deletion comes last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind

_IN_FOLDER = (DashboardKind.name, RuleGroupKind.name)
"""The kinds whose objects a folder holds."""


def with_emptied_folders(grafana: Grafana, made: PushPlan, uids: Iterable[str]) -> PushPlan:
    """The plan, with the deletion of these folders at its end where nothing is left in them."""
    for uid in uids:
        if folder := grafana.folder(uid):
            made = _with_emptied_folder(grafana, made, folder)
    return made


def _with_emptied_folder(grafana: Grafana, made: PushPlan, folder: Json) -> PushPlan:
    in_folder = [change for change in made.changes if change.kind.name in _IN_FOLDER]
    held = sum(grafana.folder_counts(folder["uid"]).values())
    leaving = sum(_leaving(change, folder["uid"]) for change in in_folder)
    if held > leaving or any((change.content or {}).get("folderUid") == folder["uid"] for change in in_folder):
        remark = f"Folder {folder['title']!r} stays, since it holds more than what is deleted."
        return replace(made, remarks=(*made.remarks, remark))
    removal = Change(Action.DELETE, FolderKind(), None, folder, lost=(str(folder["title"]),))
    return replace(made, changes=(*made.changes, removal))


def _leaving(change: Change, folder_uid: str) -> int:
    """How many objects a change takes out of a folder, by deleting or by moving them."""
    if change.kind.name == DashboardKind.name:
        place = (change.live or {"meta": {}})["meta"].get("folderUid")
        return int(place == folder_uid and (change.content or {}).get("folderUid") != folder_uid)
    live = change.live or {"folderUid": ""}
    deleted = len(change.lost) if live["folderUid"] == folder_uid else 0
    moved = [rule for rule in live.get("elsewhere", ()) if rule["folderUID"] == folder_uid != live["folderUid"]]
    return deleted + len(moved)
