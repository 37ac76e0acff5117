"""Which rule writes change something, and which are refused for their provenance."""

from typing import Any

import httpx
import pytest

from glassbox.standin.server import GrafanaStandIn

Json = dict[str, Any]
GROUP = "/api/v1/provisioning/folder/f/rule-groups/g"
MODEL = {"expr": "up", "intervalMs": 1000, "maxDataPoints": 43200, "refId": "A"}


def rule(uid: str, model: Json = MODEL) -> Json:
    query = {"refId": "A", "datasourceUid": "p", "relativeTimeRange": {"from": 600, "to": 0}, "model": model}
    states = {"noDataState": "OK", "execErrState": "OK"}
    return {"uid": uid, "title": uid, "condition": "A", "for": "60s", "data": [query]} | states


def put(client: httpx.Client, rules: list[Json] | None, *, interval: int = 60, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(GROUP, json={"title": "g", "interval": interval, "rules": rules}, headers=sent)


def versions(stand_in: GrafanaStandIn) -> dict[str, int]:
    return {rule.uid: rule.version for rule in stand_in.state.group("f", "g")}


def test_the_same_group_again_changes_nothing(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    for _ in range(3):
        assert put(client, [rule("a"), rule("b")]).status_code == 200
    assert versions(stand_in) == {"a": 1, "b": 1}


def test_a_duration_written_otherwise_changes_nothing(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("a")])
    put(client, [rule("a") | {"for": "1m"}])
    assert versions(stand_in) == {"a": 1}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(dict(reversed(MODEL.items())), id="keys in another order"),
        pytest.param({"expr": "up", "refId": "A"}, id="defaults left out"),
    ],
)
def test_a_model_that_is_not_as_stored_counts_as_a_change_every_time(
    stand_in: GrafanaStandIn, client: httpx.Client, model: Json
) -> None:
    for _ in range(3):
        put(client, [rule("a", model)])
    assert versions(stand_in) == {"a": 3}


def test_a_changed_rule_leaves_its_neighbours_alone(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("a"), rule("b")])
    put(client, [rule("a"), rule("b") | {"labels": {"severity": "page"}}])
    assert versions(stand_in) == {"a": 1, "b": 2}


def test_another_interval_or_another_order_changes_every_rule_it_touches(
    stand_in: GrafanaStandIn, client: httpx.Client
) -> None:
    put(client, [rule("a"), rule("b"), rule("c")])
    put(client, [rule("b"), rule("a"), rule("c")])
    assert versions(stand_in) == {"b": 2, "a": 2, "c": 1}
    put(client, None, interval=120)
    assert versions(stand_in) == {"b": 3, "a": 3, "c": 2}


def test_rules_without_a_uid_are_replaced_by_new_ones(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("") | {"title": "t"}])
    (first,) = versions(stand_in)
    put(client, [rule("") | {"title": "t"}])
    (second,) = versions(stand_in)
    assert first != second


def test_the_group_that_a_rule_leaves_is_numbered_again(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("moves"), rule("stays")])
    client.put(f"{GROUP}-new", json={"title": "g-new", "interval": 60, "rules": [rule("moves")]})
    assert [(left.uid, left.index) for left in stand_in.state.group("f", "g")] == [("stays", 0)]
    assert versions(stand_in) == {"stays": 1}


def test_a_refused_group_leaves_everything_as_it_was(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("a")])
    assert put(client, [rule("a") | {"for": "5m"}, rule("b") | {"title": ""}]).status_code == 400
    assert versions(stand_in) == {"a": 1}
    assert stand_in.state.rules["a"].body["for"] == "1m"


def test_one_uid_twice_is_refused(client: httpx.Client) -> None:
    twice = put(client, [rule("a"), rule("a") | {"title": "other"}])
    assert twice.status_code == 400
    assert "already assigned to another rule" in twice.json()["message"]


def test_a_group_write_does_not_check_its_folder(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    assert put(client, [rule("a")]).status_code == 200
    assert stand_in.state.folders == {}


@pytest.mark.parametrize(("version", "status"), [("11.6.0", 500), ("12.4.0", 409)])
def test_rules_of_a_file_cannot_be_taken_over(version: str, status: int) -> None:
    with (
        GrafanaStandIn(version=version, tokens={"t": "Admin"}) as stand_in,
        httpx.Client(base_url=stand_in.url, headers={"Authorization": "Bearer t"}) as client,
    ):
        put(client, [rule("a")])
        stand_in.state.rules["a"].provenance = "file"
        answers = [put(client, [rule("a") | {"for": "5m"}]), put(client, []), client.delete(GROUP)]
        assert [answer.status_code for answer in answers] == [status] * 3
        assert stand_in.state.rules["a"].body["for"] == "1m"
        if status == 409:
            detail = "cannot update with provided provenance 'api', needs 'file'"
            assert answers[0].json()["message"] == detail
        else:
            assert answers[0].json() == {"message": "Internal Server Error"}


def test_an_imported_rule_can_only_lose_its_provenance(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    put(client, [rule("a")])
    stand_in.state.rules["a"].provenance = "converted_prometheus"
    assert put(client, [rule("a")]).status_code == 409
    assert put(client, [rule("a")], X_Disable_Provenance="true").status_code == 200
    assert stand_in.state.rules["a"].provenance == ""


def test_a_recording_rule_loses_what_only_alerts_have(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    record = {"metric": "job:up:sum", "from": "A"}
    assert put(client, [rule("a") | {"record": record}]).status_code == 200
    body = stand_in.state.rules["a"].body
    assert (body["record"], body["condition"], body["noDataState"], body["for"]) == (record, "", "", "0s")
