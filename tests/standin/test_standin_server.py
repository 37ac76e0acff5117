"""Starting and ending the stand-in, in a process of its own and in this one."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from glassbox.standin import page
from glassbox.standin.server import GrafanaStandIn

ROOT = Path(__file__).parents[2]


def start(*arguments: str, password: str = "admin") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "glassbox.standin", *arguments],
        cwd=ROOT,
        env=os.environ | {"PREVIEW_ADMIN_PASSWORD": password},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_answers_between_enter_and_exit_only() -> None:
    with GrafanaStandIn() as grafana:
        assert httpx.get(f"{grafana.url}/api/health").json()["version"] == "12.4.0"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{grafana.url}/api/health")


def test_a_sub_path_is_part_of_addresses_and_of_links() -> None:
    with GrafanaStandIn(base_path="/grafana", admin_password="p") as grafana:
        assert grafana.url.endswith("/grafana")
        saved = httpx.post(
            f"{grafana.url}/api/dashboards/db", json={"dashboard": {"uid": "d", "title": "D"}}, auth=("admin", "p")
        )
        assert saved.json()["url"] == "/grafana/d/d/d"
        assert grafana.requests == [("POST", "/api/dashboards/db")]
        outside = grafana.url.removesuffix("/grafana")
        assert httpx.get(f"{outside}/api/health").status_code == 404


def test_a_page_that_is_no_api_redirects_to_the_login_page(client: httpx.Client) -> None:
    answer = client.get("/explore")
    assert (answer.status_code, answer.headers["location"]) == (302, "/login")
    assert client.get("/login").headers["content-type"].startswith("text/html")


def test_without_the_page_there_is_a_list_of_what_was_pushed_with_markup_escaped(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "DIST", tmp_path)
    client.post("/api/folders", json={"uid": "f", "title": "F"})
    client.post("/api/dashboards/db", json={"dashboard": {"title": "<b>Board"}, "folderUid": "f"})
    text = client.get("/").text
    assert "Dashboards (1)" in text
    assert "<li>F / &lt;b&gt;Board (version 1)</li>" in text
    assert "Alert rules (0)" in text


def test_search_does_not_see_a_write_before_the_index_is_refreshed(
    stand_in: GrafanaStandIn, client: httpx.Client
) -> None:
    client.post("/api/dashboards/db", json={"dashboard": {"uid": "d", "title": "D"}})
    assert client.get("/api/search").json() == []
    assert client.get("/api/dashboards/uid/d").status_code == 200
    stand_in.index.refresh()
    assert [hit["uid"] for hit in client.get("/api/search").json()] == ["d"]


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="not a version of Grafana"):
        GrafanaStandIn(version="latest")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_answers_until_it_is_told_to_end(number: signal.Signals) -> None:
    with start("--port", "0", "--version", "13.2.0", password="secret word") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split()[4]
        assert httpx.get(f"{url}/api/health").json()["version"] == "13.2.0"
        sources = httpx.get(f"{url}/api/datasources", auth=("admin", "secret word")).json()
        assert [(source["uid"], source["isDefault"]) for source in sources] == [("prometheus", True)]
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
    assert "secret word" not in line


def test_a_port_in_use_is_one_sentence_and_exit_1() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with start("--port", port) as process:
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert (
        errors
        == f"Error: Port {port} on 127.0.0.1 cannot be used (Address already in use); choose another with --port.\n"
    )


def test_a_bad_version_is_one_sentence_and_exit_1() -> None:
    with start("--version", "latest") as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors == "Error: --version: 'latest' is not a version of Grafana; give one such as 12.4.0.\n"


def test_a_token_ends_with_its_service_account(stand_in: GrafanaStandIn, client: httpx.Client) -> None:
    account = client.post("/api/serviceaccounts", json={"name": "deploy", "role": "Editor"}).json()["id"]
    token = client.post(f"/api/serviceaccounts/{account}/tokens", json={"name": "t"}).json()["key"]
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{stand_in.url}/api/org", headers=headers).status_code == 200
    client.delete(f"/api/serviceaccounts/{account}").raise_for_status()
    assert httpx.get(f"{stand_in.url}/api/org", headers=headers).status_code == 401
    assert client.delete(f"/api/serviceaccounts/{account}").status_code == 404


def test_the_page_learns_what_each_dashboard_is_for_and_only_who_may_read_them(client: httpx.Client) -> None:
    for uid, description in (("a", "Is it well?"), ("b", ""), ("c", 5)):
        client.post("/api/dashboards/db", json={"dashboard": {"uid": uid, "title": uid, "description": description}})
    assert client.get("/standin/descriptions").json() == {"a": "Is it well?"}
    assert httpx.get(f"{client.base_url}/standin/descriptions").status_code == 401
