"""Dashboards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.compile.dashboard_json import TAG
from glassbox.compile.outputs import json_text
from glassbox.errors import GlassboxError
from glassbox.grafana.answer_shape import BOARD, misfit
from glassbox.grafana.at_once import at_once
from glassbox.grafana.differences.board_differences import V1_TO_V2, V2_TO_V1, board_differences, is_stored_in_v2, is_v2
from glassbox.grafana.differences.difference import Difference, changed
from glassbox.grafana.differences.taken_over import is_taken_over
from glassbox.grafana.failures import GrafanaError, NotVisibleError
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind
from glassbox.grafana.kinds.managed_boards import left_to_manager, locked_by, manager_of
from glassbox.grafana.kinds.unique_titles import refuse_taken_board_title
from glassbox.grafana.ownership import begins_as_ours, left_alone, owner_among, tag_of

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey

_SET_BY_SERVER = ("id", "version")
MESSAGE = "glassbox "
"""Begins the message of every version that we write."""


class DashboardKind(ObjectKind):
    """{"dashboard", "folderUid"}; live {"dashboard", "meta"}, and "metadata" where Grafana has it.

    Our tag and the installation's make a dashboard ours.
    """

    name = "dashboard"
    # SQLite locks its file for each write: more at once is not faster, and Grafana then answers 500.
    at_once = 8

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        folder_uid = deployment.target.folder_uid
        for board in deployment.bundle.dashboards.values():
            yield {"dashboard": board | {"tags": [*board["tags"], tag_of(folder_uid)]}, "folderUid": folder_uid}

    def identity(self, found: Json) -> str:
        return str(found["dashboard"]["uid"])

    def title(self, found: Json) -> str:
        return str(found["dashboard"].get("title"))

    def live(self, survey: Survey, content: Json) -> Json | None:
        """Raises GlassboxError where the folder is one that Grafana lets nobody write to, or its title is taken there."""
        if title := survey.synced(content["folderUid"]):
            raise GlassboxError(f"Folder {title!r} is owned by Git Sync, so dashboards come from its repository: write them there with `build --target git-sync`, and push the rest with --only, such as --only 'rule-group/*'.")  # fmt: skip  # a refusal is one line
        live = self.read(survey.grafana, self.identity(content))
        refuse_taken_board_title(survey, content, live)
        return live

    def read(self, grafana: Grafana, uid: str) -> Json | None:
        """A dashboard as it is compared: with what only newer versions of Grafana say of it.

        One that cannot be compared has "unreadable": why. One of schema v2 that this API cannot return has nothing else.
        """
        try:
            live = grafana.dashboard(uid)
        except GrafanaError as error:
            if error.status != HTTPStatus.NOT_ACCEPTABLE:
                raise
            return {"dashboard": {"uid": uid, "version": 0}, "meta": {}, "unreadable": str(error)}
        if live and not is_v2(live["dashboard"]) and (problem := misfit(live["dashboard"], BOARD)):
            return live | {
                "unreadable": f"its JSON is not a dashboard's ({problem}), so correct or delete it in Grafana, then run again."
            }
        metadata = grafana.dashboard_metadata.of(uid) if live else None
        return live | {"metadata": metadata} if live and metadata else live

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.dashboard(self.identity(content))

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        """By version and folder: its "meta" changes with the folder's title too."""
        if now is None or live is None:
            return now is live
        return bool(_version_and_folder(now) == _version_and_folder(live) and stored(now) == stored(live))

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """Dashboards that the search finds, which may lag a few seconds behind a write."""
        known = {self.identity(content) for content in wanted}
        uids = survey.grafana.dashboard_uids(survey.folder_uid, TAG)
        # The search may still have a dashboard that was moved or deleted.
        return self.read_in_our_folder(survey, sorted(set(uids) - known))

    def read_in_our_folder(self, survey: Survey, uids: Iterable[str]) -> list[Json]:
        """Those of these dashboards that are in our folder; the survey notes which Grafana does not return."""
        found = at_once(self.read_at_once, partial(self.read, survey.grafana), uids)
        for live in found:
            if (
                live
                and (not live["meta"] or self.in_our_folder(live, survey.folder_uid))
                and (sentence := _unreadable(live))
            ):
                survey.leave_uncompared(self.identity(live), sentence)
        return [
            live for live in found if live and "unreadable" not in live and self.in_our_folder(live, survey.folder_uid)
        ]

    def in_our_folder(self, live: Json, folder_uid: str) -> bool:
        """Whether a dashboard has the place and the uid of ours."""
        return live["meta"].get("folderUid") == folder_uid and begins_as_ours(self.identity(live), folder_uid)

    def check_ours(self, live: Json, folder_uid: str) -> None:
        uid, tags = self.identity(live), live["dashboard"].get("tags") or ()
        if TAG not in tags:
            raise GlassboxError(
                f"Dashboard {uid!r} ({self.title(live)}) does not have our tag {TAG!r} and may belong to somebody else: "
                "give it the tag, delete it, or set another grafana.folder_uid in the settings."
            )
        if owner_among(tags) not in (None, folder_uid):
            raise GlassboxError(
                f"Dashboard {uid!r} ({self.title(live)}) belongs to the installation of the folder {owner_among(tags)!r}: "
                "set another grafana.folder_uid in the settings."
            )

    def left_out(self, content: Json | None, live: Json) -> str:
        return _unreadable(live) or left_to_manager(live, "change" if content else "delete")

    def is_as_wanted(self, content: Json, live: Json) -> bool:
        return "unreadable" not in live and self.equal(_without_mark(content), _without_mark(live))

    def equal(self, content: Json, live: Json) -> bool:
        is_same = stored(live) == content["dashboard"] and not is_stored_in_v2(live)
        return bool(is_same and live["meta"].get("folderUid") == content["folderUid"])

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        if (folder := live["meta"].get("folderUid") or "") != content["folderUid"]:
            yield changed("", "folder", folder, content["folderUid"])
        yield from [V2_TO_V1] if is_stored_in_v2(live) else board_differences(stored(live), content["dashboard"])

    def adopted(self, content: Json, live: Json) -> Iterable[Difference]:
        yield from _since(content["dashboard"], live)

    def is_what_we_pushed(self, grafana: Grafana, content: Json, live: Json) -> bool:
        """By the message of the version: some servers store in schema v2 what was pushed in v1 (grafana PR 121793)."""
        if live["meta"].get("folderUid") != content["folderUid"]:
            return False
        try:
            version = grafana.dashboard_version(self.identity(live), live["dashboard"]["version"])
        except NotVisibleError:
            if not grafana.read_only:
                raise
            return False
        return bool(version.get("message") == message_of(content["dashboard"]))

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """What the versions since the newest of ours changed; one that only moved it to another folder says so.

        Grafana shows versions to those who may write dashboards (pkg/api/api.go): to another token the survey notes that it is not known.
        """
        try:
            return self._edit(survey, live, content)
        except NotVisibleError as error:
            if not survey.grafana.read_only:
                raise
            survey.leave_uncompared("edits", f"Whether others edited dashboards that differ is not known: {error}")
            return None

    def _edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        uid, ours, people = self.identity(live), None, []
        for version in survey.grafana.dashboard_versions(uid):
            ours = survey.grafana.dashboard_version(uid, version["version"])
            if str(ours.get("message")).startswith(MESSAGE):
                break
            people.append(str(version.get("createdBy") or ""))
        else:
            ours = None
        pushed = stored({"dashboard": ours["data"]}) if ours else None
        taken_over = pushed and content and is_taken_over(pushed, stored(live), content["dashboard"])
        moved = list(_moved(content, live)) if content else []
        if not people or (taken_over and not moved and not is_stored_in_v2(live)):
            return None
        differences = [*moved, *(_since(pushed, live) if pushed else ())]
        # Only a push writes the installation's tag, and Grafana keeps few versions.
        of_others = ours is None and owner_among(live["dashboard"].get("tags") or ()) is None
        return Edit(
            ", ".join(sorted(set(people))), str(live["meta"].get("updated") or ""), tuple(differences), of_others
        )

    def shown_to_all(self, live: Json) -> Json:
        return {"dashboard": live["dashboard"], "folderUid": live["meta"].get("folderUid")}

    def owned(self, live: Json, folder_uid: str) -> Json | None:
        return live if owner_among(live["dashboard"].get("tags") or ()) == folder_uid else None

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        if content is None and (owner := owner_among(live["dashboard"].get("tags") or ())) != folder_uid:
            yield left_alone("Dashboard", self.title(live), self.identity(live), owner, locked_by(live))

    def consequences(self, content: Json, live: Json) -> Iterable[str]:
        if manager := manager_of(live):
            # saveDashboardViaK8s in pkg/api/dashboard.go begins with no annotations.
            yield f"Dashboard {self.title(live)!r} is managed by {manager} too, which allows edits: a push takes that mark away, and it may overwrite the dashboard again."

    def message(self, content: Json) -> str:
        """The message of the version that is written."""
        return message_of(content["dashboard"])

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        board = content["dashboard"]
        message = self.message(content)
        if live:
            # The version that was compared: if somebody saves in between, Grafana refuses ours.
            board = board | {"version": live["dashboard"]["version"]}
        grafana.save_dashboard(board, folder_uid=content["folderUid"], message=message, overwrite=False)

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        self.check_ours(live, folder_uid)
        now = self.now(grafana, live)
        if now is None:
            return
        if not self.is_unchanged(now, live):
            raise GlassboxError(f"Dashboard {self.title(live)!r} was changed after the plan was made: run again to compare with what is there.")  # fmt: skip  # a refusal is one line
        grafana.delete_dashboard(self.identity(live))


