"""A plan that removes all that is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glassbox.compile.dashboard_json import TAG
from glassbox.deploying.backups import Backup, Installation
from glassbox.deploying.created_folders import edit_unless_created
from glassbox.deploying.emptied_folders import with_emptied_folders
from glassbox.deploying.objects_before import FolderAsBefore, deployment_of
from glassbox.deploying.plan import PushPlan, plan
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.survey import Survey
from glassbox.settings.model import GrafanaTarget


def destroy_plan(grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup] = ()) -> PushPlan:
    """What removes everything with our mark, and the folders where nothing else is in them.

    A folder may be somebody else's until a backup says that we created this very one.
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
    edit = edit_unless_created([backup for backup in backups if backup.installation.is_same_as(here)])
    return with_emptied_folders(survey, made, target.folder_titles, edit)
