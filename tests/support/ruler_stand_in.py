"""The ruler API of Mimir for tests, directly and as Grafana passes it on.

Facts, and where they were read (no Mimir and no Grafana was run):
- Mimir, docs/sources/mimir/references/http-api/index.md, "Ruler": GET, POST and DELETE `<prefix>/config/v1/rules/{namespace}
  [/{group}]`, the prefix being `/prometheus` by default; one group a POST, as YAML with Content-Type application/yaml; 202 for
  a group that was set or deleted; tenants by the header X-Scope-OrgID; a group may have `source_tenants`.
- Cortex, docs/api/_index.md, "Ruler": the same below `/api/v1/rules`, disabled unless `-experimental.ruler.enable-api` is set.
- Mimir, pkg/ruler/api.go: lists are maps from namespace to groups, as application/yaml; a namespace without groups is 404
  "no rule groups found", and deleting an absent group 404 "group does not exist"; YAML that is not a group is 400 "unable to
  decoded rule group"; errors are plain text; limits are checked when a group is set.
- Mimir, pkg/ruler/ruler.go and pkg/util/validation/limits.go: "per-user rules per rule group limit (limit: 20 actual: 46)
  exceeded", with 20 rules a group and 70 groups a tenant by default, 0 for no limit; Cortex has none by default.
- Without a tenant where there are several: 401 "no org id" (weaveworks/common, middleware of HTTP authentication).
- Grafana, pkg/services/ngalert/api/lotex_ruler.go and util.go: `/api/ruler/{uid}/api/v1/rules/...?subtype=mimir` becomes
  `<data source>/config/v1/rules/...`, and `subtype=cortex` `<data source>/rules/...`; YAML comes back as JSON, a JSON body goes on
  as YAML, an answer of 400 or more is `{"message": its text}` with its status, and a deletion `{"message": its body}`.
- Grafana, public/app/features/alerting/unified/api/buildInfo.ts: `/api/v1/status/buildinfo` of Mimir has the application
  "Grafana Mimir" and `features.ruler_config_api` "true"; Prometheus has no features, and Cortex no such page (404).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from glassbox.servers.background import served

MIMIR_PREFIX, CORTEX_PREFIX = "/prometheus/config/v1/rules", "/api/prom/rules"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Json = dict[str, Any]


@dataclass
class RulerStandIn:
    """What a ruler holds, by tenant, namespace and group; `refusals` answers the next writes, before they are carried out."""

    rules_limit: int = 20
    groups_limit: int = 70
    tenants: bool = False
    enabled: bool = True
    cortex: bool = False
    url: str = ""
    state: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refusals: list[Response | None] = field(default_factory=list)

    def of(self, tenant: str = "anonymous") -> dict[str, dict[str, Json]]:
        """The tenant's groups by namespace and name."""
        return self.state.setdefault(tenant, {})

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [request for request in self.requests if request[0] != "GET"]

    @property
    def source_url(self) -> str:
        """What a data source names."""
        return f"{self.url}/api/prom" if self.cortex else f"{self.url}/prometheus"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        self.requests.append((method, path))
        self.headers.append(headers)
        tenant = headers.get("x-scope-orgid", "" if self.tenants else "anonymous")
        prefix = CORTEX_PREFIX if self.cortex else MIMIR_PREFIX
        if path.endswith("/api/v1/status/buildinfo") and not self.cortex:
            return JSONResponse({"status": "success", "data": self._build()})
        if not self.enabled or not path.startswith(prefix):
            return PlainTextResponse("404 page not found\n", 404)
        if not tenant:
            return PlainTextResponse("no org id\n", 401)
        parts = [part for part in path.removeprefix(prefix).split("/") if part]
        if method != "GET" and self.refusals and (refusal := self.refusals.pop(0)):
            return refusal
        handler = {"GET": self._list, "POST": self._set, "DELETE": self._delete}[method]
        return handler(self.of(tenant), parts, body)

    def _build(self) -> Json:
        features = {"ruler_config_api": str(self.enabled).lower(), "alertmanager_config_api": "true"}
        return {"application": "Grafana Mimir", "version": "2.17.0", "features": features}

    def _list(self, held: dict[str, dict[str, Json]], parts: list[str], _body: bytes) -> Response:
        found = {name: list(groups.values()) for name, groups in held.items() if groups and parts[:1] in ([], [name])}
        if not found:
            return PlainTextResponse("no rule groups found\n", 404)
        return Response(yaml.safe_dump(found), media_type="application/yaml")

    def _set(self, held: dict[str, dict[str, Json]], parts: list[str], body: bytes) -> Response:
        group = yaml.safe_load(body)
        if not isinstance(group, dict) or "name" not in group:
            return PlainTextResponse("unable to decoded rule group\n", 400)
        for what, limit, actual in (
            ("per-user rules per rule group limit", self.rules_limit, len(group["rules"])),
            ("per-user rule groups limit", self.groups_limit, sum(map(len, held.values())) + 1),
        ):
            if limit and actual > limit:
                return PlainTextResponse(f"{what} (limit: {limit} actual: {actual}) exceeded\n", 400)
        held.setdefault(parts[0], {})[group["name"]] = group
        return JSONResponse({"status": "success", "data": None, "errorType": "", "error": ""}, 202)

    def _delete(self, held: dict[str, dict[str, Json]], parts: list[str], _body: bytes) -> Response:
        if held.get(parts[0], {}).pop(parts[1], None) is None:
            return PlainTextResponse("group does not exist\n", 404)
        return JSONResponse({"status": "success", "data": None, "errorType": "", "error": ""}, 202)