def _unreadable(live: Json) -> str:
    """The sentence about a dashboard that Grafana does not return; "" for any other."""
    return f"Dashboard {live['dashboard']['uid']} is left out: {live['unreadable']}" if "unreadable" in live else ""


def _since(before: Json, live: Json) -> Iterable[Difference]:
    """What was changed in a dashboard's JSON until it became the live one; the form that Grafana makes of schema v2 is not compared."""
    return [V1_TO_V2] if is_stored_in_v2(live) else board_differences(before, stored(live))


def _without_mark(found: Json) -> Json:
    """A dashboard without the tag of an installation; takes its content and its live state."""
    tags = [tag for tag in found["dashboard"].get("tags") or () if owner_among([tag]) is None]
    return found | {"dashboard": found["dashboard"] | {"tags": tags}}


def _moved(content: Json, live: Json) -> Iterable[Difference]:
    """The folder that somebody moved a dashboard to."""
    if (folder := live["meta"].get("folderUid") or "") != content["folderUid"]:
        yield changed("", "folder", content["folderUid"], folder)


def _version_and_folder(live: Json) -> tuple[int, str | None]:
    return live["dashboard"]["version"], live["meta"].get("folderUid")


def stored(live: Json) -> Json:
    """The dashboard's own JSON, without what the server sets."""
    return {key: value for key, value in live["dashboard"].items() if key not in _SET_BY_SERVER}


def message_of(board: Json) -> str:
    """The message of the version that holds this content."""
    return f"{MESSAGE}{fingerprint(board)}"


def fingerprint(board: Json) -> str:
    """The pushed content in 12 hexadecimal digits. The version's message holds it, so that an edit can be distinguished from a push."""
    return hashlib.sha256(json_text(board).encode()).hexdigest()[:12]
