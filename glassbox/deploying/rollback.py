"""A plan that brings back what backups hold, deleted objects included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from glassbox.deploying.backups import NO_ORGANISATION, Backup, Installation, place_of_group
from glassbox.deploying.created_folders import edit_unless_created
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
from glassbox.deploying.ways_back import WayBack, through, ways_back
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.grafana.survey import Survey
from glassbox.settings.model import GrafanaTarget
from glassbox.settings.notifications import Notifications

NONE_DECLARED = Notifications()


Differs = Callable[[Sequence[Backup], bool], bool]
"""Whether going back through backups changes anything beside Grafana; GlassboxError where it must be known and is not."""


def _in_nothing(_backups: Sequence[Backup], _must_be_known: bool) -> bool:
    return False


@dataclass(frozen=True)
class GoingBack:
    """A plan with the way that it goes; `is_useful` is false where no way gives anything to do."""

    plan: PushPlan
    way: WayBack
    is_useful: bool = True


def going_back(
    grafana: Grafana,
    target: GrafanaTarget,
    backups: Sequence[Backup],
    identity: str = "",
    declared: Notifications = NONE_DECLARED,
    *,
    force: bool = False,
    differs: Differs = _in_nothing,
) -> GoingBack:
    """Back to before the backup of this id; without one, to before the newest that gives anything to do.

    A push that fails before its first write leaves a backup that gives nothing to do, and must not hide an earlier push.
    A rollback that did not finish is continued where something is left that may be done, with `force` edits of others too.
    No push is passed over of which it is not known whether `differs`.
    """
    found = chosen(backups, Installation(grafana.url, grafana.organisation(), target.folder_uid), identity)
    if identity:
        way = WayBack(through(found, identity))
        return GoingBack(rollback_plan(grafana, target, way.backups, declared), way)
    for way in ways_back(found):
        made = rollback_plan(grafana, target, way.backups, declared)
        if _is_useful(made, way, force, differs):
            return GoingBack(made, way)
    return GoingBack(made, way, is_useful=False)


def _is_useful(made: PushPlan, way: WayBack, force: bool, differs: Differs) -> bool:
    if way.unfinished:
        return bool(made.allowed(force=force)) or differs(way.backups, False)
    return bool(made.pending) or differs(way.backups, True)


def chosen(backups: Sequence[Backup], installation: Installation, identity: str = "") -> list[Backup]:
    """The backups to go back through, the newest first, to the one of this id; without an id all of this installation.

    Those without a Grafana count, since they changed rules that pushes to Grafana change too.
    GlassboxError where it has none, or not that one.
    """
    ours = _of(installation, backups)
    known = [backup.identity for backup in ours]
    if not ours:
        others = "use the URL and the folder that rollback --list shows, or " if backups else ""
        raise GlassboxError(f"There is no backup of {installation}: {others}name another folder of backups with --backups DIR.")  # fmt: skip  # a refusal is one line
    if identity and identity not in known:
        raise GlassboxError(
            f"There is no backup {identity!r} of {installation}: rollback --list shows those that there are."
        )
    return ours[: known.index(identity) + 1] if identity else ours


def since_by_others(backups: Sequence[Backup], way: WayBack, installation: Installation) -> list[Backup]:
    """Those of other installations among the backups since a way's oldest."""
    newer = way.since(backups)
    ours = _of(installation, newer)
    return [backup for backup in newer if backup not in ours]


def _of(installation: Installation, backups: Sequence[Backup]) -> list[Backup]:
    """Those of the installation, and those of its rules without a Grafana."""
    alone = replace(installation, url="", organisation=NO_ORGANISATION)
    return [each for each in backups if any(map(each.installation.is_same_as, (installation, alone)))]


def rollback_plan(
    grafana: Grafana, target: GrafanaTarget, backups: Sequence[Backup], declared: Notifications = NONE_DECLARED
) -> PushPlan:
    """What brings back the state before the oldest of these backups; `backups` are the newest first.

    `declared` says where the secrets of contact points are, which no backup holds.
    """
    states = _states(backups)
    groups = GroupsAsBefore(states.get("rule group", {}))
    boards = DashboardsAsBefore(states.get("dashboard", {}))
    kinds = (
        FolderAsBefore(states.get("folder", {}), missing_folders(grafana, target, backups, states)),
        boards,
        TemplatesAsBefore(states.get("template", {})),
        ContactPointsAsBefore(states.get("contact point", {}), declared),
        MuteTimingsAsBefore(states.get("mute timing", {})),
        groups,
        RouteAsBefore(states.get("route", {})),
    )
    deployment = deployment_of(grafana, target, groups.groups())
    made = plan(grafana, deployment, kinds=kinds)
    made = replace(made, remarks=(*boards.not_back(), *made.remarks), left_out=(*boards.not_back(), *made.left_out))
    created = [uid for uid, each in states.get("folder", {}).items() if each["before"] is None]
    return with_emptied_folders(Survey(grafana, deployment), made, created, edit_unless_created(backups))


def _states(backups: Sequence[Backup]) -> dict[str, State]:
    """The objects of these backups by kind, as they were before the oldest that touched them."""
    states: dict[str, State] = {}
    for backup in backups:
        for each in backup.objects:
            is_group = each["kind"] == RuleGroupKind.name
            states.setdefault(each["kind"], {})[place_of_group(backup, each) if is_group else each["uid"]] = each
    return states