@contextmanager
def ruler_stand_in(**behaviour: Any) -> Iterator[RulerStandIn]:
    """The stand-in on a free port, until the body ends."""
    ruler = RulerStandIn(**behaviour)

    async def answer(request: Request) -> Response:
        return ruler.answer(request.method, request.url.path, dict(request.headers), await request.body())

    app = Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)])
    with served(app) as ruler.url:
        yield ruler


@contextmanager
def grafana_before(ruler: RulerStandIn, grafana_url: str, uid: str) -> Iterator[str]:
    """A Grafana whose data source `uid` is that ruler's server; everything else is answered by the Grafana at `grafana_url`."""
    rules, source = f"/api/ruler/{uid}/api/v1/rules", f"/api/datasources/proxy/uid/{uid}"

    async def answer(request: Request) -> Response:
        path, body = request.url.path, await request.body()
        if path == f"{source}/api/v1/status/buildinfo":
            return ruler.answer("GET", f"{ruler.source_url.removeprefix(ruler.url)}/api/v1/status/buildinfo", {}, b"")
        if path.startswith(rules):
            below = path.removeprefix(rules)
            kind = "/config/v1/rules" if request.query_params.get("subtype") == "mimir" else "/rules"
            sent = yaml.safe_dump(yaml.safe_load(body)).encode() if body else b""
            return _as_grafana(
                ruler.answer(request.method, f"{ruler.source_url.removeprefix(ruler.url)}{kind}{below}", {}, sent)
            )
        return await _from(grafana_url, request, body)

    app = Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)])
    with served(app) as url:
        yield url


def _as_grafana(answer: Response) -> Response:
    text = bytes(answer.body).decode()
    if answer.status_code >= 400:
        return JSONResponse({"message": text}, answer.status_code)
    if "yaml" in str(answer.media_type):
        return JSONResponse(yaml.safe_load(text), answer.status_code)
    return Response(text, answer.status_code, media_type="application/json")


async def _from(grafana_url: str, request: Request, body: bytes) -> Response:
    kept = {
        name: value
        for name, value in request.headers.items()
        if name not in ("host", "content-length", "accept-encoding")
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{grafana_url}{request.url.path}"
        answer = await client.request(
            request.method, url, params=dict(request.query_params.multi_items()), content=body, headers=kept
        )
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
