"""Folders that something manages: Git Sync's refuse what is not of its repository, those of others refuse nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from glassbox.standin.releases import SUPPORTED
from glassbox.standin.server import GrafanaStandIn
from tests.standin.conftest import TOKEN

GROUP = "/api/v1/provisioning/folder/f/rule-groups/g"
QUERY = {"refId": "A", "datasourceUid": "p", "relativeTimeRange": {"from": 600, "to": 0}, "model": {"refId": "A"}}
RULE = {
    "uid": "r", "title": "R", "folderUID": "f", "ruleGroup": "g", "condition": "A", "data": [QUERY], "for": "0s",
    "noDataState": "OK", "execErrState": "OK", "orgID": 1,
}  # fmt: skip  # one rule
WRITES = {
    "rename": ("PUT", "/api/folders/f", {"title": "Other", "overwrite": True}),
    "move": ("POST", "/api/folders/f/move", {"parentUid": "top"}),
    "dashboard": ("POST", "/api/dashboards/db", {"dashboard": {"uid": "d", "title": "D"}, "folderUid": "f"}),
    "folder": ("POST", "/api/folders", {"uid": "inner", "title": "Inner", "parentUid": "f"}),
    "group": ("PUT", GROUP, {"title": "g", "folderUid": "f", "interval": 60, "rules": [RULE]}),
    "rule": ("POST", "/api/v1/provisioning/alert-rules", RULE | {"uid": "s", "title": "S"}),
    "delete": ("DELETE", "/api/folders/f?forceDeleteRules=true", None),
}


@contextmanager
def folder_of(version: str, manager: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        GrafanaStandIn(version=version, tokens={TOKEN: "Admin"}) as server,
        httpx.Client(base_url=server.url, headers=headers, timeout=10) as http,
    ):
        for uid in ("f", "top"):
            http.post("/api/folders", json={"uid": uid, "title": uid})
        server.state.folders["f"].managed_by = manager
        yield http


def answers(http: httpx.Client) -> dict[str, tuple[int, str]]:
    found = {}
    for name, (method, path, body) in WRITES.items():
        answer = http.request(method, path, json=body)
        found[name] = answer.status_code, answer.json().get("message", "") if answer.status_code >= 400 else ""
    return found


@pytest.mark.parametrize(("version", "told"), list(zip(SUPPORTED, (None, None, "terraform", "terraform"), strict=True)))
def test_a_folder_names_what_manages_it_and_takes_every_write_where_that_is_not_git_sync(
    version: str, told: str | None
) -> None:
    with folder_of(version, "terraform") as http:
        assert http.get("/api/folders/f").json().get("managedBy") == told
        assert {status for status, _ in answers(http).values()} <= {200, 201}


@pytest.mark.parametrize(("version", "refused"), list(zip(SUPPORTED, (
    set(), set(), WRITES.keys() - {"folder"}, WRITES.keys(),
), strict=True)))  # fmt: skip  # one row a version
def test_a_folder_of_git_sync_refuses_what_is_not_of_its_repository(version: str, refused: set[str]) -> None:
    with folder_of(version, "repo") as http:
        found = answers(http)
        assert {name for name, (status, _) in found.items() if status >= 400} == set(refused)
        if refused:
            assert found["rename"] == found["delete"] == (403, "this resource is managed by a repository")
            assert found["dashboard"] == (403, "folder is managed by repo, but the resource is not managed")
            assert found["group"] == found["rule"]
            assert found["group"] == (400, "invalid alert rule: cannot store rules in folder managed by Git Sync")
            assert http.get("/api/folders/f").json()["title"] == "f"
