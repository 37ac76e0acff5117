"""Saving, reading and deleting dashboards."""

import httpx
import pytest

from tests.support.grafana_workspace import Workspace


def test_save_answers_slug_folder_and_version_1(grafana: Workspace, folder: str) -> None:
    answer = grafana.saved(grafana.dashboard("board", title=f"{grafana.prefix} Board: one"), folderUid=folder)
    assert answer["status"] == "success"
    assert answer["version"] == 1
    assert answer["folderUid"] == folder
    assert answer["slug"] == f"{grafana.prefix}-board-one"
    assert answer["url"].endswith(f"/d/{answer['uid']}/{answer['slug']}")
    assert isinstance(answer["id"], int)


@pytest.fixture
def uid(grafana: Workspace, folder: str) -> str:
    """The uid of a dashboard with one version, in a folder."""
    return str(grafana.saved(grafana.dashboard("board", tags=["t"]), folderUid=folder)["uid"])


def read(grafana: Workspace, uid: str) -> dict[str, dict[str, object]]:
    answer = grafana.http.get(f"/api/dashboards/uid/{uid}")
    assert answer.status_code == 200
    body: dict[str, dict[str, object]] = answer.json()
    return body


def test_read_gives_back_what_was_sent_with_id_and_version(grafana: Workspace, uid: str, folder: str) -> None:
    body = read(grafana, uid)
    sent = grafana.dashboard("board", tags=["t"])
    assert {key: body["dashboard"][key] for key in sent} == sent
    assert body["dashboard"]["version"] == body["meta"]["version"] == 1
    assert isinstance(body["dashboard"]["id"], int)
    assert body["meta"]["folderUid"] == folder
    assert body["meta"]["provisioned"] is False
    assert ("apiVersion" in body["meta"]) is grafana.behaviour.dashboard_meta_has_api_version


def test_dashboard_ids_exceed_32_bits_in_unified_storage(grafana: Workspace, uid: str) -> None:
    number = read(grafana, uid)["dashboard"]["id"]
    assert isinstance(number, int)
    assert (number > 2**32) is grafana.behaviour.large_ids


def test_absent_dashboard_is_404(grafana: Workspace) -> None:
    answer = grafana.http.get(f"/api/dashboards/uid/{grafana.uid('absent')}")
    assert (answer.status_code, answer.json()["message"]) == (404, "Dashboard not found")


def test_unchanged_save_raises_the_version_only_on_older_releases(grafana: Workspace, uid: str, folder: str) -> None:
    again = grafana.saved(grafana.dashboard("board", tags=["t"]), folderUid=folder, overwrite=True)
    assert again["version"] == (1 if grafana.behaviour.unchanged_dashboard_keeps_version else 2)


def test_changed_save_raises_the_version(grafana: Workspace, uid: str, folder: str) -> None:
    changed = grafana.saved(grafana.dashboard("board", tags=["other"]), folderUid=folder, overwrite=True)
    assert (changed["uid"], changed["version"]) == (uid, 2)
    assert read(grafana, uid)["dashboard"]["tags"] == ["other"]


@pytest.mark.parametrize("version", [None, 7])
def test_stale_version_without_overwrite_is_a_conflict(
    grafana: Workspace, uid: str, folder: str, version: int | None
) -> None:
    stale = grafana.dashboard("board", version=version, tags=["other"])
    answer = grafana.save(stale, folderUid=folder, overwrite=False)
    assert answer.status_code == grafana.behaviour.dashboard_conflict_status
    if answer.status_code == 412:
        assert answer.json()["status"] == "version-mismatch"
        assert answer.json()["message"] == "The dashboard has been changed by someone else"
    else:
        assert answer.json()["message"] == "Dashboard already exists. Use overwrite flag to update."
    assert read(grafana, uid)["dashboard"]["tags"] == ["t"]


def test_current_version_without_overwrite_is_accepted(grafana: Workspace, uid: str, folder: str) -> None:
    current = grafana.dashboard("board", version=1, tags=["other"])
    assert grafana.saved(current, folderUid=folder, overwrite=False)["version"] == 2


def test_unknown_folder_is_400_and_stores_nothing(grafana: Workspace) -> None:
    answer = grafana.save(grafana.dashboard("board"), folderUid=grafana.uid("absent"))
    assert (answer.status_code, answer.json()["message"]) == (400, "folder not found")
    assert grafana.http.get(f"/api/dashboards/uid/{grafana.uid('board')}").status_code == 404


def test_missing_folder_uid_moves_the_dashboard_to_the_root(grafana: Workspace, uid: str) -> None:
    grafana.saved(grafana.dashboard("board", tags=["t"]), overwrite=True)
    meta = read(grafana, uid)["meta"]
    assert (meta["folderUid"], meta["folderTitle"]) == ("", "General")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"uid": "u" * 41}, "uid too long, max 40 characters"),
        ({"uid": "a/b"}, "uid contains illegal characters"),
    ],
)
def test_bad_uid_is_400(grafana: Workspace, fields: dict[str, str], message: str) -> None:
    answer = grafana.save(grafana.dashboard("board") | fields)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_empty_title_is_400(grafana: Workspace) -> None:
    answer = grafana.save(grafana.dashboard("board", title=""))
    assert answer.status_code == 400
    if grafana.behaviour.dashboard_validated_by_apiserver:
        assert answer.json()["message"] == "Dashboard spec is missing required title property"
    else:
        assert answer.json()["status"] == "empty-name"


