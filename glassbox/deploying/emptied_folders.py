"""Folders that a plan leaves without anything in them: their deletion comes last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Action, Change
from glassbox.deploying.leaving import IN_FOLDER, leaving
from glassbox.deploying.plan import PushPlan
from glassbox.grafana.failures import GrafanaError, is_not_served
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import Edit
from glassbox.grafana.managers import manager_of_folder
from glassbox.grafana.survey import Survey


def with_emptied_folders(
    survey: Survey, made: PushPlan, uids: Iterable[str], edit: Callable[[Json], Edit | None]
) -> PushPlan:
    """The plan, with the deletion of these folders at its end where nothing is left in them.

    `edit` is why a folder is kept without `--force`.
    """
    for uid in uids:
        if folder := survey.folder(uid):
            made = _with_emptied_folder(survey, made, folder, edit)
    return made


def _with_emptied_folder(survey: Survey, made: PushPlan, folder: Json, edit: Callable[[Json], Edit | None]) -> PushPlan:
    if reason := _stays(survey, made, folder):
        return replace(made, remarks=(*made.remarks, f"Folder {folder['title']!r} stays, since {reason}."))
    title = str(folder["title"])
    removal = Change(Action.DELETE, FolderKind(), None, folder, lost=(title,), edit=edit(folder))
    return replace(made, changes=(*made.changes, removal))


def _stays(survey: Survey, made: PushPlan, folder: Json) -> str:
    """Why the plan does not delete the folder; "" where it does."""
    if by := manager_of_folder(folder):
        return f"{by} manages it"
    in_folder = [change for change in made.changes if change.kind.name in IN_FOLDER]
    try:
        held = sum(survey.grafana.folder_counts(folder["uid"]).values())
    except GrafanaError as error:
        if not is_not_served(error):
            raise
        return f"it is not known what it holds ({str(error).removesuffix('.')})"
    leave = sum(leaving(change, folder["uid"]) for change in in_folder)
    if held > leave or any((change.content or {}).get("folderUid") == folder["uid"] for change in in_folder):
        return "it holds more than what is deleted"
    return ""
