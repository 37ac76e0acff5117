"""The folder that holds everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.kind import Deployment, ObjectKind

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana


class FolderKind(ObjectKind):
    """{"uid", "title"}; live with what Grafana adds, "version" among it."""

    name = "folder"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return [{"uid": deployment.target.folder_uid, "title": deployment.target.folder_title}]

    def title(self, found: Json) -> str:
        return str(found["title"])

    def live(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.folder(content["uid"])

    def ours(self, grafana: Grafana, folder_uid: str) -> Iterable[Json]:
        folder = grafana.folder(folder_uid)
        return [folder] if folder else []

    def check_ours(self, live: Json) -> None:
        """Any folder may take our objects: each of them is checked for itself."""

    def equal(self, content: Json, live: Json) -> bool:
        return bool(live["title"] == content["title"])

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        if live is None:
            grafana.create_folder(content["uid"], content["title"])
        else:
            # Grafana leaves out a version of 0.
            grafana.rename_folder(content["uid"], content["title"], live.get("version") or 0)

    def remove(self, grafana: Grafana, live: Json) -> None:
        """Delete an empty folder. Grafana itself would delete the dashboards inside with it, whoever made them."""
        held = {name: count for name, count in grafana.folder_counts(live["uid"]).items() if count}
        if held:
            content = ", ".join(f"{name}: {count}" for name, count in sorted(held.items()))
            raise GlassboxError(
                f"Folder {live['title']!r} ({live['uid']}) is not empty ({content}): "
                "move its content to another folder or delete it, then remove the folder again."
            )
        grafana.delete_folder(live["uid"])
