"""Grafana's provisioning API of contact points, mute timings, templates and policies (10.4 to 13).

All of an organisation's are one stored document: writes at the same time refuse each other, so that nothing here is
written in parallel. `editable` objects can be changed in Grafana's page; one that exists must be written as it is stored.
"""

# mypy: allow-untyped-calls
# (grafana-client's transport carries no annotations.)

from __future__ import annotations

from typing import Any, cast

from glassbox.grafana.answer_shape import CONTACT_POINTS, MUTE_TIMINGS, POLICIES, TEMPLATES
from glassbox.grafana.paths import EDITABLE_HEADERS, absent_is_fine, path_part
from glassbox.grafana.transport import GrafanaTransport

Json = dict[str, Any]
_PREFIX = "/v1/provisioning"


class NotificationApi:
    """Every failure is a GrafanaError; what is absent can be deleted."""

    def __init__(self, transport: GrafanaTransport) -> None:
        self._transport = transport

    def contact_points(self) -> list[Json]:
        """Every integration of every contact point; secrets are "[REDACTED]"."""
        answer = self._transport.about("contact points", CONTACT_POINTS).GET(f"{_PREFIX}/contact-points")
        return cast("list[Json]", answer or [])

    def create_contact_point(self, integration: Json, *, editable: bool) -> None:
        """Create an integration; a contact point of that name gets one more."""
        view = self._transport.about(f"contact point {integration['name']}")
        view.POST(f"{_PREFIX}/contact-points", json=integration, headers=_headers(editable))

    def update_contact_point(self, integration: Json, *, editable: bool) -> None:
        """Replace the integration of this uid; a secret of "[REDACTED]" keeps its value."""
        path = f"{_PREFIX}/contact-points/{path_part(integration['uid'])}"
        self._transport.about(f"contact point {integration['name']}").PUT(path, json=integration, headers=_headers(editable))  # fmt: skip  # one call

    def delete_contact_point(self, uid: str, name: str) -> None:
        """Delete one integration, and the contact point with its last; Grafana refuses one that is in use."""
        with absent_is_fine():
            self._transport.about(f"contact point {name}").DELETE(f"{_PREFIX}/contact-points/{path_part(uid)}")

    def mute_timings(self) -> list[Json]:
        """Every mute timing."""
        answer = self._transport.about("mute timings", MUTE_TIMINGS).GET(f"{_PREFIX}/mute-timings")
        return cast("list[Json]", answer or [])

    def create_mute_timing(self, timing: Json, *, editable: bool) -> None:
        """Create a mute timing; Grafana refuses a name that exists."""
        view = self._transport.about(f"mute timing {timing['name']}")
        view.POST(f"{_PREFIX}/mute-timings", json=timing, headers=_headers(editable))

    def update_mute_timing(self, timing: Json, *, editable: bool) -> None:
        """Replace a mute timing; one whose "version" is not the stored one is refused with 409."""
        path = f"{_PREFIX}/mute-timings/{path_part(timing['name'])}"
        self._transport.about(f"mute timing {timing['name']}").PUT(path, json=timing, headers=_headers(editable))

    def delete_mute_timing(self, timing: Json) -> None:
        """Delete a mute timing; Grafana refuses one that is in use, and a "version" that is not the stored one."""
        view = self._transport.about(f"mute timing {timing['name']}")
        with absent_is_fine():
            view.DELETE(f"{_PREFIX}/mute-timings/{path_part(timing['name'])}{_at_version(timing)}", headers=_headers(not timing.get("provenance")))  # fmt: skip  # one call

    def templates(self) -> list[Json]:
        """Every group of templates."""
        answer = self._transport.about("notification templates", TEMPLATES).GET(f"{_PREFIX}/templates")
        return cast("list[Json]", answer or [])

    def put_template(self, template: Json, *, editable: bool) -> None:
        """Create or replace a group of templates; one whose "version" is not the stored one is refused with 409."""
        body = {key: template[key] for key in ("template", "version") if key in template}
        path = f"{_PREFIX}/templates/{path_part(template['name'])}"
        self._transport.about(f"template {template['name']}").PUT(path, json=body, headers=_headers(editable))

    def delete_template(self, template: Json) -> None:
        """Delete a group of templates; a "version" that is not the stored one is refused."""
        view = self._transport.about(f"template {template['name']}")
        with absent_is_fine():
            view.DELETE(f"{_PREFIX}/templates/{path_part(template['name'])}{_at_version(template)}", headers=_headers(not template.get("provenance")))  # fmt: skip  # one call

    def policies(self) -> Json:
        """The tree of notification policies, with its "provenance" where it has one."""
        return cast("Json", self._transport.about("notification policies", POLICIES).GET(f"{_PREFIX}/policies"))

    def put_policies(self, tree: Json) -> None:
        """Replace the whole tree, with the provenance that it has."""
        body = {key: value for key, value in tree.items() if key != "provenance"}
        view = self._transport.about("notification policies")
        view.PUT(f"{_PREFIX}/policies", json=body, headers=_headers(not tree.get("provenance")))


def _headers(editable: bool) -> dict[str, str]:
    return EDITABLE_HEADERS if editable else {}


def _at_version(found: Json) -> str:
    return f"?version={path_part(found['version'])}" if found.get("version") else ""
