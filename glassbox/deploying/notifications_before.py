"""The kinds of notifications as a backup holds them: what a rollback brings back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.compile.grafana_notifications import integrations_of
from glassbox.grafana.differences.notification_differences import REDACTED
from glassbox.grafana.kinds.contact_point_kind import ContactPointKind, with_uids
from glassbox.grafana.kinds.kind import Deployment, ObjectKind
from glassbox.grafana.kinds.mute_timing_kind import MuteTimingKind
from glassbox.grafana.kinds.route_kind import RouteKind
from glassbox.grafana.kinds.template_kind import TemplateKind
from glassbox.settings.notifications import Notifications

if TYPE_CHECKING:
    from glassbox.grafana.notifications_found import FoundNotifications
    from glassbox.grafana.survey import Survey

State = dict[str, Json]
"""Objects of one kind by uid, as a backup holds them."""


class _AsBefore(ObjectKind):
    """A kind whose wanted objects are those of a backup, each as editable as it was; what a push made since is left over."""

    def __init__(self, objects: State) -> None:
        self._objects = objects

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        found = (each["before"] for each in self._objects.values() if each["before"])
        return [before | {"editable": not before.get("provenance")} for before in found]

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        return [each for each in super().leftovers(survey, wanted) if self.identity(each) in self._objects]  # type: ignore[safe-super]  # the kind beside it has them


class TemplatesAsBefore(_AsBefore, TemplateKind):
    """Templates as before."""


class MuteTimingsAsBefore(_AsBefore, MuteTimingKind):
    """Mute timings as before."""


class ContactPointsAsBefore(_AsBefore, ContactPointKind):
    """Contact points as before, with secrets from where the settings of today declare them."""

    def __init__(self, objects: State, declared: Notifications) -> None:
        super().__init__(objects)
        self._declared = declared

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        declared = with_uids(integrations_of(self._declared), deployment.target.folder_uid)
        variables = {each["uid"]: each["secrets"] for each in declared}
        for before in super().wanted(deployment):
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

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        yield from super().remarks(content, live, folder_uid)
        if secrets := (content or {}).get("secrets"):
            yield f"Contact point {self.title(live)!r} does not get back its secret{'s' * (len(secrets) > 1)} {', '.join(map(repr, sorted(secrets)))}, which no backup holds: send what it is to have with a push."


class RouteAsBefore(_AsBefore, RouteKind):
    """Our route as before, its mark included."""

    def refuse_unknown(self, content: Json, found: FoundNotifications, deployment: Deployment) -> None:
        """What it names was there, and comes back first."""

    def merged(self, content: Json, live: Json, deployment: Deployment) -> Json:
        return content

    def equal(self, content: Json, live: Json) -> bool:
        return bool(content["route"] == live["route"])
