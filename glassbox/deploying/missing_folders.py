"""Folders that a rollback needs and that were deleted since: it creates them first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glassbox.compile.bundle import Json
from glassbox.deploying.backups import Backup, folder_around
from glassbox.deploying.leaving import IN_FOLDER
from glassbox.deploying.notifications_before import State
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.settings.model import GrafanaTarget


def missing_folders(
    grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup], states: Mapping[str, State]
) -> list[Json]:
    """The folders around what comes back that Grafana does not have, as FolderKind takes them; `backups` are the newest first.

    GlassboxError for one whose title neither a backup nor the settings know.
    """
    known = {**_of_settings(target), **{each["uid"]: each for backup in backups for each in backup.folders}}
    wanted = {uid for uid, each in states.get("folder", {}).items() if each["before"]}
    around = {kind: {folder_around(each) for each in states.get(kind, {}).values()} for kind in IN_FOLDER}
    return [
        _known(known, uid) | ({} if uid in around[DashboardKind.name] else {"holds": RuleGroupKind.name})
        for uid in sorted(set().union(*around.values()) - wanted - {""})
        if grafana.folder(uid) is None
    ]


def _of_settings(target: GrafanaTarget) -> dict[str, Json]:
    parent = {"parentUid": target.parent_folder_uid} if target.parent_folder_uid else {}
    return {uid: {"uid": uid, "title": title, **parent} for uid, title in target.folder_titles.items()}


def _known(known: Mapping[str, Json], uid: str) -> Json:
    if uid not in known:
        raise GlassboxError(
            f"Alert rules would come back to the folder {uid!r}, which Grafana does not have, and no backup holds its title: "
            "name it with grafana.rules_folder_uid in the settings for this rollback, which then creates it. Nothing was changed."
        )
    return known[uid]
