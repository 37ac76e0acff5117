"""What survives a restart of the stand-in, and what a failure leaves behind."""

import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from glassbox.standin.folder_content import FolderContent
from glassbox.standin.server import GrafanaStandIn
from glassbox.standin.state import State
from glassbox.standin.store import Store, StoreError
from tests.support.grafana_workspace import Workspace

ADMIN = ("admin", "p")
READ = (
    "/api/search",
    "/api/folders",
    "/api/folders/f",
    "/api/datasources",
    "/api/dashboards/uid/d",
    "/api/dashboards/uid/d/versions",
    "/api/dashboards/uid/d/versions/1",
    "/api/annotations",
    "/api/v1/provisioning/alert-rules",
    "/api/v1/provisioning/folder/f/rule-groups/g",
    "/api/v1/provisioning/contact-points",
    "/api/v1/provisioning/policies",
    "/api/v1/provisioning/mute-timings",
    "/api/v1/provisioning/templates",
)


def standing_in(file: Path, **options: Any) -> GrafanaStandIn:
    return GrafanaStandIn(admin_password="p", database=file, search_lag_seconds=0, **options)


def filled(url: str) -> dict[str, str]:
    """One object of each kind over HTTP; the headers of a new service account."""
    with httpx.Client(base_url=url, auth=ADMIN, timeout=20) as http:
        workspace = Workspace(http, None, "t")  # type: ignore[arg-type]  # its requests need no release

        def send(method: str, path: str, body: Any) -> Any:
            answer = http.request(method, path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        send(
            "POST",
            "/api/datasources",
            {"uid": "s", "name": "S", "type": "prometheus", "secureJsonData": {"p": "s3cret"}},
        )
        send("POST", "/api/folders", {"uid": "f", "title": "Ordner ü"})
        for title in ("one", "two"):
            board = {"uid": "d", "title": title, "panels": [{"id": 1, "title": "\u2028 </script>"}]}
            send("POST", "/api/dashboards/db", {"dashboard": board, "folderUid": "f", "overwrite": True})
        rule = workspace.rule("rule", "s")
        send("PUT", "/api/v1/provisioning/folder/f/rule-groups/g", {"interval": 60, "rules": [rule]})
        slack = {"uid": "c", "name": "chat", "type": "slack", "settings": {"url": "https://hooks.example/s3cret"}}
        send("POST", "/api/v1/provisioning/contact-points", slack)
        send("PUT", "/api/v1/provisioning/policies", {"receiver": "chat"})
        send("POST", "/api/v1/provisioning/mute-timings", {"name": "Weekend", "time_intervals": [{"weekdays": ["saturday"]}]})  # fmt: skip  # one request
        send("PUT", "/api/v1/provisioning/templates/words", {"template": '{{ define "w" }}hi{{ end }}'})
        send("POST", "/api/annotations", {"text": "deploy", "tags": ["deploy"], "time": 1000})
        account = send("POST", "/api/serviceaccounts", {"name": "a", "role": "Editor"})["id"]
        token = send("POST", f"/api/serviceaccounts/{account}/tokens", {"name": "t"})["key"]
    return {"Authorization": f"Bearer {token}"}


def seen(url: str) -> dict[str, Any]:
    with httpx.Client(base_url=url, auth=ADMIN, timeout=20) as http:
        return {path: http.get(path).json() for path in READ}


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        token = filled(server.url)
        before = seen(server.url)
    with standing_in(file) as server:
        assert seen(server.url) == before
        assert httpx.get(f"{server.url}/api/org", headers=token).status_code == 200
        versions = before["/api/dashboards/uid/d/versions"]["versions"]
        assert [version["version"] for version in versions] == [2, 1]
        assert before["/api/dashboards/uid/d/versions/1"]["data"]["title"] == "one"


def test_ids_are_not_given_twice_after_a_restart(tmp_path: Path) -> None:
    ids = []
    for uid in ("a", "b"):
        with standing_in(tmp_path / "standin.db") as server, httpx.Client(base_url=server.url, auth=ADMIN) as http:
            ids.append(http.post("/api/folders", json={"uid": uid, "title": uid}).json()["id"])
            http.delete(f"/api/folders/{uid}").raise_for_status()
    assert ids[1] == ids[0] + 1


def test_what_was_deleted_stays_deleted(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        token = filled(server.url)
        with httpx.Client(base_url=server.url, auth=ADMIN) as http:
            account = next(iter(server.state.service_accounts))
            for path in ("/api/folders/f?forceDeleteRules=true", f"/api/serviceaccounts/{account}"):
                http.delete(path).raise_for_status()
    with standing_in(file) as server:
        assert not (server.state.folders or server.state.dashboards or server.state.rules or server.state.tokens)
        assert httpx.get(f"{server.url}/api/org", headers=token).status_code == 401
    rows = sqlite3.connect(file).execute("SELECT count(*) FROM objects WHERE kind = 'version'").fetchone()
    assert rows == (0,)


def test_no_secret_is_in_the_file_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        token = filled(server.url)
    content = file.read_bytes()
    assert b"s3cret" not in content
    assert token["Authorization"].removeprefix("Bearer ").encode() not in content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [other.name for other in tmp_path.iterdir()] == ["standin.db"]


def test_a_secret_is_still_known_to_be_set(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        filled(server.url)
    with standing_in(file) as server:
        points = seen(server.url)["/api/v1/provisioning/contact-points"]
    assert points[0]["settings"] == {"url": "[REDACTED]"}


def test_the_data_source_of_this_start_goes_before_the_kept_one(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
        source = {"uid": "prometheus", "name": "Prometheus", "type": "prometheus", "url": url, "isDefault": True}
        with standing_in(tmp_path / "standin.db", data_sources=[source]) as server:
            sources = seen(server.url)["/api/datasources"]
    assert [source["url"] for source in sources] == ["http://127.0.0.1:2"]


def test_a_write_that_cannot_be_kept_changes_nothing_and_says_so(tmp_path: Path) -> None:
    with standing_in(tmp_path / "standin.db") as server, httpx.Client(base_url=server.url, auth=ADMIN) as http:
        http.post("/api/folders", json={"uid": "kept", "title": "kept"}).raise_for_status()
        database = server._instance.store._database  # type: ignore[union-attr]  # a full disk cannot be had
        pages = database.execute("PRAGMA page_count").fetchone()[0]
        database.execute(f"PRAGMA max_page_count = {pages}")
        large = {"uid": "lost", "title": "x" * 100_000}
        answer = http.post("/api/folders", json=large)
        assert (answer.status_code, answer.json()["message"]) == (
            500,
            "The database cannot be written; nothing was changed.",
        )
        assert [folder["uid"] for folder in http.get("/api/folders").json()] == ["kept"]
        database.execute("PRAGMA max_page_count = 100000")
        assert http.post("/api/folders", json=large).status_code == 200


def test_an_unfinished_write_is_not_there_after_a_crash(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        filled(server.url)
        before = seen(server.url)
    crashed = sqlite3.connect(file, isolation_level=None)
    crashed.execute("BEGIN")
    crashed.execute("DELETE FROM objects")
    crashed.close()
    with standing_in(file) as server:
        assert seen(server.url) == before


def test_a_change_that_fails_halfway_is_taken_back_whole(tmp_path: Path) -> None:
    """The old row is deleted, then the new one is refused."""
    state = State(service_accounts={1: "Viewer"})
    store = Store(tmp_path / "standin.db")
    store.save(state)
    refusing = "BEFORE INSERT ON objects WHEN new.key = '2' BEGIN SELECT RAISE(FAIL, 'no more'); END"
    store._database.execute(f"CREATE TRIGGER full {refusing}")
    state.service_accounts = {2: "Admin"}
    with pytest.raises(StoreError, match=r"^it cannot be written: no more$"):
        store.save(state)
    store.close()
    reopened = Store(tmp_path / "standin.db")
    assert reopened.load(State()).service_accounts == {1: "Viewer"}
    reopened.close()


def test_two_servers_do_not_share_a_file(tmp_path: Path) -> None:
    with standing_in(tmp_path / "standin.db"), pytest.raises(StoreError, match="another process uses it"):
        standing_in(tmp_path / "standin.db")


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 10, b"\x00" * 5000])
def test_another_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(StoreError):
        standing_in(file)
    assert file.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "grafana.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE dashboard (id INTEGER)")
    database.close()
    content = file.read_bytes()
    with pytest.raises(StoreError, match="of another program"):
        standing_in(file)
    assert file.read_bytes() == content


def test_a_folder_that_is_missing_is_one_reason(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        standing_in(tmp_path / "missing" / "standin.db")


@pytest.mark.parametrize("body", ["", "{", "null", "1", "[]", '["x", "y"]', "{}", '"text"', '{"a": [1]}', "[" * 5000])
def test_a_damaged_row_is_a_reason_and_never_a_broken_page(tmp_path: Path, body: str) -> None:
    """Whatever is refused is refused at the start; what is taken can be read."""
    whole = tmp_path / "standin.db"
    with standing_in(whole) as server:
        filled(server.url)
    rows = sqlite3.connect(whole).execute("SELECT kind, key FROM objects").fetchall()
    assert len({kind for kind, _ in rows}) == 13
    for kind, key in rows:
        file = tmp_path / "damaged.db"
        shutil.copy(whole, file)
        with sqlite3.connect(file) as database:
            database.execute("UPDATE objects SET body = ? WHERE kind = ? AND key = ?", (body, kind, key))
        database.close()
        try:
            server = standing_in(file)
        except StoreError as error:
            assert str(error) == "it is damaged", (kind, error)
        else:
            with server, httpx.Client(base_url=server.url, auth=ADMIN) as http:
                assert {http.get(path).status_code for path in READ} <= {200, 404}, kind


def test_a_file_with_damaged_pages_is_a_reason_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server:
        filled(server.url)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(StoreError, match=r"it is damaged|malformed"):
        standing_in(file)
    assert file.read_bytes() == content


def test_folders_inside_each_other_are_damage(tmp_path: Path) -> None:
    file = tmp_path / "standin.db"
    with standing_in(file) as server, httpx.Client(base_url=server.url, auth=ADMIN) as http:
        for uid, parent in (("a", ""), ("b", "a")):
            http.post("/api/folders", json={"uid": uid, "title": uid, "parentUid": parent}).raise_for_status()
    with sqlite3.connect(file) as database:
        database.execute('UPDATE objects SET body = replace(body, \'"parent_uid":""\', \'"parent_uid":"b"\')')
    database.close()
    with pytest.raises(StoreError, match="it is damaged"):
        standing_in(file)


def test_a_preview_on_a_full_disk_keeps_what_it_showed(tmp_path: Path) -> None:
    with standing_in(tmp_path / "standin.db") as server:
        server.show(FolderContent("f", "F", [{"uid": "a", "title": "A"}]))
        database = server._instance.store._database  # type: ignore[union-attr]  # a full disk cannot be had
        database.execute(f"PRAGMA max_page_count = {database.execute('PRAGMA page_count').fetchone()[0]}")
        with pytest.raises(StoreError, match=r"it cannot be written: database or disk is full"):
            server.show(FolderContent("f", "F", [{"uid": "b", "title": "x" * 100_000}]))
        assert list(server.state.dashboards) == ["a"]


def test_the_last_twenty_versions_of_a_dashboard_are_kept_as_in_grafana(tmp_path: Path) -> None:
    with standing_in(tmp_path / "standin.db") as server:
        for number in range(25):
            server.show(FolderContent("f", "F", [{"uid": "a", "title": f"{number}"}]))
        kept = [saved.version for saved in server.state.dashboards["a"].versions]
    assert kept == list(range(6, 26))