def test_lengths_are_limited_from_12(grafana: Workspace) -> None:
    status = 400 if grafana.behaviour.dashboard_lengths_checked else 200
    assert grafana.save(grafana.dashboard("a", title="t" * 5001)).status_code == status
    assert grafana.save(grafana.dashboard("b"), message="m" * 501).status_code == status
    assert grafana.save(grafana.dashboard("c"), message="m" * 500).status_code == 200


def test_16_mib_are_refused_from_12(grafana: Workspace) -> None:
    answer = grafana.save(grafana.dashboard("board", description="x" * (16 * 1024 * 1024)))
    assert answer.status_code == (413 if grafana.behaviour.dashboard_size_limited else 200)
    if answer.status_code == 413:
        assert answer.json()["message"] == "Dashboard is too large, max is 16 MB"


def test_unknown_id_with_a_uid_is_accepted_from_13_only(grafana: Workspace) -> None:
    answer = grafana.save(grafana.dashboard("board", id=987654321))
    if grafana.behaviour.dashboard_validated_by_apiserver:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["status"]) == (404, "not-found")


def test_missing_uid_and_null_id_are_filled_in(grafana: Workspace) -> None:
    answer = grafana.saved(grafana.dashboard("board", uid=None, id=None))
    grafana.paths_to_delete.append(f"/api/dashboards/uid/{answer['uid']}")
    assert len(answer["uid"]) >= 9
    assert read(grafana, answer["uid"])["dashboard"]["id"] == answer["id"]


def test_same_title_in_one_folder_is_refused_on_older_releases(grafana: Workspace, uid: str, folder: str) -> None:
    twin = grafana.dashboard("twin", title=f"{grafana.prefix} board")
    answer = grafana.save(twin, folderUid=folder, overwrite=False)
    if grafana.behaviour.dashboard_titles_unique:
        assert (answer.status_code, answer.json()["status"]) == (412, "name-exists")
    else:
        assert answer.status_code == 200


def test_overwrite_takes_over_the_dashboard_of_that_title_on_older_releases(
    grafana: Workspace, uid: str, folder: str
) -> None:
    twin = grafana.dashboard("twin", title=f"{grafana.prefix} board")
    landed = grafana.saved(twin, folderUid=folder, overwrite=True)["uid"]
    assert landed == (uid if grafana.behaviour.dashboard_titles_unique else grafana.uid("twin"))


@pytest.mark.parametrize("content", [b"not json", b"[]"])
def test_a_body_that_is_no_object_is_bad_request_data(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/api/dashboards/db", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["message"]) == (400, "bad request data")


def test_v2_schema_without_its_wrapper_is_refused_from_13(grafana: Workspace) -> None:
    if not grafana.behaviour.dashboard_validated_by_apiserver:
        pytest.skip("This release takes it as opaque JSON; run against Grafana 13 or newer.")
    answer = grafana.save(grafana.dashboard("board", elements={}, layout={}))
    assert answer.status_code == 400
    assert "explicit 'apiVersion'" in answer.json()["message"]


def test_delete_names_the_dashboard_and_then_it_is_404(grafana: Workspace, uid: str) -> None:
    answer = grafana.http.delete(f"/api/dashboards/uid/{uid}")
    assert answer.status_code == 200
    assert answer.json()["title"] == f"{grafana.prefix} board"
    assert ("uid" in answer.json()) is grafana.behaviour.deleted_dashboard_names_uid
    assert grafana.http.delete(f"/api/dashboards/uid/{uid}").status_code == 404


def listed(grafana: Workspace, uid: str) -> list[dict[str, object]]:
    body = grafana.http.get(f"/api/dashboards/uid/{uid}/versions").json()
    assert isinstance(body, dict) is grafana.behaviour.versions_listed_in_object
    versions: list[dict[str, object]] = body["versions"] if isinstance(body, dict) else body
    return versions


def test_versions_are_listed_newest_first_and_the_first_always_says_initial_save(
    grafana: Workspace, folder: str
) -> None:
    uid = grafana.saved(grafana.dashboard("board"), folderUid=folder, message="one")["uid"]
    grafana.saved(grafana.dashboard("board", tags=["t"]), folderUid=folder, message="two", overwrite=True)
    assert [(item["version"], item["message"]) for item in listed(grafana, uid)] == [(2, "two"), (1, "Initial save")]


def test_a_single_version_has_its_message_and_its_data(grafana: Workspace, folder: str) -> None:
    uid = grafana.saved(grafana.dashboard("board"), folderUid=folder, message="one")["uid"]
    single = grafana.http.get(f"/api/dashboards/uid/{uid}/versions/1").json()
    assert single["message"] == "one"
    assert single["data"]["title"] == f"{grafana.prefix} board"


def test_an_unknown_version_is_500(grafana: Workspace, uid: str) -> None:
    answer = grafana.http.get(f"/api/dashboards/uid/{uid}/versions/9")
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("Dashboard version 9 not found for dashboardId")
