"""GET /api/search."""

import pytest

from tests.support.grafana_workspace import Workspace
from tests.support.waiting import eventually

SEARCH_DEADLINE_SECONDS = 10.0
Query = list[tuple[str, str | int | float | bool | None]]


def found(grafana: Workspace, query: Query, *, expected: int) -> list[str]:
    """The uids that a search finds, once there are as many as expected: the index has no event to wait for."""

    def search() -> list[str]:
        answer = grafana.http.get("/api/search", params=query)
        assert answer.status_code == 200
        return sorted(hit["uid"] for hit in answer.json())

    eventually(lambda: len(search()) == expected, SEARCH_DEADLINE_SECONDS, poll_seconds=0.05)
    return search()


@pytest.fixture
def boards(grafana: Workspace, folder: str) -> dict[str, str]:
    """Two tagged dashboards in a folder and an untagged one at the root."""
    both, one = [grafana.prefix, "second"], [grafana.prefix]
    grafana.saved(grafana.dashboard("ab", tags=both), folderUid=folder)
    grafana.saved(grafana.dashboard("a", tags=one), folderUid=folder)
    grafana.saved(grafana.dashboard("none"))
    return {name: grafana.uid(name) for name in ("ab", "a", "none")}


def test_query_matches_a_part_of_the_title(grafana: Workspace, boards: dict[str, str]) -> None:
    uids = found(grafana, [("query", grafana.prefix), ("type", "dash-db")], expected=3)
    assert uids == sorted(boards.values())


def test_tags_are_anded(grafana: Workspace, boards: dict[str, str]) -> None:
    assert found(grafana, [("tag", grafana.prefix)], expected=2) == sorted([boards["ab"], boards["a"]])
    assert found(grafana, [("tag", grafana.prefix), ("tag", "second")], expected=1) == [boards["ab"]]


def test_type_separates_folders_from_dashboards(grafana: Workspace, boards: dict[str, str], folder: str) -> None:
    query: Query = [("query", grafana.prefix)]
    assert found(grafana, [*query, ("type", "dash-folder")], expected=1) == [folder]
    assert found(grafana, query, expected=4) == sorted([*boards.values(), folder])


def test_folder_and_uid_filters(grafana: Workspace, boards: dict[str, str], folder: str) -> None:
    assert found(grafana, [("folderUIDs", folder)], expected=2) == sorted([boards["ab"], boards["a"]])
    wanted: Query = [("dashboardUIDs", boards["a"]), ("dashboardUIDs", boards["none"])]
    assert found(grafana, wanted, expected=2) == sorted([boards["a"], boards["none"]])


def test_pages_are_cut_by_limit(grafana: Workspace, boards: dict[str, str]) -> None:
    query: Query = [("query", grafana.prefix), ("type", "dash-db")]
    assert len(found(grafana, query, expected=3)) == 3
    first = found(grafana, [*query, ("limit", 2), ("page", 1)], expected=2)
    second = found(grafana, [*query, ("limit", 2), ("page", 2)], expected=1)
    assert sorted(first + second) == sorted(boards.values())


def test_a_hit_names_its_folder(grafana: Workspace, boards: dict[str, str], folder: str) -> None:
    assert found(grafana, [("dashboardUIDs", boards["a"])], expected=1) == [boards["a"]]
    (hit,) = grafana.http.get("/api/search", params={"dashboardUIDs": boards["a"]}).json()
    assert (hit["type"], hit["folderUid"], hit["tags"]) == ("dash-db", folder, [grafana.prefix])
    assert hit["folderTitle"] == f"{grafana.prefix} folder"
    assert ("orgId" in hit) is grafana.behaviour.search_hit_has_org


def test_deleted_dashboards_leave_the_index(grafana: Workspace, boards: dict[str, str]) -> None:
    assert len(found(grafana, [("tag", grafana.prefix)], expected=2)) == 2
    grafana.http.delete(f"/api/dashboards/uid/{boards['a']}").raise_for_status()
    assert found(grafana, [("tag", grafana.prefix)], expected=1) == [boards["ab"]]


def test_a_limit_above_5000_is_422(grafana: Workspace) -> None:
    answer = grafana.http.get("/api/search", params={"limit": 5001})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Limit is above maximum allowed (5000)")
    assert grafana.http.get("/api/search", params={"limit": 5000}).status_code == 200
