"""Groups of notification templates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.differences.notification_differences import template_differences
from glassbox.grafana.kinds.kind import Deployment, Edit
from glassbox.grafana.kinds.notification_kind import NotificationKind
from glassbox.grafana.kinds.provisioned import of_name, version_of
from glassbox.grafana.notification_marks import (  # fmt: skip  # one import
    marked_template,
    owner_of_template,
    unmarked_template,
    was_template_edited,
)

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey


class TemplateKind(NotificationKind):
    """{"name", "template" with our mark, "editable"}; live with "provenance" and "version" where Grafana has them."""

    name = "template"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        target = deployment.target
        for each in deployment.bundle.notifications.templates:
            text = marked_template(target.folder_uid, each["name"], each["template"])
            yield {"name": each["name"], "template": text, "editable": target.rules == "editable"}

    def identity(self, found: Json) -> str:
        return str(found["name"])

    def title(self, found: Json) -> str:
        return str(found["name"])

    def live(self, survey: Survey, content: Json) -> Json | None:
        return of_name(survey.notifications.templates, content["name"])

    def now(self, grafana: Grafana, content: Json) -> Json | None:
        return of_name(grafana.notifications.templates(), content["name"])

    def said(self, found: Json) -> str:
        return str(found["template"])

    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        names = {content["name"] for content in wanted}
        return [each for each in survey.notifications.templates if owner_of_template(each) == survey.folder_uid and each["name"] not in names]  # fmt: skip  # one thing is one line

    def left_out(self, content: Json | None, live: Json) -> str:
        is_ours = content is None or owner_of_template(live) == owner_of_template(content)
        return super().left_out(content, live) if is_ours else ""

    def check_ours(self, live: Json, folder_uid: str) -> None:
        super().check_ours(live, folder_uid)
        if owner_of_template(live) != folder_uid:
            raise GlassboxError(f"Grafana has a template {live['name']!r} that is not ours: give yours another name in notifications.templates.")  # fmt: skip  # a refusal is one line

    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        told = list(template_differences(self.readable(live), self.readable(content)))
        yield from told or [Difference("", "notes what is pushed")]

    def readable(self, found: Json) -> str:
        return unmarked_template(str(found["template"]))

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """Whether it is what we pushed last; Grafana reports neither when nor by whom."""
        is_taken_over = content is not None and self.readable(content) == self.readable(live)
        return Edit("", "") if was_template_edited(live) and not is_taken_over else None

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Write it over the state that was read: Grafana refuses another, where it has versions."""
        body = {"name": content["name"], "template": content["template"]} | version_of(live)
        grafana.notifications.put_template(body, editable=self.checked(grafana, content, live))

    def delete(self, grafana: Grafana, now: Json) -> None:
        grafana.notifications.delete_template(now)
