"""What Grafana refuses of a folder that Git Sync owns, and in it; what else manages a folder refuses nothing.

Writes to the folder itself go to its repository, which the stand-in does not have (enforceManagerProperties and
handleManagedResourceRouting in pkg/storage/unified/apistore/managed.go); the status of that refusal was not checked.
"""

from http import HTTPStatus

from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.rule_model import invalid
from glassbox.standin.state import Folder

REPOSITORY = "repo"
"""Git Sync's kind of manager (pkg/apimachinery/utils/manager.go)."""


def check_change(call: Call, folder: Folder) -> None:
    """Refuse to rename, move or delete the folder."""
    if _is_synced(call, folder.uid):
        raise plain(HTTPStatus.FORBIDDEN, "this resource is managed by a repository")


def check_dashboard(call: Call, folder_uid: str) -> None:
    """Refuse a dashboard that comes into the folder."""
    if call.behaviour.synced_folder_refuses_dashboards and _is_synced(call, folder_uid):
        raise _unmanaged()


def check_folder(call: Call, parent_uid: str) -> None:
    """Refuse a folder that comes into the folder."""
    if call.behaviour.synced_folder_refuses_folders and _is_synced(call, parent_uid):
        raise _unmanaged()


def check_rules(call: Call, folder_uid: str) -> None:
    """Refuse alert rules in the folder."""
    if call.behaviour.synced_folder_refuses_rules and _is_synced(call, folder_uid):
        raise invalid("cannot store rules in folder managed by Git Sync")


def _is_synced(call: Call, folder_uid: str) -> bool:
    folder = call.state.folders.get(folder_uid)
    return call.behaviour.folder_names_manager and folder is not None and folder.managed_by == REPOSITORY


def _unmanaged() -> Exception:
    return plain(HTTPStatus.FORBIDDEN, "folder is managed by repo, but the resource is not managed")
