"""Wrong answers on purpose, and the log of requests."""

import time

import httpx
import pytest

from glassbox.standin.server import GrafanaStandIn


def test_every_request_is_logged_as_it_was_sent(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    client.get("/api/org?x=1")
    client.post("/api/folders", json={"uid": "f", "title": "F"})
    client.delete("/api/v1/provisioning/folder/f/rule-groups/a%2Fb%3F")
    deletion = ("DELETE", "/api/v1/provisioning/folder/f/rule-groups/a%2Fb%3F")
    assert stand_in.requests == [("GET", "/api/org"), ("POST", "/api/folders"), deletion]
    assert stand_in.writes == [("POST", "/api/folders"), deletion]


def test_a_fault_answers_its_number_of_requests_and_stores_nothing(
    stand_in: GrafanaStandIn, client: httpx.Client
) -> None:
    stand_in.faults.answer(
        "/api/folders", status=429, body={"message": "slow down"}, headers={"Retry-After": "7"}, times=2, method="POST"
    )
    folder = {"uid": "f", "title": "F"}
    answers = [client.post("/api/folders", json=folder) for _ in range(2)]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(429, "7"), (429, "7")]
    assert answers[0].json() == {"message": "slow down"}
    assert stand_in.state.folders == {}
    assert client.post("/api/folders", json=folder).status_code == 200


def test_a_fault_leaves_other_paths_and_methods_alone(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    stand_in.faults.answer("/api/folders", status=503, method="POST")
    assert client.get("/api/folders").status_code == 200
    assert client.get("/api/org").status_code == 200
    assert client.post("/api/folders", json={}).status_code == 503


def test_the_login_page_is_html_with_status_200(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    stand_in.faults.login_page("/api/org")
    answer = client.get("/api/org")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_redirect_names_its_location(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    stand_in.faults.redirect("/api/dashboards/db", "https://grafana.example/login", method="POST")
    answer = client.post("/api/dashboards/db", json={})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://grafana.example/login")


def test_a_delay_answers_as_usual_but_later(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    stand_in.faults.delay("/api/org", 0.3)
    started = time.monotonic()
    assert client.get("/api/org").json()["name"] == "Main Org."
    assert time.monotonic() - started >= 0.3


def test_a_long_delay_runs_into_the_clients_timeout(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    stand_in.faults.delay("/api/org", 30)
    with pytest.raises(httpx.ReadTimeout):
        client.get("/api/org", timeout=0.2)
