"""Dashboards below /apis, Grafana's Kubernetes-style API: which versions there are, and one dashboard to read."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.calls import Call
from glassbox.standin.refusals import kubernetes, plain
from glassbox.standin.saving import SERVER_FIELDS
from glassbox.standin.state import Json, StoredDashboard

NAME = "dashboard.grafana.app"
GROUP = f"/apis/{NAME}"
PATH = f"{GROUP}/{{version}}/namespaces/{{namespace}}/dashboards/{{uid}}"
NAMESPACE = "default"
"""Of organisation 1 (Grafana's documentation, "The new HTTP API structure in Grafana")."""


def group(call: Call) -> Response:
    """GET /apis/dashboard.grafana.app: an APIGroup of Kubernetes."""
    known = [{"groupVersion": f"{NAME}/{version}", "version": version} for version in _versions(call)]
    return JSONResponse(
        {"kind": "APIGroup", "apiVersion": "v1", "name": NAME, "versions": known, "preferredVersion": known[0]}
    )


def read(call: Call) -> Response:
    """GET of one dashboard in any version; content in schema v2 is not made, and that of the classic API stands for it."""
    version = call.path("version")
    if version not in _versions(call):
        raise kubernetes(HTTPStatus.NOT_FOUND, "NotFound", "the server could not find the requested resource")
    if call.path("namespace") != NAMESPACE:
        raise kubernetes(HTTPStatus.FORBIDDEN, "Forbidden", "error reading namespace")
    dashboard = call.state.dashboards.get(call.path("uid"))
    if dashboard is None:
        raise kubernetes(HTTPStatus.NOT_FOUND, "NotFound", f'dashboards.{NAME} "{call.path("uid")}" not found')
    return JSONResponse(_resource(dashboard, version))


def _versions(call: Call) -> tuple[str, ...]:
    if not call.behaviour.dashboard_api_versions:
        raise plain(HTTPStatus.NOT_FOUND, "Not found")
    return call.behaviour.dashboard_api_versions


def _resource(dashboard: StoredDashboard, version: str) -> Json:
    """Without a status where nothing was converted (pkg/services/dashboards/service/client/client.go, GetConversionStatus)."""
    conversion = {"failed": False, "storedVersion": dashboard.stored_version}
    return {
        "kind": "Dashboard",
        "apiVersion": f"{NAME}/{version}",
        "metadata": {
            "name": dashboard.uid,
            "namespace": NAMESPACE,
            "generation": dashboard.version,
            "annotations": {"grafana.app/folder": dashboard.folder_uid} | dashboard.manager,
        },
        "spec": {key: value for key, value in dashboard.spec.items() if key not in {*SERVER_FIELDS, "uid"}},
        "status": {"conversion": conversion} if dashboard.stored_version != version else {},
    }
