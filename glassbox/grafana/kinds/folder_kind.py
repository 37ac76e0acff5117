"""The folder that holds everything else; or two, where alert rules have their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, ClassVar

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind
from glassbox.grafana.managers import manager_of_folder

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


# pkg/services/ngalert/schedule/registry.go: the folder's uid and title are among the "fields that determine the rule state".
EVALUATED_ANEW = "what fires resolves, and fires again after its `for`."


class FolderKind(ObjectKind):
    """{"uid", "title"}, and "parentUid" where the settings name one, "" being the top; live with what Grafana adds, "version" among it.

    Where there are two, content also has "holds": the kind that the folder is for.
    """

    name = "folder"
    or_else: ClassVar[str] = ", or take what it has into the settings"
    """What can be done beside changing a managed folder where it is managed."""

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        target = deployment.target
        parent = {"parentUid": target.parent_folder_uid} if target.parent_folder_uid else {}
        boards = {"uid": target.folder_uid, "title": target.folder_title, **parent}
        if not target.has_rules_folder:
            return [boards]
        rules = {"uid": target.folder_of_rules, "title": target.title_of_rules_folder, **parent, "holds": _RULES}
        return [boards | {"holds": _BOARDS}, *([rules] if deployment.bundle.grafana_groups else [])]

    def is_needed(self, content: Json, kinds: Collection[str]) -> bool:
        return "holds" not in content or content["holds"] in kinds

    def identity(self, found: Json) -> str:
        return str(found["uid"])

    def title(self, found: Json) -> str:
        return str(found["title"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        """Raises GlassboxError where the folder around it cannot take it, and for a folder that another installation pushes to."""
        live = survey.folder(self.identity(content))
        if not (live and manager_of_folder(live)):
            _check_parent(survey, content, live)
        if live and (owner := survey.others_in(live["uid"])):
            raise GlassboxError(f"Folder {live['title']!r} ({live['uid']}) is one of the installation of the folder {owner!r}: set another {_setting(content)}_uid in the settings.")  # fmt: skip  # a refusal is one line
        return live

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.folder(self.identity(content))

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """None: a folder of another uid is another installation's."""
        return ()

    def check_ours(self, live: Json, folder_uid: str) -> None:
        """Any folder may take our objects: each of them is checked for itself."""

    def left_out(self, content: Json | None, live: Json) -> str:
        """Grafana itself refuses this only for Git Sync; the others would write over it."""
        by = manager_of_folder(live)
        if content is None or not by:
            return ""
        wanted = "; ".join(each.text for each in self.differences(content, live))
        return f"Folder {live['title']!r} ({live['uid']}) is left out, since {by} manages it ({wanted}): change it there{self.or_else}."

    def equal(self, content: Json, live: Json) -> bool:
        return bool(live["title"] == content["title"]) and not _is_elsewhere(content, live)

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        if live["title"] != content["title"]:
            yield changed("", "title", live["title"], content["title"])
        if _is_elsewhere(content, live):
            yield changed("", "inside of", live.get("parentUid") or _TOP, content["parentUid"] or _TOP)

    def adopted(self, content: Json, live: Json) -> Iterable[Difference]:
        yield changed("", "title", content["title"], live["title"])

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Who gave it another title, or whose it is where it holds nothing of ours."""
        changed_by = str(live.get("updatedBy") or "")
        holds_ours = survey.holds_ours(live["uid"])
        if holds_ours and changed_by in ("", live.get("createdBy")):
            return None
        return last_edit(live, of_others=not holds_ours)

    def shown_to_all(self, live: Json) -> Json:
        return {key: live.get(key) for key in ("uid", "title", "parentUid", "version")}

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        if (parents := live.get("parents")) and "parentUid" not in (content or {}):
            around = " / ".join(str(parent.get("title")) for parent in parents)
            yield f"Folder {self.title(live)!r} is inside {around!r}, and stays there."

    def consequences(self, content: Json, live: Json) -> Iterable[str]:
        if content.get("holds") != _BOARDS and content["title"] != live["title"]:
            yield f"Grafana evaluates alert rules anew whose folder gets another title: {EVALUATED_ANEW}"

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        if live is None:
            grafana.create_folder(content["uid"], content["title"], content.get("parentUid", ""), setting=_setting(content))  # fmt: skip  # one call
            return
        if live["title"] != content["title"]:
            # Grafana leaves out a version of 0.
            grafana.rename_folder(content["uid"], content["title"], live.get("version") or 0)
        if _is_elsewhere(content, live):
            grafana.move_folder(content["uid"], content["parentUid"])

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


def last_edit(folder: Json, *, of_others: bool) -> Edit:
    """Who changed a folder last, or created it, and when."""
    by = str(folder.get("updatedBy") or folder.get("createdBy") or "")
    return Edit(by, str(folder.get("updated") or ""), of_others=of_others)


_TOP = "the top"
_BOARDS, _RULES = "dashboard", "rule group"


def _check_parent(survey: Survey, content: Json, live: Json | None) -> None:
    parent = str(content.get("parentUid") or "")
    around = survey.folder(parent) if parent else None
    if parent and around is None:
        raise GlassboxError(f"Grafana does not have the folder {parent!r} that ours is to be in, or this credential may not see it: create it, or correct grafana.parent_folder_uid.")  # fmt: skip  # a refusal is one line
    if around and any(each.get("uid") == content["uid"] for each in around.get("parents") or ()):
        raise GlassboxError(f"Folder {around['title']!r} is inside ours, which cannot be inside it too: set another grafana.parent_folder_uid in the settings, or leave it out.")  # fmt: skip  # a refusal is one line
    if parent and (live is None or _is_elsewhere(content, live)) and (title := survey.synced(parent)):
        raise GlassboxError(f"Folder {title!r} is owned by Git Sync, and Grafana refuses folders in it that are not of its repository: set grafana.parent_folder_uid to another folder in the settings.")  # fmt: skip  # a refusal is one line


def _setting(content: Json) -> str:
    """How the settings begin that name this folder."""
    return "grafana.rules_folder" if content.get("holds") == _RULES else "grafana.folder"


def _is_elsewhere(content: Json, live: Json) -> bool:
    """Whether it is in another folder than the wanted one; without one it is right wherever it is."""
    return "parentUid" in content and content["parentUid"] != (live.get("parentUid") or "")
