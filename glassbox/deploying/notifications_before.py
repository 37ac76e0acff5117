"""The kinds of notifications as a backup holds them: what a rollback brings back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.notification_differences import REDACTED
from glassbox.grafana.kinds.contact_point_kind import ContactPointKind
from glassbox.grafana.kinds.kind import Deployment
from glassbox.grafana.kinds.mute_timing_kind import MuteTimingKind
from glassbox.grafana.kinds.route_kind import RouteKind
from glassbox.grafana.kinds.template_kind import TemplateKind
from glassbox.grafana.notification_marks import integration_uid
from glassbox.settings.notifications import Notifications

if TYPE_CHECKING:
    from glassbox.grafana.notifications_found import FoundNotifications
    from glassbox.grafana.survey import Survey

State = dict[str, Json]
"""Objects of one kind by uid, as a backup holds them."""


def _before(objects: State) -> Iterable[Json]:
    """The states of those that were there; each is written as editable as it was."""
    found = (each["before"] for each in objects.values() if each["before"])
    return [before | {"editable": not before.get("provenance")} for before in found]


class TemplatesAsBefore(TemplateKind):
    """Templates as before; those that a push made since are leftovers."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return _before(self._objects)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        return [each for each in super().leftovers(survey, wanted) if each["name"] in self._objects]


class MuteTimingsAsBefore(MuteTimingKind):
    """Mute timings as before."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return _before(self._objects)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        return [each for each in super().leftovers(survey, wanted) if each["name"] in self._objects]


class ContactPointsAsBefore(ContactPointKind):
    """Contact points as before, with secrets from where the settings of today declare them."""

    def __init__(self, objects: State, declared: Notifications) -> None:
        self._objects, self._declared = objects, declared

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        variables = _variables(self._declared, deployment.target.folder_uid)
        for before in _before(self._objects):
            hidden = [name for name, value in before["settings"].items() if value == REDACTED]
            known = variables.get(before["uid"], {})
            shown = {name: value for name, value in before["settings"].items() if value != REDACTED}
            yield before | {
                "settings": shown,
                "secrets": {name: known.get(name, "") for name in hidden},
                "disableResolveMessage": bool(before.get("disableResolveMessage")),
            }

    def live(self, survey: Survey, content: Json) -> Json | None:
        """Whichever variable held a secret: another one is no reason to write."""
        live = super().live(survey, content)
        return live and live | {"pushed": ""}

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        return [each for each in super().leftovers(survey, wanted) if each["uid"] in self._objects]


class RouteAsBefore(RouteKind):
    """Our route as before, its mark included."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return _before(self._objects)

    def refuse_unknown(self, content: Json, found: FoundNotifications, deployment: Deployment) -> None:
        """What it names was there, and comes back first."""

    def merged(self, content: Json, live: Json, deployment: Deployment) -> Json:
        return content

    def equal(self, content: Json, live: Json) -> bool:
        return bool(content["route"] == live["route"])

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        return super().leftovers(survey, wanted) if self._objects else []


def _variables(declared: Notifications, folder_uid: str) -> dict[str, dict[str, str]]:
    """The environment variables of the secrets of each integration that is declared, by its uid."""
    seen, found = Counter[tuple[str, str]](), {}
    for point in declared.contact_points:
        for each in point.integrations:
            seen[point.name, each.type] += 1
            uid = integration_uid(folder_uid, point.name, each.type, seen[point.name, each.type])
            found[uid] = dict(each.secrets)
    return found
