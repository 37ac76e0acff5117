"""Single alert rules."""

from typing import Any

import pytest

from tests.support.grafana_workspace import Workspace

Json = dict[str, Any]
RULES = "/api/v1/provisioning/alert-rules"
WITHOUT_PROVENANCE = {"X-Disable-Provenance": "true"}


@pytest.fixture
def placed(rule: Json, folder: str) -> Json:
    """A rule with its folder and group."""
    return rule | {"folderUID": folder, "ruleGroup": "group"}


@pytest.fixture
def path(grafana: Workspace, placed: Json) -> str:
    """The path of a stored rule."""
    grafana.http.post(RULES, json=placed).raise_for_status()
    return f"{RULES}/{placed['uid']}"


def test_create_answers_201_and_the_group_interval_is_60_s(grafana: Workspace, placed: Json) -> None:
    answer = grafana.http.post(RULES, json=placed)
    assert (answer.status_code, answer.json()["uid"]) == (201, placed["uid"])
    assert grafana.group(placed["folderUID"], "group")["interval"] == 60


def test_a_missing_folder_is_refused(grafana: Workspace, placed: Json) -> None:
    absent = grafana.http.post(RULES, json=placed | {"folderUID": grafana.uid("absent")})
    unset = grafana.http.post(RULES, json=placed | {"folderUID": ""})
    assert (absent.status_code, unset.status_code) == (400, 400)
    assert "folder does not exist" in absent.json()["message"]
    assert "folderUID must be set" in unset.json()["message"]


def test_a_taken_uid_is_refused(grafana: Workspace, placed: Json, path: str) -> None:
    twin = grafana.http.post(RULES, json=placed | {"title": f"{grafana.prefix} twin"})
    assert twin.status_code == grafana.behaviour.rule_conflict_status


def test_read_and_list_hold_the_rule(grafana: Workspace, placed: Json, path: str) -> None:
    assert grafana.http.get(path).json()["title"] == placed["title"]
    assert placed["uid"] in [item["uid"] for item in grafana.http.get(RULES).json()]


def test_an_absent_rule_is_404_with_the_body_null(grafana: Workspace, placed: Json) -> None:
    absent = f"{RULES}/{grafana.uid('absent')}"
    for answer in (grafana.http.get(absent), grafana.http.put(absent, json=placed)):
        assert (answer.status_code, answer.content) == (404, b"null")


def test_update_zeroes_what_is_left_out(grafana: Workspace, placed: Json, path: str) -> None:
    without = {key: value for key, value in placed.items() if key != "for"}
    assert grafana.http.put(path, json=without).status_code == 200
    assert grafana.http.get(path).json()["for"] == "0s"


def test_delete_answers_204_also_for_an_absent_rule(grafana: Workspace, path: str) -> None:
    for _ in range(2):
        answer = grafana.http.delete(path)
        assert (answer.status_code, answer.content) == (204, b"")


def test_update_with_another_provenance_is_refused(grafana: Workspace, placed: Json, path: str) -> None:
    answer = grafana.http.put(path, json=placed, headers=WITHOUT_PROVENANCE)
    assert answer.status_code == grafana.behaviour.rule_put_provenance_mismatch_status
    assert grafana.http.get(path).json()["provenance"] == "api"


def test_delete_with_another_provenance_is_refused(grafana: Workspace, path: str) -> None:
    answer = grafana.http.delete(path, headers=WITHOUT_PROVENANCE)
    assert answer.status_code == grafana.behaviour.provenance_mismatch_status
    if answer.status_code == 409:
        assert answer.json()["messageId"] == "alerting.provenanceMismatch"
        assert "cannot delete with provided provenance '', needs '" in answer.json()["message"]
    assert grafana.http.get(path).status_code == 200
