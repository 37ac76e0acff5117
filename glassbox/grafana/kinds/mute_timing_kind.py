"""Mute timings: times without notifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.notification_differences import intervals, mute_timing_differences
from glassbox.grafana.kinds.kind import Deployment, Edit
from glassbox.grafana.kinds.notification_kind import NotificationKind
from glassbox.grafana.kinds.provisioned import of_name, version_of
from glassbox.grafana.notification_marks import fingerprint, is_our_mute_timing, key_of, mute_timing_name

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


class MuteTimingKind(NotificationKind):
    """{"name" with our mark, "time_intervals", "editable"}; live with "provenance", "version" where Grafana has them, and "used_by"."""

    name = "mute timing"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        target = deployment.target
        for each in deployment.bundle.notifications.mute_timings:
            name = mute_timing_name(target.folder_uid, each["name"])
            yield each | {"name": name, "editable": target.rules == "editable"}

    def identity(self, found: Json) -> str:
        return str(found["name"])

    def title(self, found: Json) -> str:
        return str(found["name"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        return of_name(survey.notifications.mute_timings, content["name"])

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return of_name(grafana.notifications.mute_timings(), content["name"])

    def said(self, found: Json) -> list[Json]:
        return intervals(found)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        names, found = {content["name"] for content in wanted}, survey.notifications
        for each in found.mute_timings:
            if is_our_mute_timing(each["name"], survey.folder_uid) and each["name"] not in names:
                yield each | {"used_by": found.users_of("mute_time_intervals", each["name"])}

    def kept(self, live: Json, content: Json | None) -> Json:
        return {key: value for key, value in live.items() if key != "used_by"}

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        yield from mute_timing_differences(live, content)

    def readable(self, found: Json) -> list[Json]:
        return intervals(found)

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Whether it is what we pushed last, as far as our route says it; Grafana reports neither when nor by whom."""
        pushed = survey.notifications.pushed.get(key_of(self.name, live["name"]))
        return Edit("", "") if pushed not in (None, pushed_print(live)) else None

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Write it over the state that was read: Grafana refuses another, where it has versions."""
        body = {"name": content["name"], "time_intervals": content["time_intervals"]} | version_of(live)
        editable = self.checked(grafana, content, live)
        if live is None:
            grafana.notifications.create_mute_timing(body, editable=editable)
        else:
            grafana.notifications.update_mute_timing(body, editable=editable)

    def delete(self, grafana: Grafana, now: Json) -> None:
        grafana.notifications.delete_mute_timing(now)


def pushed_print(timing: Json) -> str:
    """What our route keeps of a mute timing that we push."""
    return fingerprint(intervals(timing), 8)
