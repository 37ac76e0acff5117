"""Data sources and annotations."""

import pytest

from tests.support.grafana_workspace import Workspace


@pytest.fixture
def source(grafana: Workspace) -> str:
    """The uid of a Prometheus data source at an address where nothing listens."""
    return grafana.create_data_source("source")


def test_a_data_source_is_listed_and_read_back(grafana: Workspace, source: str) -> None:
    listed = {item["uid"]: item for item in grafana.http.get("/api/datasources").json()}
    single = grafana.http.get(f"/api/datasources/uid/{source}").json()
    for body in (listed[source], single):
        assert (body["name"], body["type"], body["isDefault"]) == (source, "prometheus", False)


def test_secrets_never_come_back(grafana: Workspace, source: str) -> None:
    body = grafana.data_source("source") | {"secureJsonData": {"httpHeaderValue1": "geheim"}}
    grafana.http.put(f"/api/datasources/uid/{source}", json=body).raise_for_status()
    answer = grafana.http.get(f"/api/datasources/uid/{source}")
    assert answer.json()["secureJsonFields"] == {"httpHeaderValue1": True}
    assert "geheim" not in answer.text


def test_a_taken_name_or_uid_is_409(grafana: Workspace, source: str) -> None:
    same_uid = grafana.data_source("source") | {"name": f"{source} other"}
    same_name = grafana.data_source("other") | {"name": source}
    assert grafana.http.post("/api/datasources", json=same_uid).status_code == 409
    assert grafana.http.post("/api/datasources", json=same_name).status_code == 409


def test_update_changes_the_address(grafana: Workspace, source: str) -> None:
    body = grafana.data_source("source") | {"url": "http://127.0.0.1:2"}
    answer = grafana.http.put(f"/api/datasources/uid/{source}", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Datasource updated")
    assert grafana.http.get(f"/api/datasources/uid/{source}").json()["url"] == "http://127.0.0.1:2"


def test_an_absent_data_source_is_404_and_so_is_its_deletion(grafana: Workspace) -> None:
    path = f"/api/datasources/uid/{grafana.uid('absent')}"
    read, deleted = grafana.http.get(path), grafana.http.delete(path)
    assert (read.status_code, read.json()["message"]) == (404, "Data source not found")
    assert deleted.status_code == 404


def test_delete_removes_it(grafana: Workspace, source: str) -> None:
    answer = grafana.http.delete(f"/api/datasources/uid/{source}")
    assert (answer.status_code, answer.json()["message"]) == (200, "Data source deleted")
    assert grafana.http.get(f"/api/datasources/uid/{source}").status_code == 404


def test_the_health_of_an_unreachable_prometheus_is_400(grafana: Workspace, source: str) -> None:
    answer = grafana.http.get(f"/api/datasources/uid/{source}/health")
    assert (answer.status_code, answer.json()["status"]) == (400, "ERROR")
    assert answer.json()["message"]


def test_an_annotation_needs_a_text(grafana: Workspace) -> None:
    good = grafana.http.post("/api/annotations", json={"text": "deployed", "tags": [grafana.prefix], "time": 1})
    assert (good.status_code, good.json()["message"]) == (200, "Annotation added")
    assert isinstance(good.json()["id"], int)
    assert grafana.http.post("/api/annotations", json={"tags": [grafana.prefix]}).status_code == 400
