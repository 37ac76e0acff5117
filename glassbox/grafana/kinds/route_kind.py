"""Our route in the notification policies, which are one tree of everybody's.

Grafana's API writes the tree as a whole and has no lock for it (RoutePutPolicyTree passes no version): it is read again
right before it is written, and nothing but our route is changed in it. A new one goes first, since it takes only alerts of
our folder and another that took them before would hide it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.route_differences import plain_route, route_differences
from glassbox.grafana.kinds import contact_point_kind, mute_timing_kind
from glassbox.grafana.kinds.contact_point_kind import ContactPointKind
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind
from glassbox.grafana.kinds.mute_timing_kind import MuteTimingKind
from glassbox.grafana.kinds.provisioned import left_to_provisioner, refuse_changed, refuse_provisioned
from glassbox.grafana.managers import provisioner_of
from glassbox.grafana.notification_marks import (  # fmt: skip  # one import
    RouteMark,
    fingerprint,
    key_of,
    mark_of_route,
    mute_timing_name,
    without_mark,
)
from glassbox.grafana.notifications_found import FoundNotifications, every_route, route_in

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


class RouteKind(ObjectKind):
    """{"folder_uid", "route" with our mark, "position" for a new one}; live the same, with "pushed" of what is no longer wanted."""

    name = "route"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        route, folder_uid = deployment.bundle.notifications.route, deployment.target.folder_uid
        if route is not None:
            named = _with_marked_names(route, _timing_names(deployment))
            mark = RouteMark(folder_uid, route_print(named), dict(_pushed(deployment)))
            yield {"folder_uid": folder_uid, "route": with_mark(named, mark), "position": 0}

    def identity(self, found: Json) -> str:
        return str(found["folder_uid"])

    def title(self, found: Json) -> str:
        return str(found["folder_uid"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        """Our route; where something provisions the whole tree, whether ours is in it or not, with "provenance"."""
        found = survey.notifications
        if by := provisioner_of(found.policies):
            return {"folder_uid": survey.folder_uid, **(found.our_route or {}), "provenance": by}
        self.refuse_unknown(content, found, survey.deployment)
        live = found.our_route
        if live is None and any(_has_matchers_of(content, each) for each in found.policies.get("routes") or ()):
            survey.not_known["route"] = (
                "A route of the notification policies takes the alerts of our folder and lacks our mark, so it may be somebody's own: ours goes before it and takes them. Delete it in Grafana if nobody needs it."
            )
        return live and live | {"pushed": _still_there(found, survey.folder_uid)}

    def refuse_unknown(self, content: Json, found: FoundNotifications, deployment: Deployment) -> None:
        """GlassboxError where the route names a contact point or a mute timing that neither the settings nor Grafana have."""
        declared = deployment.bundle.notifications
        points = {each["name"] for each in (*declared.contact_points, *found.contact_points)}
        timings = {each["name"] for each in found.mute_timings} | set(_timing_names(deployment).values())
        for route in every_route(content["route"]):
            if route.get("receiver") and route["receiver"] not in points:
                raise GlassboxError(f"Grafana has no contact point {route['receiver']!r}: declare it in notifications.contact_points, or correct the name.")  # fmt: skip  # a refusal is one line
            for name in route.get("mute_time_intervals") or ():
                if name not in timings:
                    raise GlassboxError(f"Grafana has no mute timing {name!r}: declare it in notifications.mute_timings, or correct the name.")  # fmt: skip  # a refusal is one line

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return route_in(grafana.notifications.policies(), content["folder_uid"])

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        if now is None or live is None:
            return now is live
        return bool(now["route"] == live["route"])

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        live, by = survey.notifications.our_route, provisioner_of(survey.notifications.policies)
        return [live | ({"provenance": by} if by else {})] if live and not list(wanted) else []

    def left_out(self, content: Json | None, live: Json) -> str:
        by, what_to_do = provisioner_of(live), "change" if content else "delete"
        return left_to_provisioner("Our route in the notification policies", by, what_to_do) if by else ""

    def is_as_wanted(self, content: Json, live: Json) -> bool:
        return "route" in live and self.equal(content, live)

    def check_ours(self, live: Json, folder_uid: str) -> None:
        """The mark says whose it is."""

    def merged(self, content: Json, live: Json, deployment: Deployment) -> Json:
        """With what we pushed of objects that are not deleted yet, so that edits of them are still noticed."""
        mark = mark_of_route(content["route"])
        if mark is None or not live.get("pushed"):
            return content
        kept = RouteMark(mark.folder_uid, mark.route, {**live["pushed"], **mark.pushed})
        return content | {"route": with_mark(content["route"], kept)}

    def equal(self, content: Json, live: Json) -> bool:
        ours, theirs = mark_of_route(content["route"]), mark_of_route(live["route"])
        same = plain_route(content["route"]) == plain_route(live["route"])
        return bool(same and ours and theirs and ours.route == theirs.route and ours.pushed.items() <= theirs.pushed.items())  # fmt: skip  # one thing is one line

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        told = list(route_differences(live["route"], content["route"]))
        yield from told or [Difference("", "notes what is pushed beside it")]

    def readable(self, found: Json) -> Json:
        return plain_route(found["route"])

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Whether it is what we pushed last; Grafana reports neither when nor by whom."""
        mark = mark_of_route(live["route"])
        is_taken_over = content is not None and self.readable(content) == self.readable(live)
        return Edit("", "") if mark and mark.route != route_print(live["route"]) and not is_taken_over else None

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Put our route in its place in the tree as it is now; what others have there is sent back as it was read."""
        tree = grafana.notifications.policies()
        refuse_provisioned("Notification policy", tree | {"name": "of the organisation"})
        routes, now = list(tree.get("routes") or ()), route_in(tree, content["folder_uid"])
        refuse_changed(self, now, live)
        if now is None:
            routes.insert(content["position"], content["route"])
        else:
            routes[now["position"]] = content["route"]
        grafana.notifications.put_policies(tree | {"routes": routes})

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        tree = grafana.notifications.policies()
        now = route_in(tree, folder_uid)
        if now is None:
            return
        refuse_provisioned("Notification policy", tree | {"name": "of the organisation"})
        refuse_changed(self, now, live)
        routes = [route for position, route in enumerate(tree["routes"]) if position != now["position"]]
        grafana.notifications.put_policies(tree | {"routes": routes})


def route_print(route: Json) -> str:
    """A fingerprint of a route without its mark."""
    return fingerprint(plain_route(route))


def with_mark(route: Json, mark: RouteMark) -> Json:
    """The route with this mark alone."""
    return route | {"object_matchers": sorted([*without_mark(route.get("object_matchers")), mark.matcher])}


def _has_matchers_of(content: Json, route: Json) -> bool:
    """Whether a route without our mark takes what ours does."""
    return without_mark(content["route"].get("object_matchers")) == sorted(
        map(list, route.get("object_matchers") or ())
    )


def _timing_names(deployment: Deployment) -> dict[str, str]:
    """What Grafana calls each declared mute timing."""
    folder_uid = deployment.target.folder_uid
    return {each["name"]: mute_timing_name(folder_uid, each["name"]) for each in deployment.bundle.notifications.mute_timings}  # fmt: skip  # one thing is one line


def _with_marked_names(route: Json, names: dict[str, str]) -> Json:
    whole = dict(route)
    if "mute_time_intervals" in route:
        whole["mute_time_intervals"] = [names.get(name, name) for name in route["mute_time_intervals"]]
    if "routes" in route:
        whole["routes"] = [_with_marked_names(child, names) for child in route["routes"]]
    return whole


def _pushed(deployment: Deployment) -> Iterable[tuple[str, str]]:
    """What is pushed beside the route, by `key_of`."""
    for each in ContactPointKind().wanted(deployment):
        yield key_of(ContactPointKind.name, each["uid"]), contact_point_kind.pushed_print(each)
    for each in MuteTimingKind().wanted(deployment):
        yield key_of(MuteTimingKind.name, each["name"]), mute_timing_kind.pushed_print(each)


def _still_there(found: FoundNotifications, folder_uid: str) -> dict[str, str]:
    """What our route says that we pushed, of objects that exist."""
    there = {key_of(ContactPointKind.name, str(each.get("uid"))) for each in found.contact_points}
    there |= {key_of(MuteTimingKind.name, each["name"]) for each in found.mute_timings}
    return {key: print_ for key, print_ in found.pushed.items() if key in there}
