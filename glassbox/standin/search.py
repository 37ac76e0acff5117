"""GET /api/search."""

from http import HTTPStatus

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from glassbox.standin.calls import Call, Instance
from glassbox.standin.refusals import plain
from glassbox.standin.state import Folder, Json, StoredDashboard, slug

DEFAULT_LIMIT = 1000
MAX_LIMIT = 5000


def search(call: Call) -> Response:
    """Folders and dashboards that match every given filter, one page of them; a limit above 5000 is a 422."""
    limit = call.number("limit", DEFAULT_LIMIT)
    if limit > MAX_LIMIT:
        raise plain(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit",
        )
    start = (max(call.number("page", 1), 1) - 1) * limit
    hits = [hit for hit in call.instance.index.hits() if _matches(hit, call.request.query_params)]
    return JSONResponse(hits[start : start + limit])


def _matches(hit: Json, wanted: QueryParams) -> bool:
    folder_uids = [uid for uid in wanted.getlist("folderUIDs") if uid]
    dashboard_uids = [uid for uid in wanted.getlist("dashboardUIDs") if uid]
    tags = {tag for tag in wanted.getlist("tag") if tag}
    return (
        wanted.get("query", "").lower() in hit["title"].lower()
        and wanted.get("type", "") in ("", hit["type"])
        and tags <= set(hit["tags"])
        and (not folder_uids or (hit.get("folderUid") or "general") in folder_uids)
        and (not dashboard_uids or hit["uid"] in dashboard_uids)
    )


def index_all(instance: Instance) -> None:
    """Add everything to the index, visible at once."""
    for folder in instance.state.folders.values():
        index_folder(instance, folder)
    for dashboard in instance.state.dashboards.values():
        index_dashboard(instance, dashboard)
    instance.index.refresh()


def index_dashboard(instance: Instance, dashboard: StoredDashboard) -> None:
    """Add a saved dashboard to the index."""
    path = f"/d/{dashboard.uid}/{slug(dashboard.title)}"
    hit = _hit(instance, dashboard.id, dashboard.uid, dashboard.title, path) | {
        "uri": f"db/{slug(dashboard.title)}",
        "type": "dash-db",
        "tags": list(dashboard.spec.get("tags") or []),
    }
    instance.index.put(dashboard.uid, hit | _parent(instance, dashboard.folder_uid))


def index_folder(instance: Instance, folder: Folder) -> None:
    """Add a saved folder to the index."""
    path = f"/dashboards/f/{folder.uid}/{slug(folder.title)}"
    hit = _hit(instance, folder.id, folder.uid, folder.title, path) | {
        "uri": f"db/{slug(folder.title)}",
        "type": "dash-folder",
        "tags": [],
    }
    instance.index.put(folder.uid, hit | _parent(instance, folder.parent_uid))


def _hit(instance: Instance, number: int, uid: str, title: str, path: str) -> Json:
    hit: Json = {
        "id": number,
        "uid": uid,
        "title": title,
        "url": instance.base_path + path,
        "slug": "",
        "isStarred": False,
        "sortMeta": 0,
    }
    return hit | ({"orgId": 1} if instance.behaviour.search_hit_has_org else {})


def _parent(instance: Instance, folder_uid: str) -> Json:
    folder = instance.state.folders.get(folder_uid)
    if folder is None:
        return {}
    return {
        "folderId": folder.id,
        "folderUid": folder.uid,
        "folderTitle": folder.title,
        "folderUrl": f"{instance.base_path}/dashboards/f/{folder.uid}/{slug(folder.title)}",
    }
