"""The page that draws what was pushed (`web/dist`), and what it reads besides Grafana's own API."""

import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from glassbox.standin.calls import Call, Instance
from glassbox.standin.upstream import without_credentials

DIST = Path(__file__).resolve().parent / "web" / "dist"
ASSETS = "/public/standin"
PAGES = ("/", "/dashboards", "/alerts", "/alerting/list", "/d/{uid}", "/d/{uid}/{slug}")
"""Addresses of the page; its script decides what it shows there."""
NEVER_CHANGES = "public, max-age=31536000, immutable"
# Of files whose name changes with their content.
_HASHED = re.compile(r".*-[\w-]{8}\.(js|css|woff2?)")
# The page finds everything else below this.
_BASE = '<base href="/" />'
_ROOT = '<div id="root">'
# Readable above the page's dark and its light theme.
_NOTICE_STYLE = "padding:8px 16px;background:#1f3a6e;color:#fff;font:14px/1.4 Inter,Helvetica,Arial,sans-serif"
# What JavaScript's encodeURIComponent leaves as it is, beyond Python's own.
_UNQUOTED = "!~*'()"


class _Assets(StaticFiles):
    """The page's files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = NEVER_CHANGES if _HASHED.fullmatch(path) else "no-cache"
        return response


def assets() -> list[BaseRoute]:
    """The files of the page and no others; empty where a checkout lacks it."""
    folder = DIST / ASSETS.removeprefix("/")
    return [Mount(ASSETS, _Assets(directory=folder))] if folder.is_dir() else []


async def page(request: Request) -> Response:
    """The page, or a plain list where a checkout lacks it."""
    instance: Instance = request.app.state.instance
    index = DIST / "index.html"
    if not index.is_file():
        return HTMLResponse(_plain_list(instance))
    generation = f'<meta name="generation" content="{instance.live.generation}" />'
    since = "" if instance.since_ms is None else f'<meta name="since" content="{instance.since_ms}" />'
    head = f'<base href="{escape(instance.base_path)}/" />{generation}{since}{_preloads(request)}'
    text = index.read_text(encoding="utf-8").replace(_BASE, head).replace(_ROOT, f"{_notice(instance)}{_ROOT}")
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def _notice(instance: Instance) -> str:
    return f'<div role="note" style="{_NOTICE_STYLE}">{escape(instance.notice)}</div>' if instance.notice else ""


def _preloads(request: Request) -> str:
    """What a dashboard's page will fetch, so that the browser begins while the page's script is still loading."""
    uid = request.path_params.get("uid")
    if uid is None:
        return ""
    paths = ("api/datasources", f"api/dashboards/uid/{quote(uid, safe=_UNQUOTED)}")
    return "".join(f'<link rel="preload" as="fetch" crossorigin href="{escape(path)}" />' for path in paths)


def status(call: Call) -> Response:
    """GET /standin/status: the release of Grafana, the address of Prometheus, and the state of the content."""
    sources = call.state.data_sources.values()
    default = next((source for source in sources if source["isDefault"]), None)
    about = {
        "version": call.instance.version,
        "prometheus_url": without_credentials(str(default["url"])) if default else "",
    }
    return JSONResponse(about | call.instance.live.status())


def descriptions(call: Call) -> Response:
    """GET /standin/descriptions: what each dashboard that says so is for, by uid."""
    told = {uid: board.spec.get("description") for uid, board in call.state.dashboards.items()}
    return JSONResponse({uid: text for uid, text in told.items() if text and isinstance(text, str)})


def event_stream(call: Call) -> Response:
    """GET /standin/events: `content` and `error`, as server-sent events."""
    return StreamingResponse(
        call.instance.live.events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def _plain_list(instance: Instance) -> str:
    state = instance.state
    dashboards = [
        f"{_folder_title(instance, dashboard.folder_uid)} / {dashboard.title} (version {dashboard.version})"
        for dashboard in state.dashboards.values()
    ]
    rules = [
        f"{_folder_title(instance, rule.folder_uid)} / {rule.group} / {rule.body['title']}"
        for rule in state.rules.values()
    ]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Stand-in for Grafana</title>"
        f"{_notice(instance)}<h1>Stand-in for Grafana {escape(instance.version)}</h1>"
        f"{_section('Dashboards', dashboards)}{_section('Alert rules', rules)}</html>"
    )


def _folder_title(instance: Instance, uid: str) -> str:
    folder = instance.state.folders.get(uid)
    return folder.title if folder else "General"


def _section(heading: str, lines: list[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in sorted(lines))
    return f"<h2>{heading} ({len(lines)})</h2><ul>{items}</ul>"
