"""What manages a dashboard and how it is stored, where Grafana says so, and what counts as not known."""

import pytest

from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.failures import GrafanaError
from glassbox.grafana.passage import Passage
from tests.support.small_bundle import board, grafana_of

GROUP = "/apis/dashboard.grafana.app"
BOARDS = f"{GROUP}/v0alpha1/namespaces/default/dashboards"
UID = "glassbox-a"
KUBECTL = {
    "grafana.app/managedBy": "kubectl",
    "grafana.app/managerId": "ops",
    "grafana.app/managerAllowsEdits": "false",
}
CLASSIC = {"storedVersion": "v0alpha1"}
NO_RIGHT = {"kind": "Status", "status": "Failure", "message": "no", "reason": "Forbidden", "code": 403}


@pytest.fixture
def pair():
    with grafana_of("13.2.0") as (server, grafana):
        grafana.save_dashboard(board("a"), folder_uid="", message="", overwrite=False)
        yield server, grafana


def asked(server):
    return [request.path for request in server.requests if "apis" in request.path or "settings" in request.path]


def test_a_dashboard_of_ours_is_stored_as_the_classic_api_stores_it(pair):
    assert pair[1].dashboard_metadata.of(UID) == CLASSIC


def test_a_manager_and_another_schema_are_told(pair):
    stored = pair[0].state.dashboards[UID]
    stored.manager, stored.stored_version = KUBECTL, "v2beta1"
    manager = {"managedBy": "kubectl", "managerId": "ops", "managerAllowsEdits": "false"}
    assert pair[1].dashboard_metadata.of(UID) == manager | {"storedVersion": "v2beta1"}


def test_what_grafana_serves_is_asked_once(pair):
    server, grafana = pair
    for _ in range(2):
        grafana.dashboard_metadata.of(UID)
    assert asked(server) == [GROUP, "/api/frontend/settings", f"{BOARDS}/{UID}", f"{BOARDS}/{UID}"]


def test_without_the_classic_version_the_preferred_one_is_read(pair):
    server, grafana = pair
    server.faults.answer(GROUP, status=200, body={"versions": [{"version": "v2"}, {"version": "v1"}]})
    assert grafana.dashboard_metadata.of(UID) == CLASSIC
    assert asked(server)[-1] == f"{GROUP}/v2/namespaces/default/dashboards/{UID}"


@pytest.mark.parametrize(
    ("settings", "organisation", "namespace"),
    [({"namespace": "stacks-7"}, 1, "stacks-7"), ({}, 1, "default"), ({}, 3, "org-3"), (None, 3, "org-3")],
)
def test_the_namespace_is_what_grafana_says_or_that_of_the_organisation(pair, settings, organisation, namespace):
    server, _ = pair
    status = 403 if settings is None else 200
    server.faults.answer("/api/frontend/settings", status=status, body=settings or {})
    server.faults.answer("/api/org", status=200, body={"id": organisation, "name": "Ops"})
    with Grafana(server.url, Token("admin"), passage=Passage()) as grafana:
        grafana.dashboard_metadata.of(UID)
    assert asked(server)[-1] == f"{GROUP}/v0alpha1/namespaces/{namespace}/dashboards/{UID}"


@pytest.mark.parametrize("version", ["10.4.0", "11.6.0"])
def test_grafana_10_and_11_say_nothing_and_are_asked_once(version):
    with grafana_of(version) as (server, grafana):
        assert [grafana.dashboard_metadata.of(UID) for _ in range(2)] == [None, None]
        assert asked(server) == [GROUP]


@pytest.mark.parametrize("path", [GROUP, BOARDS])
@pytest.mark.parametrize(
    ("status", "body"), [(403, NO_RIGHT), (404, NO_RIGHT), (404, "<html>no such page</html>"), (200, "<html>log in</html>"), (302, None)]
)  # fmt: skip  # a row is an answer
def test_without_the_right_or_where_a_proxy_answers_it_is_not_known(pair, path, status, body):
    pair[0].faults.answer(path, status=status, body=body)
    assert pair[1].dashboard_metadata.of(UID) is None


@pytest.mark.parametrize("path", [GROUP, BOARDS])
@pytest.mark.parametrize("status", [401, 500])
def test_a_server_that_fails_is_an_error(pair, path, status):
    pair[0].faults.answer(path, status=status, body={"message": "database is locked"})
    with pytest.raises(GrafanaError, match=f"GET {GROUP}.* answered {status}"):
        pair[1].dashboard_metadata.of(UID)


def test_what_only_reads_may_ask(pair):
    with Grafana(pair[0].url, Token("viewer"), read_only=True) as grafana:
        assert grafana.dashboard_metadata.of(UID) == CLASSIC


def test_it_is_below_the_sub_path_that_grafana_is_served_from():
    with grafana_of("13.2.0", base_path="/grafana") as (server, grafana):
        grafana.save_dashboard(board("a"), folder_uid="", message="", overwrite=False)
        assert server.url.endswith("/grafana")
        assert grafana.dashboard_metadata.of(UID) == CLASSIC
