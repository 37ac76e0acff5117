"""POST /api/dashboards/db: what is accepted, what is refused, and what is stored."""

import copy
import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from glassbox.standin import synced_folders
from glassbox.standin.calls import Call
from glassbox.standin.refusals import RefusalError, dashboard_error, plain
from glassbox.standin.search import index_dashboard
from glassbox.standin.shapes import check_shape
from glassbox.standin.state import SAVED_VERSION, DashboardVersion, Json, StoredDashboard, slug

MAX_BODY_BYTES = 16 * 1024 * 1024  # grafana MaxRequestBodyBytes: the size of MySQL's mediumtext
MAX_UID_LENGTH = 40
MAX_TITLE_LENGTH = 5000
MAX_MESSAGE_LENGTH = 500
VERSIONS_KEPT = 20  # grafana versions_to_keep
SERVER_FIELDS = ("id", "version")
MANAGER = "grafana.app/manager"
"""Begins the annotations of a manager (pkg/apimachinery/utils/meta.go)."""


@dataclass(frozen=True)
class SaveCommand:
    """The parts of the request that decide."""

    spec: Json
    id: int
    uid: str
    title: str
    folder_uid: str
    message: str
    overwrite: bool


def save(call: Call) -> Response:
    """Create or replace one dashboard."""
    command = _command(call)
    _check_lengths(call, command)
    _check_folder(call, command)
    existing = _existing(call, command)
    if existing is not None:
        check_manager(call, existing, "Cannot save provisioned dashboard")
        _check_version(call, command, existing)
    if existing is None or existing.folder_uid != command.folder_uid:
        synced_folders.check_dashboard(call, command.folder_uid)
    existing = _check_title(call, command, existing)
    return _saved(call, _store(call, command, existing))


def _command(call: Call) -> SaveCommand:
    body = call.json
    spec = body.get("dashboard")
    if not isinstance(spec, dict):
        raise plain(HTTPStatus.BAD_REQUEST, "bad request data")
    check_shape(spec, {"tags": [str]})
    if body.get("isFolder"):
        raise plain(HTTPStatus.BAD_REQUEST, "Use folders endpoint for saving folders.")
    folder_uid = str(body.get("folderUid") or "")
    return SaveCommand(
        spec=spec,
        id=spec["id"] if isinstance(spec.get("id"), int) else 0,
        uid=str(spec.get("uid") or "").strip(),
        title=str(spec.get("title") or "").strip(),
        folder_uid="" if folder_uid == "general" else folder_uid,
        message=str(body.get("message") or ""),
        overwrite=bool(body.get("overwrite")),
    )


def _check_lengths(call: Call, command: SaveCommand) -> None:
    behaviour = call.behaviour
    if behaviour.dashboard_size_limited and len(call.content) > MAX_BODY_BYTES:
        raise plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Dashboard is too large, max is 16 MB")
    if behaviour.dashboard_validated_by_apiserver and "elements" in command.spec and "layout" in command.spec:
        raise plain(HTTPStatus.BAD_REQUEST, _V2_UNWRAPPED)
    if not command.title:
        raise _empty_title(call)
    if behaviour.dashboard_lengths_checked and len(command.title) > MAX_TITLE_LENGTH:
        raise dashboard_error(
            HTTPStatus.BAD_REQUEST, "title-too-long", "Dashboard title cannot contain more than 5000 characters"
        )
    if behaviour.dashboard_lengths_checked and len(command.message) > MAX_MESSAGE_LENGTH:
        raise plain(HTTPStatus.BAD_REQUEST, "message too long, max 500 characters")
    check_uid(command.uid)


_V2_UNWRAPPED = (
    "dashboard appears to be in v2 format. Please use the /apis/dashboard.grafana.app/v2 API OR it should include a "
    "object wrapper with an explicit 'apiVersion' and move the body into a 'spec' element"
)


def _empty_title(call: Call) -> RefusalError:
    if call.behaviour.dashboard_validated_by_apiserver:
        return plain(HTTPStatus.BAD_REQUEST, "Dashboard spec is missing required title property")
    return dashboard_error(HTTPStatus.BAD_REQUEST, "empty-name", "Dashboard title cannot be empty")


def check_uid(uid: str) -> None:
    """Refuse a uid that is too long or has other characters than letters, digits, "-" and "_"."""
    if len(uid) > MAX_UID_LENGTH:
        raise plain(HTTPStatus.BAD_REQUEST, "uid too long, max 40 characters")
    if not re.fullmatch(r"[a-zA-Z0-9_-]*", uid):
        raise plain(HTTPStatus.BAD_REQUEST, "uid contains illegal characters")


