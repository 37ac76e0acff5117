"""The routes of the stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from glassbox.standin import (
    annotations_api,
    contact_points,
    dashboard_resources,
    dashboards_api,
    data_sources,
    folders,
    mute_timings,
    notification_templates,
    policies,
    proxy,
    rule_groups,
    saving,
    search,
    service_accounts,
    single_rules,
)
from glassbox.standin.accounts import actions_of
from glassbox.standin.calls import Call, Handler, Instance, endpoint
from glassbox.standin.faults import LOGIN_PAGE
from glassbox.standin.page import PAGES, assets, descriptions, event_stream, page, status

COMMIT = "0000000000"
_RULES = "/api/v1/provisioning/alert-rules"
_GROUP = "/api/v1/provisioning/folder/{folder}/rule-groups/{group:path}"
_POINTS = "/api/v1/provisioning/contact-points"
_POLICIES = "/api/v1/provisioning/policies"
_TIMINGS = "/api/v1/provisioning/mute-timings"
_TEMPLATES = "/api/v1/provisioning/templates"

# method, path, handler, permission (None: the handler decides, or being known is enough)
_TABLE: tuple[tuple[str, str, Handler, str | None], ...] = (
    ("GET", "/api/datasources", data_sources.listed, "datasources:read"),
    ("POST", "/api/datasources", data_sources.create, "datasources:create"),
    ("GET", "/api/datasources/uid/{uid}", data_sources.read, "datasources:read"),
    ("PUT", "/api/datasources/uid/{uid}", data_sources.update, "datasources:write"),
    ("DELETE", "/api/datasources/uid/{uid}", data_sources.delete, "datasources:delete"),
    ("GET", "/api/datasources/uid/{uid}/health", data_sources.health, "datasources:query"),
    ("GET", "/api/folders", folders.listed, "folders:read"),
    ("POST", "/api/folders", folders.create, "folders:create"),
    ("GET", "/api/folders/{uid}", folders.read, "folders:read"),
    ("PUT", "/api/folders/{uid}", folders.update, "folders:write"),
    ("DELETE", "/api/folders/{uid}", folders.delete, "folders:delete"),
    ("POST", "/api/folders/{uid}/move", folders.move, "folders:write"),
    ("GET", "/api/folders/{uid}/counts", folders.counts, "folders:read"),
    ("POST", "/api/dashboards/db", saving.save, "dashboards:create"),
    ("GET", "/api/dashboards/uid/{uid}", dashboards_api.read, "dashboards:read"),
    ("DELETE", "/api/dashboards/uid/{uid}", dashboards_api.delete, "dashboards:delete"),
    ("GET", "/api/dashboards/uid/{uid}/versions", dashboards_api.versions, "dashboards:write"),
    ("GET", "/api/dashboards/uid/{uid}/versions/{version}", dashboards_api.version, "dashboards:write"),
    ("GET", dashboard_resources.GROUP, dashboard_resources.group, None),
    ("GET", dashboard_resources.PATH, dashboard_resources.read, "dashboards:read"),
    ("GET", "/api/search", search.search, None),
    ("GET", "/api/annotations", annotations_api.listed, "annotations:read"),
    ("POST", "/api/annotations", annotations_api.create, "annotations:create"),
    ("POST", "/api/serviceaccounts", service_accounts.create, "serviceaccounts:create"),
    ("POST", "/api/serviceaccounts/{id}/tokens", service_accounts.create_token, "serviceaccounts:write"),
    ("DELETE", "/api/serviceaccounts/{id}", service_accounts.delete, "serviceaccounts:delete"),
    ("GET", _RULES, single_rules.listed, None),
    ("POST", _RULES, single_rules.create, None),
    ("GET", f"{_RULES}/{{uid}}", single_rules.read, None),
    ("PUT", f"{_RULES}/{{uid}}", single_rules.update, None),
    ("DELETE", f"{_RULES}/{{uid}}", single_rules.delete, None),
    ("GET", _POINTS, contact_points.listed, None),
    ("POST", _POINTS, contact_points.create, None),
    ("PUT", f"{_POINTS}/{{uid}}", contact_points.update, None),
    ("DELETE", f"{_POINTS}/{{uid}}", contact_points.delete, None),
    ("GET", _POLICIES, policies.read, None),
    ("PUT", _POLICIES, policies.put, None),
    ("DELETE", _POLICIES, policies.reset, None),
    ("GET", _TIMINGS, mute_timings.listed, None),
    ("POST", _TIMINGS, mute_timings.create, None),
    ("PUT", f"{_TIMINGS}/{{name}}", mute_timings.update, None),
    ("DELETE", f"{_TIMINGS}/{{name}}", mute_timings.delete, None),
    ("GET", _TEMPLATES, notification_templates.listed, None),
    ("GET", f"{_TEMPLATES}/{{name}}", notification_templates.read, None),
    ("PUT", f"{_TEMPLATES}/{{name}}", notification_templates.put, None),
    ("DELETE", f"{_TEMPLATES}/{{name}}", notification_templates.delete, None),
    ("GET", _GROUP, rule_groups.read, None),
    ("PUT", _GROUP, rule_groups.put, None),
    ("DELETE", _GROUP, rule_groups.delete, None),
)


def application(instance: Instance) -> Starlette:
    """The ASGI application, mounted below the instance's base path."""
    passed_on = endpoint(proxy.forward, "datasources:query")
    routes: list[BaseRoute] = [
        Route("/api/health", _health),
        Route("/healthz", _alive),
        Route("/login", _login_page),
        *(Route(path, page) for path in PAGES),
        *assets(),
        Route("/standin/status", endpoint(status)),
        Route("/standin/descriptions", endpoint(descriptions, "dashboards:read"), methods=["GET"]),
        Route("/standin/events", endpoint(event_stream)),
        Route("/api/org", endpoint(_org, "orgs:read"), methods=["GET"]),
        Route("/api/access-control/user/permissions", endpoint(_permissions), methods=["GET"]),
        Route(f"{proxy.PREFIX}{{uid}}/{{path:path}}", passed_on, methods=["GET", "POST"]),
        *(
            Route(path, endpoint(handler, need, writes=method != "GET"), methods=[method])
            for method, path, handler, need in _TABLE
        ),
        Route("/api/frontend/settings", endpoint(_frontend_settings), methods=["GET"]),
        Route("/apis/{rest:path}", endpoint(_not_found)),
        Route("/api/{rest:path}", endpoint(_not_found), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/{rest:path}", _to_login),
    ]
    app = Starlette(
        routes=[Mount(instance.base_path, routes=routes)] if instance.base_path else routes, lifespan=_asking
    )
    app.state.instance = instance
    return app


@asynccontextmanager
async def _asking(app: Starlette) -> AsyncIterator[None]:
    """Prometheus can be asked as long as the server runs."""
    instance: Instance = app.state.instance
    instance.upstream.open()
    yield
    await instance.upstream.close()


async def _health(request: Request) -> Response:
    instance: Instance = request.app.state.instance
    return JSONResponse({"database": "ok", "version": instance.version, "commit": COMMIT})


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("Ok")


async def _login_page(_request: Request) -> Response:
    return HTMLResponse(LOGIN_PAGE)


async def _to_login(request: Request) -> Response:
    instance: Instance = request.app.state.instance
    return RedirectResponse(f"{instance.base_path}/login", status_code=302)


def _org(_call: Call) -> Response:
    return JSONResponse({"id": 1, "name": "Main Org.", "address": dict.fromkeys(_ADDRESS, "")})


def _frontend_settings(_call: Call) -> Response:
    """GET: what Grafana's page is told, of which this has one field (pkg/api/dtos/frontend_settings.go)."""
    return JSONResponse({"namespace": dashboard_resources.NAMESPACE})


def _permissions(call: Call) -> Response:
    """GET: the caller's actions, each with its scopes (pkg/services/accesscontrol/api/api.go)."""
    return JSONResponse({action: ["*"] for action in actions_of(call.login.role, rules_open=call.behaviour.rules_open_to_others)})  # fmt: skip  # one thing is one line


_ADDRESS = ("address1", "address2", "city", "zipCode", "state", "country")


def _not_found(_call: Call) -> Response:
    return JSONResponse({"message": "Not found"}, status_code=404)
