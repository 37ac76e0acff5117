"""Dashboards below /apis: what a plan asks there, of a dashboard that the classic API saved."""

import pytest

from tests.support.grafana_workspace import Workspace

GROUP = "/apis/dashboard.grafana.app"


@pytest.fixture
def uid(grafana: Workspace, folder: str) -> str:
    """The uid of a dashboard in a folder."""
    return str(grafana.saved(grafana.dashboard("board", tags=["t"]), folderUid=folder)["uid"])


def test_the_group_is_served_with_the_version_of_the_classic_api_or_not_at_all(grafana: Workspace) -> None:
    answer = grafana.http.get(GROUP)
    if not grafana.behaviour.dashboard_api_versions:
        assert answer.status_code == 404
        return
    assert {each["version"] for each in answer.json()["versions"]} >= {"v0alpha1"}


def test_what_the_classic_api_saved_has_no_manager_and_was_not_converted(
    grafana: Workspace, uid: str, folder: str
) -> None:
    if not grafana.behaviour.dashboard_api_versions:
        pytest.skip("this release does not serve dashboards there")
    namespace = grafana.http.get("/api/frontend/settings").json()["namespace"]
    found = grafana.http.get(f"{GROUP}/v0alpha1/namespaces/{namespace}/dashboards/{uid}").json()
    annotations = found["metadata"]["annotations"]
    assert annotations["grafana.app/folder"] == folder
    assert not [name for name in annotations if name.startswith("grafana.app/manage")]
    assert found["spec"]["title"] == grafana.dashboard("board", tags=["t"])["title"]
    conversion = (found.get("status") or {}).get("conversion") or {}
    assert conversion.get("storedVersion", "v0alpha1") == "v0alpha1"


def test_an_absent_dashboard_is_a_status_of_kubernetes(grafana: Workspace) -> None:
    if not grafana.behaviour.dashboard_api_versions:
        pytest.skip("this release does not serve dashboards there")
    namespace = grafana.http.get("/api/frontend/settings").json()["namespace"]
    answer = grafana.http.get(f"{GROUP}/v0alpha1/namespaces/{namespace}/dashboards/{grafana.uid('absent')}")
    assert (answer.status_code, answer.json()["kind"], answer.json()["reason"]) == (404, "Status", "NotFound")
