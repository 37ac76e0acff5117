"""What Grafana's classic API does not say of a dashboard: what manages it, and which version of the schema it is stored in.

Grafana 12 and newer say both below `/apis` (documentation: "The new HTTP API structure in Grafana"). The annotations are those of
GetManagerProperties in pkg/apimachinery/utils/meta.go; `status.conversion` is DashboardConversionStatus of apps/dashboard.
Some releases report v0alpha1 for what was saved in another version first (grafana issue 124675).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from glassbox.grafana.answer_shape import MaybeAbsent
from glassbox.grafana.failures import GrafanaError, is_not_served
from glassbox.grafana.organisation import Organisation
from glassbox.grafana.paths import path_part
from glassbox.grafana.transport import GrafanaTransport

METADATA_SINCE = (12, 0, 0)
_GROUP = "/apis/dashboard.grafana.app"
_CLASSIC = "v0alpha1"
"""What the classic API stores and reads (pkg/services/dashboards/service/client/client.go), so that Grafana converts nothing of ours."""
_VERSIONS = {"versions": [{"version": str}]}
_RESOURCE = {
    "metadata": {"annotations": MaybeAbsent(dict)},
    "status": MaybeAbsent({"conversion": MaybeAbsent({"storedVersion": MaybeAbsent(str)})}),
}
_MANAGER = ("managedBy", "managerId", "managerAllowsEdits")
_NOT_THERE = ("", "")


class DashboardMetadata:
    """Asks one Grafana. What it serves is asked once. Safe to share between threads; every failure is a `GrafanaError`.

    `refusal` is the first answer because of which something is not known.
    """

    def __init__(self, transport: GrafanaTransport, organisation: Callable[[], Organisation]) -> None:
        self._transport, self._organisation = transport, organisation
        self._lock = Lock()
        self._place: tuple[str, str] | None = None
        self.refusal: GrafanaError | None = None

    def of(self, uid: str) -> dict[str, Any] | None:
        """{"storedVersion", and for a managed dashboard "managedBy", "managerId", "managerAllowsEdits"}.

        None where it is not known: Grafana 10 and 11, something in front of Grafana that does not let the request pass, and a
        credential without the right.
        """
        dashboards, version = self._dashboards()
        if not dashboards:
            return None
        try:
            found = self._transport.about(f"dashboard {uid}", _RESOURCE).read(f"{dashboards}/{path_part(uid)}")
        except GrafanaError as error:
            if not is_not_served(error):
                raise
            self.refusal = self.refusal or error
            return None
        annotations = found["metadata"].get("annotations") or {}
        manager = {name: str(annotations[key]) for name in _MANAGER if annotations.get(key := f"grafana.app/{name}")}
        # Where nothing had to be converted, Grafana says nothing.
        conversion = (found.get("status") or {}).get("conversion") or {}
        return manager | {"storedVersion": conversion.get("storedVersion") or version}

    def _dashboards(self) -> tuple[str, str]:
        """The path that dashboards are below, and its version; both "" where there is none."""
        with self._lock:
            if self._place is None:
                self._place = self._found()
            return self._place

    def _found(self) -> tuple[str, str]:
        try:
            group = self._transport.about("Grafana's API of dashboards", _VERSIONS).read(_GROUP)
        except GrafanaError as error:
            if not is_not_served(error):
                raise
            self.refusal = error
            return _NOT_THERE
        versions = [each["version"] for each in group["versions"]]
        if not versions:
            return _NOT_THERE
        version = _CLASSIC if _CLASSIC in versions else versions[0]
        return f"{_GROUP}/{path_part(version)}/namespaces/{path_part(self._namespace())}/dashboards", version

    def _namespace(self) -> str:
        """As Grafana tells its page (pkg/api/dtos/frontend_settings.go); without it, that of the organisation as documented."""
        view = self._transport.about("Grafana's settings", {"namespace": MaybeAbsent(str)})
        try:
            if namespace := view.GET("/frontend/settings").get("namespace"):
                return str(namespace)
        except GrafanaError as error:
            if not is_not_served(error):
                raise
        number = self._organisation().number
        return "default" if number == 1 else f"org-{number}"
