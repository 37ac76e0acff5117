"""Contact points: each of their integrations is an object of its own, as in Grafana's API."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.notification_differences import REDACTED, contact_point_differences, shown_settings
from glassbox.grafana.kinds.kind import Deployment, Edit
from glassbox.grafana.kinds.notification_kind import NotificationKind
from glassbox.grafana.notification_marks import fingerprint, integration_uid, is_our_integration, key_of
from glassbox.grafana.notifications_found import FoundNotifications

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey

_TOLD = ("name", "type", "disableResolveMessage")


class ContactPointKind(NotificationKind):
    """{"uid", "name", "type", "settings", "disableResolveMessage", "secrets", "editable"}; live as Grafana returns it.

    `secrets` names the environment variable of each secret setting, which is read when it is sent. Live has "pushed" too, what
    our route says that we pushed, and of what is left over "used_by".
    """

    name = "contact point"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        target = deployment.target
        for each in with_uids(deployment.bundle.notifications.contact_points, target.folder_uid):
            yield each | {"editable": target.rules == "editable"}

    def identity(self, found: Json) -> str:
        return str(found["uid"])

    def title(self, found: Json) -> str:
        return f"{found['name']} ({found['type']})"

    def live(self, survey: Survey, content: Json) -> Json | None:
        """The integration; GlassboxError where others have integrations of the same name, since they would get our alerts."""
        found = survey.notifications
        for each in found.contact_points:
            if each["name"] == content["name"] and not is_our_integration(str(each.get("uid")), survey.folder_uid):
                raise GlassboxError(
                    f"Grafana has a contact point {content['name']!r} that is not ours: give yours another name in notifications.contact_points, "
                    "or leave it out there and name theirs as a receiver."
                )
        live = _of_uid(found.contact_points, content)
        return live and self._with_pushed(live, found)

    def _with_pushed(self, live: Json, found: FoundNotifications) -> Json:
        return live | {"pushed": found.pushed.get(key_of(self.name, live["uid"]), "")}

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return _of_uid(grafana.notifications.contact_points(), content)

    def said(self, found: Json) -> Json:
        return _comparable(found)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """Integrations of ours that are not wanted; a contact point that somebody uses keeps its last ones."""
        contents, found = list(wanted), survey.notifications
        uids, names = {each["uid"] for each in contents}, {each["name"] for each in contents}
        for each in found.contact_points:
            if is_our_integration(str(each.get("uid")), survey.folder_uid) and each["uid"] not in uids:
                users = [] if each["name"] in names else found.users_of("receiver", each["name"])
                yield self._with_pushed(each, found) | {"used_by": users}

    def missing(self, content: Json, live: Json | None) -> str:
        return next((_missing(content, name, content["secrets"][name]) for name, value in _secrets(content, live) if not value), "")  # fmt: skip  # one thing is one line

    def kept(self, live: Json, content: Json | None) -> Json:
        """Without what Grafana shows of a setting that comes from the environment."""
        known = {key: value for key, value in live.items() if key not in ("pushed", "used_by")}
        return known | {"settings": shown_settings(live, _secret_names(live, content))}

    def equal(self, content: Json, live: Json) -> bool:
        """A secret that Grafana does not return is no difference; another variable for it is, so that it can be renewed."""
        if _comparable(content, content["secrets"]) != _comparable(live, content["secrets"]):
            return False
        pushed = str(live.get("pushed") or "").partition("-")[2]
        return not pushed or pushed == pushed_print(content).partition("-")[2]

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        yield from contact_point_differences(live, content)

    def readable(self, found: Json) -> Json:
        return _comparable(found, _secret_names(found, found if "secrets" in found else None))

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Whether it is what we pushed last, as far as our route says it; Grafana reports neither when nor by whom."""
        pushed = live.get("pushed")
        now = fingerprint(_comparable(live, _secret_names(live, None)), 8)
        return Edit("", "") if pushed and pushed.partition("-")[0] != now else None

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        body = {key: content[key] for key in ("uid", *_TOLD)} | {
            "settings": {**content["settings"], **dict(_secrets(content, live))}
        }
        editable = self.checked(grafana, content, live)
        if live is None:
            grafana.notifications.create_contact_point(body, editable=editable)
        else:
            grafana.notifications.update_contact_point(body, editable=editable)

    def delete(self, grafana: Grafana, now: Json) -> None:
        grafana.notifications.delete_contact_point(now["uid"], now["name"])


def with_uids(integrations: Iterable[Json], folder_uid: str) -> Iterator[Json]:
    """Each integration with the uid that we give it in this folder."""
    seen = Counter[tuple[str, str]]()
    for each in integrations:
        name, kind = each["name"], each["type"]
        seen[name, kind] += 1
        yield each | {"uid": integration_uid(folder_uid, name, kind, seen[name, kind])}


def pushed_print(content: Json) -> str:
    """What our route keeps of an integration that we push: fingerprints of what Grafana shows and of the variables' names, and which settings are secrets."""
    secrets = content["secrets"]
    return f"{fingerprint(_comparable(content, secrets), 8)}-{fingerprint(secrets, 4)}-{'+'.join(sorted(secrets))}"


def _secret_names(live: Json, content: Json | None) -> set[str]:
    """The settings that come from the environment, as far as it is known."""
    pushed = str(live.get("pushed") or "").split("-")
    return {*(content or {}).get("secrets", ()), *filter(None, pushed[-1].split("+") if len(pushed) > 2 else ())}


def _comparable(found: Json, secrets: Iterable[str] = ()) -> Json:
    told = {key: found.get(key) or False for key in _TOLD}
    return told | {"settings": shown_settings(found, secrets)}


def _of_uid(found: Iterable[Json], content: Json) -> Json | None:
    return next((each for each in found if each.get("uid") == content["uid"]), None)


def _secrets(content: Json, live: Json | None) -> Iterator[tuple[str, str]]:
    """Each secret setting with its value; one that Grafana has and the environment lacks stays as it is, and "" is missing."""
    stored = (live or {}).get("settings") or {}
    for name, variable in content["secrets"].items():
        value = os.environ.get(variable, "") if variable else ""
        yield name, value or (REDACTED if stored.get(name) == REDACTED else "")


def _missing(content: Json, name: str, variable: str) -> str:
    point = f"Contact point {content['name']!r} needs its secret {name!r}"
    if variable:
        return f"{point}, and the environment variable {variable} is not set: set it and run again."
    return f"{point}, which no backup holds, since Grafana does not return it: declare the contact point in the settings as it was, and run again."
