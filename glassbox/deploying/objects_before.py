"""Folders, dashboards and rule groups as a backup holds them: what a rollback brings back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Bundle, CompiledContent, Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.board_differences import is_stored_in_v2, is_v2
from glassbox.grafana.kinds.dashboard_kind import DashboardKind, stored
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind, place_key
from glassbox.grafana.kinds.unique_titles import refuse_taken_board_title
from glassbox.grafana.rule_marks import SET_BY_SERVER

if TYPE_CHECKING:
    from glassbox.deploying.notifications_before import State
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey
    from glassbox.settings.model import GrafanaTarget


def deployment_of(grafana: Grafana, target: GrafanaTarget, groups: tuple[Json, ...] = ()) -> Deployment:
    """A deployment of these rule groups; what else it holds comes from the kinds that a plan is made with."""
    bundle = Bundle({}, {}, {}, groups, {}, CompiledContent({}, (), ()))
    return Deployment(bundle, target, grafana.version())


class FolderAsBefore(FolderKind):
    """Folders as before, and those that have to be there for what comes back."""

    or_else = ""

    def __init__(self, objects: State, missing: Sequence[Json] = ()) -> None:
        self._objects, self._missing = objects, missing

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        befores = [each["before"] for each in self._objects.values() if each["before"]]
        folders = [
            {"uid": each["uid"], "title": each["title"], "parentUid": each.get("parentUid") or ""} for each in befores
        ]
        return [*folders, *self._missing]

    def live(self, survey: Survey, content: Json) -> Json | None:
        live = super().live(survey, content)
        if live and not self.equal(content, live) and survey.synced(live["uid"]):
            raise GlassboxError(f"Folder {live['title']!r} cannot become what it was, since Git Sync owns it now: go back in its repository, or to another backup with --to ID. Nothing was changed.")  # fmt: skip  # a refusal is one line
        return live


class DashboardsAsBefore(DashboardKind):
    """Dashboards as before; those that a push made since are left over."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        boards = [each["before"] for each in self._there() if not _is_v2(each)]
        return [{"dashboard": stored(before), "folderUid": before["meta"].get("folderUid") or ""} for before in boards]

    def not_back(self) -> list[str]:
        """A sentence about each that stays as it is: Grafana's API takes no dashboard of schema v2 without knowing which one."""
        titles = [each["before"]["dashboard"].get("title") for each in self._there() if _is_v2(each)]
        return [f"Dashboard {title!r} was saved in schema v2 before, and is left as it is: choose that version on its page in Grafana." for title in titles]  # fmt: skip  # one sentence

    def _there(self) -> list[Json]:
        """The objects that were there."""
        return [each for each in self._objects.values() if each["before"]]

    def live(self, survey: Survey, content: Json) -> Json | None:
        live = self.read(survey.grafana, self.identity(content))
        if not (live and self.equal(content, live)):
            _refuse_synced_boards(survey, content["folderUid"])
        refuse_taken_board_title(survey, content, live)
        return live

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        uids = [uid for uid, each in self._objects.items() if each["before"] is None]
        left = self.read_in_our_folder(survey, uids)
        if left:
            _refuse_synced_boards(survey, survey.folder_uid)
        return left

    def message(self, content: Json) -> str:
        """An edit that comes back stays an edit."""
        edited = self._objects[self.identity(content)]["edited"]
        return "Restored from a backup" if edited else super().message(content)


def _is_v2(each: Json) -> bool:
    """Whether somebody saved it in schema v2; what we pushed last came in v1, however the server stores it."""
    before = each["before"]
    return is_v2(before["dashboard"]) or (each["edited"] and is_stored_in_v2(before))


def _refuse_synced_boards(survey: Survey, folder_uid: str) -> None:
    if title := survey.synced(folder_uid):
        raise GlassboxError(f"Dashboards of the folder {title!r} cannot be brought back, since Git Sync owns it now: go back in its repository, or to another backup with --to ID. Nothing was changed.")  # fmt: skip  # a refusal is one line


class GroupsAsBefore(RuleGroupKind):
    """Rule groups as before."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def groups(self) -> tuple[Json, ...]:
        """The groups as they were, those of before that had rules."""
        found = (each["before"] for each in self._objects.values() if each["before"] and each["before"]["rules"])
        return tuple(_as_sent(group) for group in found)

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return self.groups()

    def live(self, survey: Survey, content: Json) -> Json | None:
        if title := survey.synced(content["folderUid"]):
            raise GlassboxError(f"Alert rules cannot come back to the folder {title!r}, since Git Sync owns it now and Grafana refuses rules there: leave them where they are, or go back to another backup with --to ID. Nothing was changed.")  # fmt: skip  # a refusal is one line
        return super().live(survey, content)

    def with_kept_fields(self, rule: Json, live: Json) -> Json:
        """The pause and the contact point of before."""
        return rule

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        groups = super().leftovers(survey, wanted)
        return [group for group in groups if place_key(group["folderUid"], group["title"]) in self._objects]

    def taken_from(self, content: Json | None, live: Json, folder_uid: str) -> Iterator[str]:
        """None: what becomes of a folder is in the plan."""
        return iter(())


def _as_sent(group: Json) -> Json:
    rules = [{key: value for key, value in rule.items() if key not in SET_BY_SERVER} for rule in group["rules"]]
    editable = not any(rule.get("provenance") for rule in group["rules"])
    return {"title": group["title"], "folderUid": group["folderUid"], "interval": group["interval"], "rules": rules, "editable": editable, "leaving": {}}  # fmt: skip  # one group
