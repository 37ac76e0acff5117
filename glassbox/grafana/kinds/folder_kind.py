"""The folder that holds everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


class FolderKind(ObjectKind):
    """{"uid", "title"}; live with what Grafana adds, "version" among it."""

    name = "folder"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return [{"uid": deployment.target.folder_uid, "title": deployment.target.folder_title}]

    def identity(self, found: Json) -> str:
        return str(found["uid"])

    def title(self, found: Json) -> str:
        return str(found["title"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        return self.now(survey.grafana, content)

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.folder(self.identity(content))

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """None: a folder of another uid is another installation's."""
        return ()

    def check_ours(self, live: Json, folder_uid: str) -> None:
        """Any folder may take our objects: each of them is checked for itself."""

    def equal(self, content: Json, live: Json) -> bool:
        return bool(live["title"] == content["title"])

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        if live["title"] != content["title"]:
            yield changed("", "title", live["title"], content["title"])

    def adopted(self, content: Json, live: Json) -> Iterable[Difference]:
        yield changed("", "title", content["title"], live["title"])

    def edit(self, survey: Survey, live: Json) -> Edit | None:
        """Who gave it another title, or whose it is where it holds nothing of ours."""
        changed_by = str(live.get("updatedBy") or "")
        holds_ours = survey.holds_ours
        if holds_ours and changed_by in ("", live.get("createdBy")):
            return None
        by = changed_by or str(live.get("createdBy") or "")
        return Edit(by, str(live.get("updated") or ""), of_others=not holds_ours)

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        if parents := live.get("parents"):
            around = " / ".join(str(parent.get("title")) for parent in parents)
            yield f"Folder {self.title(live)!r} is inside {around!r}, and stays there."

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        if live is None:
            grafana.create_folder(content["uid"], content["title"])
        else:
            # Grafana leaves out a version of 0.
            grafana.rename_folder(content["uid"], content["title"], live.get("version") or 0)

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        """Delete an empty folder. Grafana itself would delete the dashboards inside with it, whoever made them."""
        held = {name: count for name, count in grafana.folder_counts(live["uid"]).items() if count}
        if held:
            content = ", ".join(f"{name}: {count}" for name, count in sorted(held.items()))
            raise GlassboxError(
                f"Folder {live['title']!r} ({live['uid']}) is not empty ({content}): "
                "move its content to another folder or delete it, then remove the folder again."
            )
        grafana.delete_folder(live["uid"])
