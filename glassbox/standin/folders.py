"""/api/folders."""

import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from glassbox.standin import dashboards_api, synced_folders
from glassbox.standin.accounts import Role
from glassbox.standin.calls import Call
from glassbox.standin.refusals import dashboard_error, errutil, plain
from glassbox.standin.saving import check_uid
from glassbox.standin.search import index_dashboard, index_folder
from glassbox.standin.state import Folder, Json, now, slug

DEFAULT_LIMIT = 1000
MAX_PARENTS = 4  # grafana PR 78133: four levels below the top folder


def listed(call: Call) -> Response:
    """GET /api/folders: the direct children of `parentUid`, one page of them."""
    parent_uid = call.query("parentUid")
    limit = call.number("limit", DEFAULT_LIMIT)
    start = (max(call.number("page", 1), 1) - 1) * limit
    children = sorted(
        (folder for folder in call.state.folders.values() if folder.parent_uid == parent_uid),
        key=lambda folder: folder.title,
    )
    return JSONResponse([_brief(folder) for folder in children[start : start + limit]])


def read(call: Call) -> Response:
    """GET /api/folders/:uid"""
    return JSONResponse(_full(call, _find(call)))


def create(call: Call) -> Response:
    """POST /api/folders"""
    body = call.json
    uid = str(body.get("uid") or "") or secrets.token_hex(7)
    title = _title(body)
    parent_uid = str(body.get("parentUid") or "")
    check_uid(uid)
    _check_free(call, uid, title, parent_uid)
    _check_parent(call, uid, parent_uid)
    folder = Folder(uid, title, parent_uid, next(call.state.dashboard_ids), call.login.name, call.login.name)
    call.state.folders[uid] = folder
    index_folder(call.instance, folder)
    return JSONResponse(_full(call, folder))


def update(call: Call) -> Response:
    """PUT /api/folders/:uid: a new title; `version` must be the stored one unless `overwrite` is set."""
    folder = _find(call)
    body = call.json
    synced_folders.check_change(call, folder)
    if not body.get("overwrite") and body.get("version") != folder.version:
        raise _changed_by_someone_else()
    folder.title = _title(body)
    folder.version += 1
    folder.updated, folder.updated_by = now(), call.login.name
    index_folder(call.instance, folder)
    for dashboard in call.state.dashboards.values():
        if dashboard.folder_uid == folder.uid:
            index_dashboard(call.instance, dashboard)
    return JSONResponse(_full(call, folder))


def move(call: Call) -> Response:
    """POST /api/folders/:uid/move: into the folder `parentUid`, "" being the root."""
    folder = _find(call)
    synced_folders.check_change(call, folder)
    parent_uid = str(call.json.get("parentUid") or "")
    _check_parent(call, folder.uid, parent_uid)
    folder.parent_uid = parent_uid
    index_folder(call.instance, folder)
    return JSONResponse(_full(call, folder))


def delete(call: Call) -> Response:
    """DELETE /api/folders/:uid with everything inside; alert rules only with `forceDeleteRules=true`."""
    folder = _find(call)
    synced_folders.check_change(call, folder)
    state = call.state
    uids = {inner.uid for inner in state.subtree(folder.uid)}
    rules = [rule for rule in state.rules.values() if rule.folder_uid in uids]
    if rules and call.query("forceDeleteRules") != "true":
        raise errutil(HTTPStatus.BAD_REQUEST, "folder.not-empty", "Folder cannot be deleted: folder is not empty")
    for rule in rules:
        del state.rules[rule.uid]
    for dashboard in [found for found in state.dashboards.values() if found.folder_uid in uids]:
        dashboards_api.remove(call, dashboard)
    for uid in uids:
        del state.folders[uid]
        call.instance.index.remove(uid)
    return JSONResponse({"id": folder.id, "title": folder.title, "message": f"Folder {folder.title} deleted"})


