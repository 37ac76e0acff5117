"""What open pages are told, and content put in place without a client."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from glassbox.standin import live
from glassbox.standin.folder_content import FolderContent
from glassbox.standin.live import Live, Problem
from glassbox.standin.server import GrafanaStandIn

ADMIN = ("admin", "p")
RULE = {
    "uid": "r",
    "title": "Rule",
    "condition": "c",
    "data": [{"refId": "c", "datasourceUid": "__expr__", "model": {}}],
    "noDataState": "OK",
    "execErrState": "OK",
    "for": "1m",
}


@pytest.fixture
def server() -> Iterator[GrafanaStandIn]:
    with GrafanaStandIn(admin_password="p", anonymous_viewer=True) as server:
        yield server


class Events:
    """The events of an open page, read one by one."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> tuple[str, dict[str, Any]]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and "data" in fields:
                return fields["event"], json.loads(fields["data"])
            name, _, value = line.partition(": ")
            fields[name] = value
        raise EOFError


@contextmanager
def listening(server: GrafanaStandIn) -> Iterator[Events]:
    with httpx.stream("GET", f"{server.url}/standin/events", timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Events(answer)


def status(server: GrafanaStandIn) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{server.url}/standin/status").json()
    return answer


def content(*titles: str, rules: tuple[dict[str, Any], ...] = ()) -> FolderContent:
    boards = [{"uid": title.lower(), "title": title, "panels": []} for title in titles]
    groups = [{"title": "g", "interval": 60, "rules": list(rules)}] if rules else []
    return FolderContent("f", "Folder", boards, groups)


def test_a_page_hears_what_is_there_and_every_later_change(server: GrafanaStandIn) -> None:
    with listening(server) as events:
        assert events.next() == ("content", {"generation": status(server)["generation"]})
        server.show(content("A"))
        assert events.next() == ("content", {"generation": status(server)["generation"]})
        server.live.failed(Problem("NameError: x", "dashboards/gpu.py", 7))
        assert events.next() == ("error", {"message": "NameError: x", "file": "dashboards/gpu.py", "line": 7})
        server.show(content("A"))
        kind, _ = events.next()
        assert kind == "content"


def test_a_page_that_opens_after_a_failure_hears_of_it(server: GrafanaStandIn) -> None:
    server.live.failed(Problem("it does not build"))
    with listening(server) as events:
        assert events.next()[0] == "content"
        assert events.next() == ("error", {"message": "it does not build", "file": "", "line": 0})
    assert status(server)["error"] == {"message": "it does not build", "file": "", "line": 0}


def test_content_that_lacks_a_part_is_told_with_what_is_wrong(server: GrafanaStandIn) -> None:
    with listening(server) as events:
        first = events.next()[1]["generation"]
        server.show(content("A"))
        server.live.failed(Problem("it is not JSON"))
        assert events.next() == ("content", {"generation": first + 1})
        assert events.next()[0] == "error"


def test_a_push_is_told_too_and_its_writes_together(server: GrafanaStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SETTLE_SECONDS", 0.5)
    with listening(server) as events, httpx.Client(base_url=server.url, auth=ADMIN) as http:
        first = events.next()[1]["generation"]
        for uid in "abc":
            http.post("/api/folders", json={"uid": uid, "title": uid}).raise_for_status()
        assert events.next()[1]["generation"] == first + 3


def test_reading_and_refused_writes_change_nothing(server: GrafanaStandIn) -> None:
    before = status(server)["generation"]
    with httpx.Client(base_url=server.url, auth=ADMIN) as http:
        assert http.post("/api/folders", json={}).status_code == 400
        assert http.get("/api/search").status_code == 200
    assert status(server)["generation"] == before


def test_a_later_run_has_a_later_generation(server: GrafanaStandIn) -> None:
    with GrafanaStandIn(anonymous_viewer=True) as later:
        assert status(later)["generation"] > status(server)["generation"]


def test_a_reader_that_has_gone_is_told_nothing_any_more() -> None:
    """Its event loop has ended with it, and cannot be woken."""

    async def read_once(followed: Live) -> None:
        events = followed.events()
        await anext(events)
        await events.aclose()

    followed = Live()
    before = followed.generation
    asyncio.run(read_once(followed))
    followed.changed()
    assert followed.generation == before + 1


def test_many_open_pages_end_with_the_server() -> None:
    ended = threading.Semaphore(0)

    def read(url: str, opened: threading.Semaphore) -> None:
        with httpx.stream("GET", f"{url}/standin/events", timeout=30) as answer:
            for line in answer.iter_lines():
                if line.startswith("data"):
                    opened.release()
        ended.release()

    opened = threading.Semaphore(0)
    with GrafanaStandIn(anonymous_viewer=True) as server:
        readers = [threading.Thread(target=read, args=(server.url, opened)) for _ in range(20)]
        for reader in readers:
            reader.start()
        for _ in readers:
            assert opened.acquire(timeout=20)
    for _ in readers:
        assert ended.acquire(timeout=20)


def test_status_names_the_release_and_prometheus() -> None:
    source = {"uid": "p", "name": "P", "type": "prometheus", "url": "http://127.0.0.1:9090", "isDefault": True}
    with GrafanaStandIn(version="13.2.0", data_sources=[source], anonymous_viewer=True) as server:
        assert status(server) | {"generation": 0} == {
            "version": "13.2.0",
            "prometheus_url": "http://127.0.0.1:9090",
            "generation": 0,
            "error": None,
        }


def test_content_is_found_read_and_versioned_like_a_push(server: GrafanaStandIn) -> None:
    server.show(content("A", "B", rules=(RULE,)))
    server.show(content("A", "B", rules=(RULE,)))
    with httpx.Client(base_url=server.url, auth=ADMIN) as http:
        hits = {hit["uid"]: hit for hit in http.get("/api/search?type=dash-db").json()}
        assert hits.keys() == {"a", "b"}
        assert hits["a"]["folderTitle"] == "Folder"
        assert http.get("/api/dashboards/uid/a").json()["dashboard"]["version"] == 1
        (rule,) = http.get("/api/v1/provisioning/folder/f/rule-groups/g").json()["rules"]
        assert (rule["title"], rule["for"], rule["provenance"]) == ("Rule", "1m", "api")


def test_content_replaces_that_of_its_folder_and_no_other(server: GrafanaStandIn) -> None:
    with httpx.Client(base_url=server.url, auth=ADMIN) as http:
        http.post("/api/dashboards/db", json={"dashboard": {"uid": "mine", "title": "Mine"}}).raise_for_status()
        server.show(content("A", "B", rules=(RULE, RULE | {"uid": "r2"})))
        server.show(content("B", "C", rules=(RULE | {"for": "2m"},)))
        assert {hit["uid"] for hit in http.get("/api/search?type=dash-db").json()} == {"mine", "b", "c"}
        assert http.get("/api/dashboards/uid/a").status_code == 404
        rules = http.get("/api/v1/provisioning/alert-rules").json()
        assert [(rule["uid"], rule["for"]) for rule in rules] == [("r", "2m")]


def test_a_push_after_content_finds_everything_as_it_is(server: GrafanaStandIn) -> None:
    server.show(content("A"))
    with httpx.Client(base_url=server.url, auth=ADMIN) as http:
        board = http.get("/api/dashboards/uid/a").json()["dashboard"]
        saved = http.post("/api/dashboards/db", json={"dashboard": board, "folderUid": "f"}).json()
        assert (saved["status"], saved["version"]) == ("success", 1)


def test_annotations_are_found_by_time_tag_and_dashboard(server: GrafanaStandIn) -> None:
    marks = [
        {"text": "early", "time": 1000, "tags": ["deploy"]},
        {"text": "region", "time": 2000, "timeEnd": 5000, "tags": ["deploy", "vllm"]},
        {"text": "late", "time": 9000, "tags": ["other"], "dashboardUID": "x"},
    ]
    with httpx.Client(base_url=server.url, auth=ADMIN) as http:
        for mark in marks:
            http.post("/api/annotations", json=mark).raise_for_status()

        def found(query: str) -> list[str]:
            return [mark["text"] for mark in http.get(f"/api/annotations?{query}").json()]

        assert found("") == ["late", "region", "early"]
        assert found("from=3000&to=8000") == ["region"]
        assert found("tags=deploy&tags=vllm") == ["region"]
        assert found("tags=deploy&tags=other&matchAny=true") == ["late", "region", "early"]
        assert found("dashboardUID=y") == ["region", "early"]
        assert found("limit=1") == ["late"]
        (region,) = http.get("/api/annotations?tags=vllm").json()
        assert (region["time"], region["timeEnd"], region["tags"]) == (2000, 5000, ["deploy", "vllm"])
