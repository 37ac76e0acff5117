"""Folders."""

from typing import Any

from tests.support.grafana_workspace import Workspace


def read(grafana: Workspace, uid: str) -> dict[str, Any]:
    answer = grafana.http.get(f"/api/folders/{uid}")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_a_new_folder_is_read_back(grafana: Workspace, folder: str) -> None:
    body = read(grafana, folder)
    assert (body["uid"], body["title"], body["version"]) == (folder, f"{grafana.prefix} folder", 1)
    assert body["url"].endswith(f"/dashboards/f/{folder}/{grafana.prefix}-folder")


def test_an_absent_folder_is_404(grafana: Workspace) -> None:
    answer = grafana.http.get(f"/api/folders/{grafana.uid('absent')}")
    assert (answer.status_code, answer.json()["message"]) == (404, "folder not found")


def test_creating_a_folder_that_exists_is_409_or_412_by_release(grafana: Workspace, folder: str) -> None:
    answer = grafana.http.post("/api/folders", json={"uid": folder, "title": f"{grafana.prefix} other"})
    assert answer.status_code == grafana.behaviour.folder_exists_status
    assert read(grafana, folder)["title"] == f"{grafana.prefix} folder"


def test_a_second_folder_of_one_title_is_refused_only_on_10(grafana: Workspace, folder: str) -> None:
    uid = grafana.uid("second")
    grafana.paths_to_delete.append(f"/api/folders/{uid}")
    answer = grafana.http.post("/api/folders", json={"uid": uid, "title": f"{grafana.prefix} folder"})
    assert answer.status_code == (409 if grafana.behaviour.folder_titles_unique else 200)


def test_an_empty_title_or_a_bad_uid_is_400(grafana: Workspace) -> None:
    assert grafana.http.post("/api/folders", json={"uid": grafana.uid("x"), "title": ""}).status_code == 400
    assert grafana.http.post("/api/folders", json={"uid": "a/b", "title": "x"}).status_code == 400
    assert grafana.http.post("/api/folders", json={"uid": "u" * 41, "title": "x"}).status_code == 400


def test_renaming_needs_the_current_version(grafana: Workspace, folder: str) -> None:
    path, title = f"/api/folders/{folder}", f"{grafana.prefix} renamed"
    stale = grafana.http.put(path, json={"title": title, "version": 7})
    assert (stale.status_code, stale.json()["status"]) == (412, "version-mismatch")
    current = grafana.http.put(path, json={"title": title, "version": 1})
    assert (current.status_code, current.json()["title"], current.json()["version"]) == (200, title, 2)


def test_renaming_with_overwrite_needs_no_version(grafana: Workspace, folder: str) -> None:
    title = f"{grafana.prefix} renamed"
    answer = grafana.http.put(f"/api/folders/{folder}", json={"title": title, "overwrite": True})
    assert (answer.status_code, read(grafana, folder)["title"]) == (200, title)


def test_the_list_holds_direct_children_only(grafana: Workspace, folder: str) -> None:
    inner = grafana.create_folder("inner", parentUid=folder)
    at_root = [item["uid"] for item in grafana.http.get("/api/folders", params={"limit": 1000}).json()]
    below = [item["uid"] for item in grafana.http.get("/api/folders", params={"parentUid": folder}).json()]
    assert folder in at_root
    assert inner not in at_root
    assert below == [inner]
    assert [parent["uid"] for parent in read(grafana, inner)["parents"]] == [folder]


def test_a_folder_cannot_move_into_itself_or_what_is_inside_it(grafana: Workspace, folder: str) -> None:
    inner = grafana.create_folder("inner", parentUid=folder)
    for parent in (folder, inner):
        answer = grafana.http.post(f"/api/folders/{folder}/move", json={"parentUid": parent})
        assert answer.status_code == 400
    assert "parents" not in read(grafana, folder)


def test_counts_tell_what_a_delete_would_take(grafana: Workspace, folder: str, rule: dict[str, Any]) -> None:
    grafana.saved(grafana.dashboard("board"), folderUid=folder)
    assert grafana.put_group(folder, "group", [rule]).status_code == 200
    counts = grafana.http.get(f"/api/folders/{folder}/counts").json()
    assert (counts["dashboard"], counts["alertrule"]) == (1, 1)


def test_delete_takes_the_dashboards_but_alert_rules_only_when_forced(
    grafana: Workspace, folder: str, rule: dict[str, Any]
) -> None:
    board = grafana.saved(grafana.dashboard("board"), folderUid=folder)["uid"]
    assert grafana.put_group(folder, "group", [rule]).status_code == 200
    assert grafana.http.delete(f"/api/folders/{folder}").status_code == 400
    assert grafana.http.get(f"/api/dashboards/uid/{board}").status_code == 200
    assert grafana.http.delete(f"/api/folders/{folder}?forceDeleteRules=true").status_code == 200
    assert grafana.http.get(f"/api/dashboards/uid/{board}").status_code == 404
    assert grafana.http.get(f"/api/v1/provisioning/alert-rules/{rule['uid']}").status_code == 404
