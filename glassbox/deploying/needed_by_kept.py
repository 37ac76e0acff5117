"""Deletions that wait for what is kept for others: Grafana refuses those of folders and notifications that something needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Action, Change
from glassbox.deploying.leaving import leaving
from glassbox.grafana.kinds.contact_point_kind import ContactPointKind
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.mute_timing_kind import MuteTimingKind
from glassbox.grafana.kinds.route_kind import RouteKind
from glassbox.grafana.kinds.rule_edits import all_rules
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.grafana.notifications_found import every_route


def without_what_kept_needs(wanted: Sequence[Change], changes: Sequence[Change]) -> list[Change]:
    """What of `wanted` is carried out; the rest of a plan's `changes` is kept as it is."""
    held = [change for change in changes if change.action is not Action.KEEP and change not in wanted]
    # A contact point with an integration that stays is there all the same.
    staying = {(each.kind.name, each.content.get("name")) for each in changes if each.content}
    used = {name for each in held for name in _used(each)} - staying
    return [
        change
        for change in wanted
        if change.action is not Action.DELETE
        or not ((change.kind.name, (change.live or {}).get("name")) in used or _is_around(change, held))
    ]


def _is_around(change: Change, held: Sequence[Change]) -> bool:
    return change.kind.name == FolderKind.name and any(leaving(each, change.identity) for each in held)


def _used(change: Change) -> Iterator[tuple[str, str]]:
    """Kind and name of each notification that an object of Grafana names."""
    for each in _naming(change.kind.name, change.live or {}):
        if each.get("receiver"):
            yield ContactPointKind.name, each["receiver"]
        for name in (*(each.get("mute_time_intervals") or ()), *(each.get("active_time_intervals") or ())):
            yield MuteTimingKind.name, name


def _naming(kind: str, live: Json) -> Iterator[Json]:
    if kind == RouteKind.name:
        yield from every_route(live["route"])
    if kind == RuleGroupKind.name:
        yield from (rule.get("notification_settings") or {} for rule in all_rules(live))
