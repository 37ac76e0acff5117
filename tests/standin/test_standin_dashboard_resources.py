"""Dashboards below /apis: served since Grafana 12, with what manages them and the version that they are stored in."""

from pathlib import Path

import httpx
import pytest

from glassbox.standin.releases import SUPPORTED
from glassbox.standin.server import GrafanaStandIn
from tests.standin.conftest import TOKEN

GROUP = "/apis/dashboard.grafana.app"
TERRAFORM = {"grafana.app/managedBy": "terraform", "grafana.app/managerId": "ops"}
EDITABLE = TERRAFORM | {"grafana.app/managerAllowsEdits": "true"}
BOARD = {"dashboard": {"uid": "d", "title": "D"}, "overwrite": True}


def client_of(server: GrafanaStandIn) -> httpx.Client:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=10)


def resource(version: str, uid: str = "d", namespace: str = "default") -> str:
    return f"{GROUP}/{version}/namespaces/{namespace}/dashboards/{uid}"


@pytest.mark.parametrize(("version", "preferred"), list(zip(SUPPORTED, (None, None, "v1beta1", "v1"), strict=True)))
def test_the_group_names_its_versions_where_there_is_one(version: str, preferred: str | None) -> None:
    with GrafanaStandIn(version=version, tokens={TOKEN: "Admin"}) as server, client_of(server) as http:
        answer = http.get(GROUP)
        if preferred is None:
            assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})
            assert http.get(resource("v0alpha1")).status_code == 404
        else:
            assert answer.json()["preferredVersion"]["version"] == preferred
            assert {"version": "v0alpha1", "groupVersion": "dashboard.grafana.app/v0alpha1"} in answer.json()[
                "versions"
            ]


def test_a_dashboard_says_what_manages_it_and_in_which_version_it_is_stored(
    stand_in: GrafanaStandIn, client: httpx.Client
) -> None:
    client.post("/api/dashboards/db", json=BOARD)
    found = client.get(resource("v0alpha1")).json()
    assert (found["spec"], found["status"]) == ({"title": "D"}, {})
    stand_in.state.dashboards["d"].manager = TERRAFORM
    stand_in.state.dashboards["d"].stored_version = "v2beta1"
    found = client.get(resource("v0alpha1")).json()
    assert found["metadata"]["annotations"] == {"grafana.app/folder": ""} | TERRAFORM
    assert found["status"] == {"conversion": {"failed": False, "storedVersion": "v2beta1"}}


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        (resource("v9"), 404, "NotFound"),
        (resource("v0alpha1", "absent"), 404, "NotFound"),
        (resource("v0alpha1", namespace="org-1"), 403, "Forbidden"),
    ],
)
def test_what_is_not_there_is_a_status_of_kubernetes(client: httpx.Client, path: str, status: int, reason: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["kind"], answer.json()["reason"]) == (status, "Status", reason)


def test_the_page_is_told_the_namespace(client: httpx.Client) -> None:
    assert client.get("/api/frontend/settings").json() == {"namespace": "default"}


@pytest.mark.parametrize(("version", "status"), [("12.4.0", 200), ("13.2.0", 400)])
def test_what_allows_no_edits_is_not_written_since_13(version: str, status: int) -> None:
    with GrafanaStandIn(version=version, tokens={TOKEN: "Admin"}) as server, client_of(server) as http:
        http.post("/api/dashboards/db", json=BOARD)
        server.state.dashboards["d"].manager = TERRAFORM
        answer = http.post("/api/dashboards/db", json=BOARD)
        assert answer.status_code == status
        assert status == 200 or answer.json() == {"message": "Cannot save provisioned dashboard"}
        server.state.dashboards["d"].manager = TERRAFORM
        assert http.delete("/api/dashboards/uid/d").status_code == status


def test_a_save_takes_the_manager_and_the_schema_away(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    client.post("/api/dashboards/db", json=BOARD)
    stored = stand_in.state.dashboards["d"]
    stored.manager, stored.stored_version = EDITABLE, "v2beta1"
    assert client.post("/api/dashboards/db", json=BOARD).status_code == 200
    assert (stored.manager, stored.stored_version) == ({}, "v0alpha1")


def test_both_are_kept_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with GrafanaStandIn(tokens={TOKEN: "Admin"}, database=file) as server, client_of(server) as http:
        http.post("/api/dashboards/db", json=BOARD)
        stored = server.state.dashboards["d"]
        stored.manager, stored.stored_version = TERRAFORM, "v2beta1"
        http.post("/api/dashboards/db", json={"dashboard": {"uid": "e", "title": "E"}})
    with GrafanaStandIn(tokens={TOKEN: "Admin"}, database=file) as server:
        stored = server.state.dashboards["d"]
        assert (stored.manager, stored.stored_version) == (TERRAFORM, "v2beta1")