def _check_folder(call: Call, command: SaveCommand) -> None:
    if command.folder_uid and command.folder_uid not in call.state.folders:
        raise plain(HTTPStatus.BAD_REQUEST, "folder not found")


def _existing(call: Call, command: SaveCommand) -> StoredDashboard | None:
    by_uid = call.state.dashboards.get(command.uid)
    by_id = next((found for found in call.state.dashboards.values() if found.id == command.id), None)
    if by_uid and by_id and by_uid is not by_id:
        raise plain(HTTPStatus.BAD_REQUEST, "A dashboard with the same uid already exists")
    if command.id and by_id is None:
        if not call.behaviour.dashboard_validated_by_apiserver:
            raise dashboard_error(HTTPStatus.NOT_FOUND, "not-found", "Dashboard not found")
        if not command.uid:
            raise plain(HTTPStatus.NOT_FOUND, "Dashboard not found")
    return by_uid or by_id


def check_manager(call: Call, dashboard: StoredDashboard, message: str) -> None:
    """Refuse a write of what is managed by something that allows no edits."""
    manager = dashboard.manager
    if call.behaviour.managed_dashboard_locked and manager and manager.get(f"{MANAGER}AllowsEdits") != "true":
        raise plain(HTTPStatus.BAD_REQUEST, message)


def _check_version(call: Call, command: SaveCommand, existing: StoredDashboard) -> None:
    if command.overwrite or command.spec.get("version") == existing.version:
        return
    status = call.behaviour.dashboard_conflict_status
    if status == HTTPStatus.CONFLICT:
        raise plain(status, "Dashboard already exists. Use overwrite flag to update.")
    raise dashboard_error(status, "version-mismatch", "The dashboard has been changed by someone else")


def _check_title(call: Call, command: SaveCommand, existing: StoredDashboard | None) -> StoredDashboard | None:
    """The dashboard that this save lands on: where titles are unique, overwrite takes over the one with the title."""
    if not call.behaviour.dashboard_titles_unique:
        return existing
    if any(folder.title == command.title for folder in call.state.folders.values()):
        raise dashboard_error(HTTPStatus.BAD_REQUEST, "name-match", "Dashboard name cannot be the same as folder")
    for other in call.state.dashboards.values():
        if other is not existing and (other.title, other.folder_uid) == (command.title, command.folder_uid):
            if command.overwrite:
                return other
            raise dashboard_error(
                HTTPStatus.PRECONDITION_FAILED,
                "name-exists",
                "A dashboard with the same name in the folder already exists",
            )
    return existing


def _store(call: Call, command: SaveCommand, existing: StoredDashboard | None) -> StoredDashboard:
    state = call.state
    if existing is None:
        existing = StoredDashboard(
            command.uid or secrets.token_hex(7), next(state.dashboard_ids), command.folder_uid, []
        )
        state.dashboards[existing.uid] = existing
    moved = existing.folder_uid != command.folder_uid
    existing.folder_uid = command.folder_uid
    # Grafana's handler begins with no annotations.
    existing.manager, existing.stored_version = {}, SAVED_VERSION
    keeps_version = call.behaviour.unchanged_dashboard_keeps_version and not moved
    spec = command.spec | {"title": command.title}
    with_version(existing, spec, command.message, call.login.name, even_if_unchanged=not keeps_version)
    index_dashboard(call.instance, existing)
    return existing


def with_version(
    board: StoredDashboard, spec: Json, message: str, author: str, *, even_if_unchanged: bool = False
) -> StoredDashboard:
    """The dashboard with a next version of this content, unless it has it already."""
    sent = spec | {"uid": board.uid}
    if board.versions and not even_if_unchanged and _content(sent) == _content(board.spec):
        return board
    version = board.version + 1 if board.versions else 1
    stored = copy.deepcopy(sent) | {"id": board.id, "version": version}
    board.versions.append(DashboardVersion(version, stored, message, author))
    del board.versions[:-VERSIONS_KEPT]
    return board


def _content(spec: Json) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in SERVER_FIELDS}


def _saved(call: Call, dashboard: StoredDashboard) -> Response:
    return JSONResponse(
        {
            "folderUid": dashboard.folder_uid,
            "id": dashboard.id,
            "slug": slug(dashboard.title),
            "status": "success",
            "uid": dashboard.uid,
            "url": call.link(f"/d/{dashboard.uid}/{slug(dashboard.title)}"),
            "version": dashboard.version,
        }
    )
