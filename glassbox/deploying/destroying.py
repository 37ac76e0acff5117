"""A plan that removes all that is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.deploying.backups import Backup, Installation
from glassbox.deploying.emptied_folders import with_emptied_folders
from glassbox.deploying.objects_before import FolderAsBefore, deployment_of
from glassbox.deploying.plan import PushPlan, plan
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.folder_kind import FolderKind, last_edit
from glassbox.grafana.kinds.kind import Edit
from glassbox.grafana.survey import Survey
from glassbox.settings.model import GrafanaTarget


def destroy_plan(grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup] = ()) -> PushPlan:
    """What removes everything with our mark, and the folders where nothing else is in them.

    A folder may be somebody else's until a backup says that we created it: Grafana keeps no mark of ours on a folder.
    """
    deployment = deployment_of(grafana, target)
    survey = Survey(grafana, deployment)
    synced = survey.synced(target.folder_uid)
    kinds = [kind for kind in (FolderAsBefore({}), *KINDS[1:]) if not (synced and kind.name == DashboardKind.name)]
    made = plan(grafana, deployment, kinds=kinds)
    if synced and grafana.dashboard_uids(target.folder_uid, TAG):
        left_out = f"Dashboards are left out, since Git Sync owns the folder {synced!r}: delete them in its repository."
        made = replace(made, remarks=(left_out, *made.remarks), left_out=(left_out, *made.left_out))
    here = Installation(grafana.url, made.server.organisation, target.folder_uid)
    created = _created_folders([backup for backup in backups if backup.installation.is_same_as(here)])

    def edit(folder: Json) -> Edit | None:
        return None if folder["uid"] in created else last_edit(folder, of_others=True)

    return with_emptied_folders(survey, made, target.folder_titles, edit)


def _created_folders(backups: Sequence[Backup]) -> set[str]:
    """The uids of the folders that these applies created."""
    objects = (each for backup in backups for each in backup.objects)
    return {each["uid"] for each in objects if each["kind"] == FolderKind.name and each["before"] is None}
