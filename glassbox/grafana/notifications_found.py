"""The notifications of an organisation at one moment, and who uses what of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from glassbox.compile.bundle import Json
from glassbox.grafana.managers import provisioner_of
from glassbox.grafana.notification_marks import Pushed, RouteMark, mark_of_route
from glassbox.grafana.ownership import owner_of_rule

_TIMINGS = ("mute_time_intervals", "active_time_intervals")


@dataclass(frozen=True)
class FoundNotifications:
    """All contact points, mute timings and templates, the tree of policies, and the alert rules, whoever made them."""

    contact_points: list[Json]
    mute_timings: list[Json]
    templates: list[Json]
    policies: Json
    rules: dict[str, Json]
    folder_uid: str
    staying_rules: frozenset[str]
    """The uids of rules of ours that are wanted."""

    @cached_property
    def our_route(self) -> Json | None:
        """The first route with our mark, and its place."""
        return route_in(self.policies, self.folder_uid)

    @property
    def pushed(self) -> Pushed:
        """What our route says that we pushed."""
        mark = mark_of_route(self.our_route["route"]) if self.our_route else None
        return mark.pushed if mark else {}

    def users_of(self, field: str, name: str) -> list[str]:
        """Routes of others and rules that stay, which use a contact point ("receiver") or a mute timing ("mute_time_intervals")."""
        fields = _TIMINGS if field in _TIMINGS else (field,)
        found = ["the default policy" if route is self.policies else "a route of the notification policies" for route in self._others_routes() if _names(route, fields, name)]  # fmt: skip  # one thing is one line
        rules = (rule for rule in self.rules.values() if _names(rule.get("notification_settings") or {}, fields, name))
        return found + [f"the rule {rule['title']!r}" for rule in rules if self._stays(rule)]

    def _stays(self, rule: Json) -> bool:
        is_ours = owner_of_rule(rule) == self.folder_uid and not provisioner_of(rule)
        return rule["uid"] in self.staying_rules or not is_ours

    def _others_routes(self) -> Iterator[Json]:
        # Where something provisions the tree, ours stays too.
        ours = self.our_route["route"] if self.our_route and not provisioner_of(self.policies) else None
        yield self.policies
        for route in self.policies.get("routes") or ():
            if route is not ours:
                yield from every_route(route)


def route_in(policies: Json, folder_uid: str) -> Json | None:
    """{"folder_uid", "route", "position"} of the first route with the mark of this folder; None without one."""
    for position, route in enumerate(policies.get("routes") or ()):
        mark: RouteMark | None = mark_of_route(route)
        if mark and mark.folder_uid == folder_uid:
            return {"folder_uid": folder_uid, "route": route, "position": position}
    return None


def every_route(route: Json) -> Iterator[Json]:
    """A route and all below it."""
    yield route
    for child in route.get("routes") or ():
        yield from every_route(child)


def _names(found: Json, fields: tuple[str, ...], name: str) -> bool:
    values = (found.get(field) or () for field in fields)
    return any(value == name if isinstance(value, str) else name in value for value in values)
