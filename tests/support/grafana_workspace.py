"""What a test may create on the server, under a prefix of its own, and how it is removed again."""

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from glassbox.standin.releases import Behaviour

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A server, with the headers or the user and password of an administrator."""

    url: str
    headers: dict[str, str]
    auth: tuple[str, str] | None


def live_target(url: str) -> Target:
    """The real server, with GRAFANA_TOKEN or GRAFANA_USER and GRAFANA_PASSWORD."""
    token = os.environ.get("GRAFANA_TOKEN")
    if token:
        return Target(url, {"Authorization": f"Bearer {token}"}, None)
    return Target(url, {}, (os.environ["GRAFANA_USER"], os.environ["GRAFANA_PASSWORD"]))


def role_client(stack: ExitStack, target: Target, admin: httpx.Client, role: str) -> httpx.Client:
    """A client with a token of a new service account of the role; the account is deleted with `stack`."""
    name = f"test-{role}-{secrets.token_hex(4)}"
    account = admin.post("/api/serviceaccounts", json={"name": name, "role": role}).json()["id"]
    stack.callback(admin.delete, f"/api/serviceaccounts/{account}")
    token = admin.post(f"/api/serviceaccounts/{account}/tokens", json={"name": name}).json()["key"]
    headers = {"Authorization": f"Bearer {token}"}
    return stack.enter_context(httpx.Client(base_url=target.url, headers=headers, timeout=30))


@dataclass
class Workspace:
    """An administrator's client, how this release behaves, and the objects of one test."""

    http: httpx.Client
    behaviour: Behaviour
    prefix: str
    paths_to_delete: list[str] = field(default_factory=list)

    def uid(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def clean_up(self) -> None:
        """Delete what was created, newest first; whatever cannot be deleted is a failure."""
        answers = [self.http.delete(path) for path in reversed(self.paths_to_delete)]
        assert [answer.text for answer in answers if not answer.is_success and answer.status_code != 404] == []

    def create_folder(self, name: str, **fields: Any) -> str:
        """Create a folder of this name; its uid."""
        uid = self.uid(name)
        self.paths_to_delete.append(f"/api/folders/{uid}?forceDeleteRules=true")
        body = {"uid": uid, "title": f"{self.prefix} {name}"} | fields
        self.http.post("/api/folders", json=body).raise_for_status()
        return uid

    def create_data_source(self, name: str) -> str:
        """Create a Prometheus data source with an address where nothing listens; its uid."""
        uid = self.uid(name)
        self.paths_to_delete.append(f"/api/datasources/uid/{uid}")
        self.http.post("/api/datasources", json=self.data_source(name)).raise_for_status()
        return uid

    def data_source(self, name: str) -> Json:
        return {
            "uid": self.uid(name),
            "name": self.uid(name),
            "type": "prometheus",
            "access": "proxy",
            "url": "http://127.0.0.1:1",
        }

    def dashboard(self, name: str, **fields: Any) -> Json:
        return {"uid": self.uid(name), "title": f"{self.prefix} {name}", "panels": []} | fields

    def save(self, dashboard: Json, **fields: Any) -> httpx.Response:
        """Send a dashboard, to be deleted at the end."""
        self.paths_to_delete.append(f"/api/dashboards/uid/{quote(str(dashboard.get('uid')), safe='')}")
        return self.http.post("/api/dashboards/db", json={"dashboard": dashboard} | fields)

    def saved(self, dashboard: Json, **fields: Any) -> Json:
        """Send a dashboard that must be accepted; the answer."""
        answer = self.save(dashboard, **fields)
        answer.raise_for_status()
        body: Json = answer.json()
        return body

    def rule(self, name: str, data_source_uid: str, **fields: Any) -> Json:
        """An alert rule as the API takes it: query, math, threshold; keys sorted, both defaults sent."""
        return {
            "uid": self.uid(name),
            "title": f"{self.prefix} {name}",
            "condition": "threshold",
            "data": [_query(data_source_uid), _math(), _threshold()],
            "noDataState": "OK",
            "execErrState": "OK",
            "for": "2m",
            "annotations": {"summary": "Much of it"},
            "labels": {"severity": "page"},
            "isPaused": False,
        } | fields

    def group_path(self, folder_uid: str, group: str) -> str:
        return f"/api/v1/provisioning/folder/{folder_uid}/rule-groups/{quote(group, safe='')}"

    def put_group(self, folder_uid: str, group: str, rules: list[Json] | None, **fields: Any) -> httpx.Response:
        """Write a rule group; `headers=` is passed on, other fields go into the group."""
        headers = fields.pop("headers", {})
        body = {"title": group, "folderUid": folder_uid, "interval": 60, "rules": rules} | fields
        return self.http.put(self.group_path(folder_uid, group), json=body, headers=headers)

    def group(self, folder_uid: str, group: str) -> Json:
        """The stored group, which must exist."""
        answer = self.http.get(self.group_path(folder_uid, group))
        answer.raise_for_status()
        body: Json = answer.json()
        return body


def _query(data_source_uid: str) -> Json:
    return {
        "refId": "query",
        "queryType": "",
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": data_source_uid,
        "model": {
            "datasource": {"type": "prometheus", "uid": data_source_uid},
            "expr": "up == 0",
            "instant": True,
            "intervalMs": 1000,
            "maxDataPoints": 43200,
            "range": False,
            "refId": "query",
        },
    }


def _math() -> Json:
    return _expression("math", {"expression": "is_number($query)"})


def _threshold() -> Json:
    conditions = [{"evaluator": {"params": [0], "type": "gt"}}]
    return _expression("threshold", {"conditions": conditions, "expression": "math"})


def _expression(kind: str, fields: Json) -> Json:
    model = fields | {
        "datasource": {"type": "__expr__", "uid": "__expr__"},
        "intervalMs": 1000,
        "maxDataPoints": 43200,
        "refId": kind,
        "type": kind,
    }
    return {
        "refId": kind,
        "queryType": kind,
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": dict(sorted(model.items())),
    }
