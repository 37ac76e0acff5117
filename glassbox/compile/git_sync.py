"""The dashboards of a bundle as Grafana's Git Sync reads them from a repository: one object a file, and one that says which folder they are in.

Shapes: Grafana's documentation "Git Sync", pages "Work with provisioned repositories" (`_folder.json`) and "Export non-provisioned
resources", and pkg/registry/apis/provisioning/resources/folder_metadata.go. Without `_folder.json` a folder's uid is a hash of its
path, and changes with it. Alert rules are no part of it: Git Sync takes dashboards and folders alone.
"""

from collections.abc import Mapping

from glassbox.compile.bundle import Json
from glassbox.settings.model import GrafanaTarget

FOLDER_FILE = "_folder.json"
# Both are read by Grafana 12 and 13; 13 has v1 for each beside them.
_DASHBOARD, _FOLDER = "dashboard.grafana.app/v1beta1", "folder.grafana.app/v1beta1"


def synced_files(dashboards: Mapping[str, Json], target: GrafanaTarget) -> dict[str, Json]:
    """Each object by its path: a folder named by the folder's uid, with one file a dashboard."""
    uid = target.folder_uid
    folder = {"apiVersion": _FOLDER, "kind": "Folder", "metadata": {"name": uid}, "spec": {"title": target.folder_title}}  # fmt: skip  # one object
    files = {f"{uid}/{FOLDER_FILE}": folder}
    for name, board in dashboards.items():
        # The object's name is the uid, and Grafana refuses another place for it.
        spec = {key: value for key, value in board.items() if key != "uid"}
        files[f"{uid}/{name.removeprefix(f'{uid}-')}.json"] = {"apiVersion": _DASHBOARD, "kind": "Dashboard", "metadata": {"name": name}, "spec": spec}  # fmt: skip  # one object
    return files
