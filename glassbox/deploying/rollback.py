"""A plan that brings back what backups hold, deleted objects included; and one that removes all that is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from glassbox.compile.bundle import Bundle, CompiledContent, Json
from glassbox.deploying.backups import Backup, place_of_group
from glassbox.deploying.change import Action, Change
from glassbox.deploying.notifications_before import (
    ContactPointsAsBefore,
    MuteTimingsAsBefore,
    RouteAsBefore,
    State,
    TemplatesAsBefore,
)
from glassbox.deploying.plan import PushPlan, plan
from glassbox.errors import GlassboxError
from glassbox.grafana.at_once import at_once
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.dashboard_kind import DashboardKind, stored
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind, place_key
from glassbox.grafana.rule_marks import SET_BY_SERVER
from glassbox.grafana.survey import Survey
from glassbox.settings.model import GrafanaTarget
from glassbox.settings.notifications import Notifications

NONE_DECLARED = Notifications()
_IN_FOLDER = (DashboardKind.name, RuleGroupKind.name)
"""The kinds whose objects a folder holds."""


def _in_nothing(_backups: Sequence[Backup]) -> bool:
    return False


@dataclass(frozen=True)
class GoingBack:
    """A plan with the backups that it goes back through, the newest first, and the ids of those that gave nothing to do."""

    plan: PushPlan
    backups: tuple[Backup, ...]
    passed_over: tuple[str, ...] = ()


def going_back(
    grafana: Grafana,
    target: GrafanaTarget,
    backups: Sequence[Backup],
    identity: str = "",
    declared: Notifications = NONE_DECLARED,
    *,
    differs: Callable[[Sequence[Backup]], bool] = _in_nothing,
) -> GoingBack:
    """Back to before the backup of this id; without one, to before the newest that gives anything to do.

    A push that fails before its first write leaves a backup that gives nothing to do, and must not hide an earlier push.
    `differs` is whether going back through these backups would change anything beside Grafana.
    """
    found = chosen(backups, grafana.url, target.folder_uid, identity)
    if identity:
        return GoingBack(rollback_plan(grafana, target, found, declared), tuple(found))
    for number in range(1, len(found) + 1):
        made = rollback_plan(grafana, target, found[:number], declared)
        if is_useful := bool(made.pending) or differs(found[:number]):
            break
    passed_over = [backup.identity for backup in found[: number - is_useful]]
    return GoingBack(made, tuple(found[:number]), tuple(passed_over))


def chosen(backups: Sequence[Backup], url: str, folder_uid: str, identity: str = "") -> list[Backup]:
    """The backups to go back through, the newest first, to the one of this id; without an id all of this server and folder.

    GlassboxError where this server and folder have none, or not that one.
    """
    ours = [backup for backup in backups if (backup.url, backup.folder_uid) == (url, folder_uid)]
    known = [backup.identity for backup in ours]
    if not ours:
        raise GlassboxError(f"There is no backup of the folder {folder_uid!r} at {url}: name another folder of backups with --backups DIR.")  # fmt: skip  # a refusal is one line
    if identity and identity not in known:
        raise GlassboxError(f"There is no backup {identity!r} of the folder {folder_uid!r} at {url}: rollback --list shows those that there are.")  # fmt: skip  # a refusal is one line
    return ours[: known.index(identity) + 1] if identity else ours


def rollback_plan(
    grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup], declared: Notifications = NONE_DECLARED
) -> PushPlan:
    """What brings back the state before the oldest of these backups; `backups` are the newest first.

    `declared` says where the secrets of contact points are, which no backup holds.
    """
    states: dict[str, State] = {}
    for backup in backups:
        for each in backup.objects:
            is_group = each["kind"] == RuleGroupKind.name
            states.setdefault(each["kind"], {})[place_of_group(backup, each) if is_group else each["uid"]] = each
    groups = _GroupsAsBefore(states.get("rule group", {}))
    kinds = (
        _FolderAsBefore(states.get("folder", {})),
        _DashboardsAsBefore(states.get("dashboard", {})),
        TemplatesAsBefore(states.get("template", {})),
        ContactPointsAsBefore(states.get("contact point", {}), declared),
        MuteTimingsAsBefore(states.get("mute timing", {})),
        groups,
        RouteAsBefore(states.get("route", {})),
    )
    made = plan(grafana, _deployment(grafana, target, groups.groups()), kinds=kinds)
    if backups[-1].organisation != made.server.organisation:
        raise GlassboxError(f"The backup {backups[-1].identity} is of the organisation {backups[-1].organisation!r}, and this is {made.server.organisation!r}.")  # fmt: skip  # a refusal is one line
    created = [uid for uid, each in states.get("folder", {}).items() if each["before"] is None]
    return _with_empty_folders(grafana, made, created)


def destroy_plan(grafana: Grafana, target: GrafanaTarget) -> PushPlan:
    """What removes everything with our mark, and the folders where nothing else is in them."""
    kinds = (_FolderAsBefore({}), *KINDS[1:])
    folders = dict.fromkeys((target.folder_uid, target.folder_of_rules))
    return _with_empty_folders(grafana, plan(grafana, _deployment(grafana, target, ()), kinds=kinds), folders)


def _deployment(grafana: Grafana, target: GrafanaTarget, groups: tuple[Json, ...]) -> Deployment:
    bundle = Bundle({}, {}, {}, groups, {}, CompiledContent({}, (), ()))
    return Deployment(bundle, target, grafana.version())


def _with_empty_folders(grafana: Grafana, made: PushPlan, uids: Iterable[str]) -> PushPlan:
    """The plan, with the deletion of these folders at its end where nothing is left in them."""
    for uid in uids:
        if folder := grafana.folder(uid):
            made = _with_empty_folder(grafana, made, folder)
    return made


def _with_empty_folder(grafana: Grafana, made: PushPlan, folder: Json) -> PushPlan:
    in_folder = [change for change in made.changes if change.kind.name in _IN_FOLDER]
    held = sum(grafana.folder_counts(folder["uid"]).values())
    leaving = sum(_leaving(change, folder["uid"]) for change in in_folder)
    if held > leaving or any((change.content or {}).get("folderUid") == folder["uid"] for change in in_folder):
        remark = f"Folder {folder['title']!r} stays, since it holds more than what is deleted."
        return replace(made, remarks=(*made.remarks, remark))
    removal = Change(Action.DELETE, FolderKind(), None, folder, lost=(str(folder["title"]),))
    return replace(made, changes=(*made.changes, removal))


def _leaving(change: Change, folder_uid: str) -> int:
    """How many objects a change takes out of a folder, by deleting or by moving them."""
    if change.kind.name == DashboardKind.name:
        place = (change.live or {"meta": {}})["meta"].get("folderUid")
        return int(place == folder_uid and (change.content or {}).get("folderUid") != folder_uid)
    live = change.live or {"folderUid": ""}
    deleted = len(change.lost) if live["folderUid"] == folder_uid else 0
    moved = [rule for rule in live.get("elsewhere", ()) if rule["folderUID"] == folder_uid != live["folderUid"]]
    return deleted + len(moved)


class _FolderAsBefore(FolderKind):
    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return [
            {"uid": each["uid"], "title": each["before"]["title"], "parentUid": each["before"].get("parentUid") or ""}
            for each in self._objects.values()
            if each["before"]
        ]


class _DashboardsAsBefore(DashboardKind):
    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        found = (each["before"] for each in self._objects.values() if each["before"])
        return [{"dashboard": stored(before), "folderUid": before["meta"].get("folderUid") or ""} for before in found]

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        uids = [uid for uid, each in self._objects.items() if each["before"] is None]
        created = at_once(self.read_at_once, survey.grafana.dashboard, uids)
        return [live for live in created if live and self.in_our_folder(live, survey.folder_uid)]

    def message(self, content: Json) -> str:
        """An edit that comes back stays an edit."""
        edited = self._objects[self.identity(content)]["edited"]
        return "Restored from a backup" if edited else super().message(content)


class _GroupsAsBefore(RuleGroupKind):
    def __init__(self, objects: State) -> None:
        self._objects = objects

    def groups(self) -> tuple[Json, ...]:
        """The groups as they were, those of before that had rules."""
        found = (each["before"] for each in self._objects.values() if each["before"] and each["before"]["rules"])
        return tuple(_as_sent(group) for group in found)

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return self.groups()

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
