"""Mute timings: times without notifications."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.notification_differences import intervals, mute_timing_differences
from glassbox.grafana.kinds.kind import Deployment, Edit, ObjectKind
from glassbox.grafana.kinds.provisioned import in_use, is_editable, of_name, refuse_changed, refuse_provisioned
from glassbox.grafana.notification_marks import fingerprint, is_our_mute_timing, key_of, mute_timing_name

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


class MuteTimingKind(ObjectKind):
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

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        if now is None or live is None:
            return now is live
        return intervals(now) == intervals(live)

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        names, found = {content["name"] for content in wanted}, survey.notifications
        for each in found.mute_timings:
            if is_our_mute_timing(each["name"], survey.folder_uid) and each["name"] not in names:
                yield each | {"used_by": found.users_of("mute_time_intervals", each["name"])}

    def kept(self, live: Json, content: Json | None) -> Json:
        return {key: value for key, value in live.items() if key != "used_by"}

    def owned(self, live: Json, folder_uid: str) -> Json | None:
        return None if live["used_by"] else live

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        if live.get("used_by"):
            yield in_use("Mute timing", live, live["used_by"])

    def check_ours(self, live: Json, folder_uid: str) -> None:
        """The name says whose it is."""
        refuse_provisioned("Mute timing", live)

    def equal(self, content: Json, live: Json) -> bool:
        return intervals(content) == intervals(live)

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        yield from mute_timing_differences(live, content)

    def readable(self, found: Json) -> list[Json]:
        return intervals(found)

    def edit(self, survey: Survey, live: Json) -> Edit | None:
        """Whether it is what we pushed last, as far as our route says it; Grafana reports neither when nor by whom."""
        pushed = survey.notifications.pushed.get(key_of(self.name, live["name"]))
        return Edit("", "") if pushed not in (None, pushed_print(live)) else None

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Write it over the state that was read: Grafana refuses another, where it has versions."""
        body = {"name": content["name"], "time_intervals": content["time_intervals"]}
        refuse_changed(self, self.now(grafana, content), live)
        if live is None:
            grafana.notifications.create_mute_timing(body, editable=content["editable"])
        else:
            body |= {key: live[key] for key in ("version",) if live.get(key)}
            grafana.notifications.update_mute_timing(body, editable=is_editable(live))

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        now = self.now(grafana, live)
        if now is None:
            return
        self.check_ours(now, folder_uid)
        refuse_changed(self, now, live)
        grafana.notifications.delete_mute_timing(now)


def pushed_print(timing: Json) -> str:
    """What our route keeps of a mute timing that we push."""
    return fingerprint(intervals(timing), 8)
