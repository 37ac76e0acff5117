"""Contact points, and the policies that route to them."""

from typing import Any

import pytest

from tests.support.grafana_workspace import Workspace

Json = dict[str, Any]
POINTS = "/api/v1/provisioning/contact-points"
POLICIES = "/api/v1/provisioning/policies"


def webhook(grafana: Workspace, name: str, **settings: str) -> Json:
    target = {"url": "http://127.0.0.1:1/hook"}
    return {"uid": grafana.uid(name), "name": grafana.uid("point"), "type": "webhook", "settings": target | settings}


@pytest.fixture
def point(grafana: Workspace) -> Json:
    """A stored contact point with one webhook that has a secret."""
    body = webhook(grafana, "hook", password="geheim")
    grafana.paths_to_delete.append(f"{POINTS}/{body['uid']}")
    answer = grafana.http.post(POINTS, json=body)
    assert (answer.status_code, answer.json()["uid"]) == (202, body["uid"])
    return body


def listed(grafana: Workspace) -> list[Json]:
    answer = grafana.http.get(POINTS, params={"name": grafana.uid("point")})
    assert answer.status_code == 200
    found: list[Json] = answer.json()
    return found


def test_a_contact_point_is_listed_with_its_secret_redacted(grafana: Workspace, point: Json) -> None:
    (found,) = listed(grafana)
    assert (found["uid"], found["type"], found["provenance"]) == (point["uid"], "webhook", "api")
    assert found["settings"]["url"] == point["settings"]["url"]
    assert found["settings"]["password"] == "[REDACTED]"


def test_posting_the_same_name_adds_an_integration(grafana: Workspace, point: Json) -> None:
    second = webhook(grafana, "second")
    grafana.paths_to_delete.append(f"{POINTS}/{second['uid']}")
    assert grafana.http.post(POINTS, json=second).status_code == 202
    assert sorted(item["uid"] for item in listed(grafana)) == sorted([point["uid"], second["uid"]])


def test_update_answers_202_and_changes_the_settings(grafana: Workspace, point: Json) -> None:
    changed = webhook(grafana, "hook", url="http://127.0.0.1:2/hook", password="[REDACTED]")
    answer = grafana.http.put(f"{POINTS}/{point['uid']}", json=changed)
    assert (answer.status_code, answer.json()) == (202, {"message": "contactpoint updated"})
    assert listed(grafana)[0]["settings"] == {"url": "http://127.0.0.1:2/hook", "password": "[REDACTED]"}


def test_update_of_an_absent_one_is_404(grafana: Workspace) -> None:
    body = webhook(grafana, "absent")
    assert grafana.http.put(f"{POINTS}/{body['uid']}", json=body).status_code == 404


@pytest.mark.parametrize("field", ["name", "type", "settings"])
def test_an_incomplete_one_is_400(grafana: Workspace, field: str) -> None:
    body = webhook(grafana, "hook")
    del body[field]
    assert grafana.http.post(POINTS, json=body).status_code == 400


def test_delete_answers_202(grafana: Workspace, point: Json) -> None:
    answer = grafana.http.delete(f"{POINTS}/{point['uid']}")
    assert (answer.status_code, answer.json()) == (202, {"message": "contactpoint deleted"})
    assert listed(grafana) == []


def test_a_rule_may_name_it_and_then_it_cannot_be_deleted(
    grafana: Workspace, point: Json, folder: str, rule: Json
) -> None:
    settings = {"receiver": point["name"], "group_interval": "60s"}
    grafana.put_group(folder, "group", [rule | {"notification_settings": settings}]).raise_for_status()
    stored = grafana.group(folder, "group")["rules"][0]["notification_settings"]
    assert (stored["receiver"], stored["group_interval"]) == (point["name"], "1m")
    answer = grafana.http.delete(f"{POINTS}/{point['uid']}")
    assert answer.status_code == grafana.behaviour.contact_point_in_use_status
    grafana.http.delete(grafana.group_path(folder, "group")).raise_for_status()


def test_a_rule_that_names_an_absent_one_is_refused(grafana: Workspace, folder: str, rule: Json) -> None:
    settings = {"receiver": grafana.uid("absent")}
    answer = grafana.put_group(folder, "group", [rule | {"notification_settings": settings}])
    assert answer.status_code == 400


def test_policies_are_a_tree_and_an_unknown_receiver_is_refused(grafana: Workspace) -> None:
    tree = grafana.http.get(POLICIES).json()
    assert isinstance(tree["receiver"], str)
    answer = grafana.http.put(POLICIES, json=tree | {"routes": [{"receiver": grafana.uid("absent")}]})
    assert answer.status_code == 400
    assert grafana.http.get(POLICIES).json() == tree
