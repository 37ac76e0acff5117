"""A plan that brings back what backups hold, deleted objects included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glassbox.deploying.backups import Backup, Installation, place_of_group
from glassbox.deploying.emptied_folders import with_emptied_folders
from glassbox.deploying.missing_folders import missing_folders
from glassbox.deploying.notifications_before import (
    ContactPointsAsBefore,
    MuteTimingsAsBefore,
    RouteAsBefore,
    State,
    TemplatesAsBefore,
)
from glassbox.deploying.objects_before import DashboardsAsBefore, FolderAsBefore, GroupsAsBefore, deployment_of
from glassbox.deploying.plan import PushPlan, plan
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.grafana.survey import Survey
from glassbox.settings.model import GrafanaTarget
from glassbox.settings.notifications import Notifications

NONE_DECLARED = Notifications()


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
    `differs` is whether going back through these backups would change anything beside Grafana; it raises GlassboxError where
    that is not known, so that no push is passed over which may have changed something there.
    """
    found = chosen(backups, Installation(grafana.url, grafana.organisation(), target.folder_uid), identity)
    if identity:
        return GoingBack(rollback_plan(grafana, target, found, declared), tuple(found))
    for number in range(1, len(found) + 1):
        made = rollback_plan(grafana, target, found[:number], declared)
        if is_useful := bool(made.pending) or differs(found[:number]):
            break
    passed_over = [backup.identity for backup in found[: number - is_useful]]
    return GoingBack(made, tuple(found[:number]), tuple(passed_over))


def chosen(backups: Sequence[Backup], installation: Installation, identity: str = "") -> list[Backup]:
    """The backups to go back through, the newest first, to the one of this id; without an id all of this installation.

    GlassboxError where it has none, or not that one.
    """
    ours = [backup for backup in backups if backup.installation == installation]
    known = [backup.identity for backup in ours]
    if not ours:
        raise GlassboxError(f"There is no backup of {installation}: name another folder of backups with --backups DIR.")
    if identity and identity not in known:
        raise GlassboxError(
            f"There is no backup {identity!r} of {installation}: rollback --list shows those that there are."
        )
    return ours[: known.index(identity) + 1] if identity else ours


def rollback_plan(
    grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup], declared: Notifications = NONE_DECLARED
) -> PushPlan:
    """What brings back the state before the oldest of these backups; `backups` are the newest first.

    `declared` says where the secrets of contact points are, which no backup holds.
    """
    states = _states(backups)
    groups = GroupsAsBefore(states.get("rule group", {}))
    kinds = (
        FolderAsBefore(states.get("folder", {}), missing_folders(grafana, target, backups, states)),
        DashboardsAsBefore(states.get("dashboard", {})),
        TemplatesAsBefore(states.get("template", {})),
        ContactPointsAsBefore(states.get("contact point", {}), declared),
        MuteTimingsAsBefore(states.get("mute timing", {})),
        groups,
        RouteAsBefore(states.get("route", {})),
    )
    deployment = deployment_of(grafana, target, groups.groups())
    made = plan(grafana, deployment, kinds=kinds)
    created = [uid for uid, each in states.get("folder", {}).items() if each["before"] is None]
    return with_emptied_folders(Survey(grafana, deployment), made, created)


def _states(backups: Sequence[Backup]) -> dict[str, State]:
    """The objects of these backups by kind, as they were before the oldest that touched them."""
    states: dict[str, State] = {}
    for backup in backups:
        for each in backup.objects:
            is_group = each["kind"] == RuleGroupKind.name
            states.setdefault(each["kind"], {})[place_of_group(backup, each) if is_group else each["uid"]] = each
    return states
