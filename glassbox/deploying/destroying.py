"""A plan that removes all that is ours."""

from __future__ import annotations

from glassbox.deploying.emptied_folders import with_emptied_folders
from glassbox.deploying.objects_before import FolderAsBefore, deployment_of
from glassbox.deploying.plan import PushPlan, plan
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds import KINDS
from glassbox.settings.model import GrafanaTarget


def destroy_plan(grafana: Grafana, target: GrafanaTarget) -> PushPlan:
    """What removes everything with our mark, and the folders where nothing else is in them."""
    kinds = (FolderAsBefore({}), *KINDS[1:])
    folders = dict.fromkeys((target.folder_uid, target.folder_of_rules))
    return with_emptied_folders(grafana, plan(grafana, deployment_of(grafana, target), kinds=kinds), folders)
