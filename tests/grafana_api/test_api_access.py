"""Health, organisation, credentials and permissions."""

import re
from collections.abc import Callable

import httpx
import pytest

from glassbox.standin.releases import parse_release
from tests.support.grafana_workspace import Workspace

RoleClients = Callable[[str], httpx.Client]


def test_health_needs_no_credential_and_names_the_release(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/health")
    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"
    assert parse_release(answer.json()["version"]) >= (10, 4, 0)


def test_healthz_answers_ok_in_plain_text(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "Ok")


def test_org_proves_the_credential(grafana: Workspace) -> None:
    answer = grafana.http.get("/api/org")
    assert answer.status_code == 200
    assert isinstance(answer.json()["id"], int)
    assert isinstance(answer.json()["name"], str)


@pytest.mark.parametrize("path", ["/api/org", "/api/folders", "/api/v1/provisioning/alert-rules"])
def test_no_credential_is_401(anonymous: httpx.Client, path: str) -> None:
    answer = anonymous.get(path)
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_unknown_token_is_401_with_its_message_id(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/org", headers={"Authorization": "Bearer glsa_unknown"})
    body = answer.json()
    assert answer.status_code == 401
    assert (body["statusCode"], body["messageId"], body["message"]) == (401, "api-key.invalid", "Invalid API key")


def test_wrong_password_is_401_with_its_message_id(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/org", auth=("nobody-of-this-name", "wrong"))
    body = answer.json()
    assert answer.status_code == 401
    assert (body["messageId"], body["message"]) == ("password-auth.failed", "Invalid username or password")


def test_token_with_another_organisation_is_401(as_role: RoleClients) -> None:
    answer = as_role("Viewer").get("/api/org", headers={"X-Grafana-Org-Id": "999"})
    assert answer.status_code == 401
    assert answer.json()["messageId"] == "api-key.organization-mismatch"


@pytest.mark.parametrize(
    ("role", "method", "path", "permission"),
    [
        ("Viewer", "POST", "/api/folders", "folders:create"),
        ("Viewer", "POST", "/api/dashboards/db", "dashboards:create"),
        ("Viewer", "DELETE", "/api/dashboards/uid/absent", "dashboards:delete"),
        ("Viewer", "DELETE", "/api/folders/absent", "folders:delete"),
        ("Editor", "POST", "/api/datasources", "datasources:create"),
    ],
)
def test_missing_permission_is_403_and_named(
    as_role: RoleClients, role: str, method: str, path: str, permission: str
) -> None:
    answer = as_role(role).request(method, path, json={"title": "x", "dashboard": {"title": "x"}})
    body = answer.json()
    assert answer.status_code == 403
    assert body["title"] == "Access denied"
    assert re.fullmatch(r"ACE\d{10}", body["accessErrorId"])
    assert permission in body["message"]


def test_viewer_reads_data_sources_and_organisation(as_role: RoleClients) -> None:
    viewer = as_role("Viewer")
    assert viewer.get("/api/org").status_code == 200
    assert viewer.get("/api/datasources").status_code == 200


def test_editor_may_write_rules_where_the_release_lets_him(
    grafana: Workspace, as_role: RoleClients, folder: str, rule: dict[str, object]
) -> None:
    group = {"title": "g", "folderUid": folder, "interval": 60, "rules": [rule]}
    answer = as_role("Editor").put(grafana.group_path(folder, "g"), json=group)
    assert answer.status_code == (200 if grafana.behaviour.rules_open_to_others else 403)


def test_a_viewer_reads_rules_where_the_release_lets_him(grafana: Workspace, as_role: RoleClients) -> None:
    allowed = 200 if grafana.behaviour.rules_open_to_others else 403
    for name in ("alert-rules", "contact-points", "policies"):
        assert as_role("Viewer").get(f"/api/v1/provisioning/{name}").status_code == allowed, name


def test_absent_objects_are_hidden_from_all_but_administrators(grafana: Workspace, as_role: RoleClients) -> None:
    viewer, absent = as_role("Viewer"), grafana.uid("absent")
    hidden = grafana.behaviour.absent_dashboard_is_forbidden
    assert viewer.get(f"/api/dashboards/uid/{absent}").status_code == (403 if hidden else 404)
    assert viewer.get(f"/api/folders/{absent}").status_code == 403
    assert grafana.http.get(f"/api/dashboards/uid/{absent}").status_code == 404
    assert grafana.http.get(f"/api/folders/{absent}").status_code == 404


def test_unknown_path_below_api_is_404(grafana: Workspace) -> None:
    assert grafana.http.get("/api/no-such-thing").status_code == 404