def counts(call: Call) -> Response:
    """GET /api/folders/:uid/counts: what is inside, at every depth."""
    folder = _find(call)
    state = call.state
    uids = {inner.uid for inner in state.subtree(folder.uid)}
    return JSONResponse(
        {
            "alertrule": sum(rule.folder_uid in uids for rule in state.rules.values()),
            "dashboard": sum(dashboard.folder_uid in uids for dashboard in state.dashboards.values()),
            "folder": len(uids) - 1,
            "librarypanel": 0,
        }
    )


def _find(call: Call) -> Folder:
    folder = call.state.folders.get(call.path("uid"))
    if folder is None:
        call.forbid_unless(Role.Admin, "folders:read")
        raise dashboard_error(HTTPStatus.NOT_FOUND, "not-found", "folder not found")
    return folder


def _title(body: Json) -> str:
    title = str(body.get("title") or "").strip()
    if not title:
        raise plain(HTTPStatus.BAD_REQUEST, "folder title cannot be empty")
    return title


def _check_free(call: Call, uid: str, title: str, parent_uid: str) -> None:
    if uid in call.state.folders:
        status = call.behaviour.folder_exists_status
        if status == HTTPStatus.PRECONDITION_FAILED:
            raise _changed_by_someone_else()
        raise plain(status, "a folder/dashboard with the same uid already exists")
    siblings = {folder.title for folder in call.state.folders.values() if folder.parent_uid == parent_uid}
    if call.behaviour.folder_titles_unique and title in siblings:
        raise plain(
            HTTPStatus.CONFLICT, "a folder or dashboard in the general folder with the same name already exists"
        )


def _check_parent(call: Call, uid: str, parent_uid: str) -> None:
    if not parent_uid:
        return
    if parent_uid == uid:
        raise errutil(HTTPStatus.BAD_REQUEST, "folder.bad-request", "folder cannot be parent of itself")
    if any(around.uid == uid for around in call.state.ancestors(parent_uid)):
        # ErrCircularReference in pkg/services/folder/model.go
        raise errutil(HTTPStatus.BAD_REQUEST, "folder.circular-reference", "Circular reference detected")
    if parent_uid not in call.state.folders:
        raise dashboard_error(HTTPStatus.NOT_FOUND, "not-found", "folder not found")
    synced_folders.check_folder(call, parent_uid)
    if len(call.state.ancestors(parent_uid)) > MAX_PARENTS:
        raise errutil(HTTPStatus.BAD_REQUEST, "folder.maximum-depth-reached", "Maximum nested folder depth reached")


def _changed_by_someone_else() -> Exception:
    return dashboard_error(
        HTTPStatus.PRECONDITION_FAILED, "version-mismatch", "the folder has been changed by someone else"
    )


def _brief(folder: Folder) -> Json:
    brief: Json = {"id": folder.id, "uid": folder.uid, "title": folder.title}
    return brief | ({"parentUid": folder.parent_uid} if folder.parent_uid else {})


def _full(call: Call, folder: Folder) -> Json:
    may_edit = call.login.role >= Role.Editor
    full = _brief(folder) | {
        "orgId": 1,
        "url": call.link(f"/dashboards/f/{folder.uid}/{slug(folder.title)}"),
        "hasAcl": False,
        "canSave": may_edit,
        "canEdit": may_edit,
        "canAdmin": call.login.role >= Role.Admin,
        "canDelete": may_edit,
        "createdBy": folder.created_by,
        "created": folder.created,
        "updatedBy": folder.updated_by,
        "updated": folder.updated,
        "version": folder.version,
    }
    if folder.managed_by and call.behaviour.folder_names_manager:
        full["managedBy"] = folder.managed_by
    parents = call.state.ancestors(folder.parent_uid)
    if parents:
        full["parents"] = [
            {"uid": parent.uid, "title": parent.title, "url": call.link(f"/dashboards/f/{parent.uid}")}
            for parent in reversed(parents)
        ]
    return full
