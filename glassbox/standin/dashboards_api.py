"""Dashboards by uid: read, delete, and their versions.

`_meta` is long since it is Grafana's own object, a line for each field.
"""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin.accounts import Role
from glassbox.standin.calls import Call
from glassbox.standin.refusals import plain
from glassbox.standin.saving import check_manager
from glassbox.standin.state import DashboardVersion, Json, StoredDashboard, slug

DEFAULT_VERSIONS_LISTED = 1000


def read(call: Call) -> Response:
    """GET /api/dashboards/uid/:uid"""
    dashboard = _find(call)
    return JSONResponse({"dashboard": dashboard.spec, "meta": _meta(call, dashboard)})


def delete(call: Call) -> Response:
    """DELETE /api/dashboards/uid/:uid"""
    dashboard = _find(call)
    check_manager(call, dashboard, "provisioned dashboard cannot be deleted")
    remove(call, dashboard)
    answer: Json = {"title": dashboard.title, "message": f"Dashboard {dashboard.title} deleted"}
    answer |= {"uid": dashboard.uid} if call.behaviour.deleted_dashboard_names_uid else {"id": dashboard.id}
    return JSONResponse(answer)


def remove(call: Call, dashboard: StoredDashboard) -> None:
    """Forget a dashboard; search follows later."""
    del call.state.dashboards[dashboard.uid]
    call.instance.index.remove(dashboard.uid)


def versions(call: Call) -> Response:
    """GET /api/dashboards/uid/:uid/versions, newest first; version 1 always shows "Initial save"."""
    dashboard = _find(call)
    limit = call.number("limit", DEFAULT_VERSIONS_LISTED)
    listed = [
        _version(dashboard, saved) | {"data": {}} | ({"message": "Initial save"} if saved.version == 1 else {})
        for saved in reversed(dashboard.versions)
    ][:limit]
    if call.behaviour.versions_listed_in_object:
        return JSONResponse({"continueToken": "", "versions": listed})
    return JSONResponse(listed)


def version(call: Call) -> Response:
    """GET /api/dashboards/uid/:uid/versions/:version; an unknown version is a 500, as in Grafana."""
    dashboard = _find(call)
    wanted = call.path("version")
    for saved in dashboard.versions:
        if str(saved.version) == wanted:
            return JSONResponse(_version(dashboard, saved) | {"data": saved.spec})
    message = f"Dashboard version {wanted} not found for dashboardId {dashboard.id}"
    raise plain(HTTPStatus.INTERNAL_SERVER_ERROR, message)


def _find(call: Call) -> StoredDashboard:
    dashboard = call.state.dashboards.get(call.path("uid"))
    if dashboard is None:
        if call.behaviour.absent_dashboard_is_forbidden:
            call.forbid_unless(Role.Admin, "dashboards:read")
        raise plain(HTTPStatus.NOT_FOUND, "Dashboard not found")
    return dashboard


def _version(dashboard: StoredDashboard, saved: DashboardVersion) -> Json:
    return {
        "id": saved.version,
        "dashboardId": dashboard.id,
        "uid": dashboard.uid,
        "parentVersion": saved.version - 1,
        "restoredFrom": 0,
        "version": saved.version,
        "created": saved.created,
        "createdBy": saved.created_by,
        "message": saved.message,
    }


def _meta(call: Call, dashboard: StoredDashboard) -> Json:
    folder = call.state.folders.get(dashboard.folder_uid)
    may_edit = call.login.role >= Role.Editor
    first, newest = dashboard.versions[0], dashboard.newest
    permissions = {"canAdd": may_edit, "canEdit": may_edit, "canDelete": may_edit}
    scopes = ["dashboard"] + ["organization"] * call.behaviour.dashboard_meta_has_organization_annotations
    meta: Json = {
        "type": "db",
        "canSave": may_edit,
        "canEdit": may_edit,
        "canAdmin": call.login.role >= Role.Admin,
        "canStar": True,
        "canDelete": may_edit,
        "slug": slug(dashboard.title),
        "url": call.link(f"/d/{dashboard.uid}/{slug(dashboard.title)}"),
        "expires": "0001-01-01T00:00:00Z",
        "created": first.created,
        "updated": newest.created,
        "createdBy": first.created_by,
        "updatedBy": newest.created_by,
        "version": dashboard.version,
        "hasAcl": False,
        "isFolder": False,
        "folderId": folder.id if folder else 0,
        "folderUid": dashboard.folder_uid,
        "folderTitle": folder.title if folder else "General",
        "folderUrl": call.link(f"/dashboards/f/{folder.uid}/{slug(folder.title)}") if folder else "",
        "provisioned": False,
        "provisionedExternalId": "",
        "annotationsPermissions": dict.fromkeys(scopes, permissions),
        "publicDashboardEnabled": False,
    }
    if call.behaviour.dashboard_meta_has_api_version:
        meta["apiVersion"] = "v0alpha1"
    return meta
