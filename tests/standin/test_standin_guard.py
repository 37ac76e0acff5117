"""Who may ask the stand-in, and what its pages may do."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glassbox.standin import page
from glassbox.standin.guard import is_loopback
from glassbox.standin.server import GrafanaStandIn
from tests.support.raw_requests import raw


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A page of a few files, and a secret beside it."""
    folder = tmp_path_factory.mktemp("web") / "dist"
    files = folder / "public" / "standin"
    (files / "icons").mkdir(parents=True)
    (folder / "index.html").write_text('<!doctype html><base href="/" /><title>the page</title>')
    (files / "main-1a2b3c4d.js").write_text("1")
    (files / "icons" / "a.svg").write_text("<svg/>")
    (files / "out.js").symlink_to(folder / "secret")
    for place in (folder, folder.parent, files.parent):
        (place / "secret").write_text("s3cret")
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(page, "DIST", folder)
        yield folder


@pytest.fixture(scope="module")
def client(dist: Path) -> Iterator[httpx.Client]:
    with GrafanaStandIn(anonymous_viewer=True) as server, httpx.Client(base_url=server.url) as http:
        yield http


@pytest.mark.parametrize(
    "path", ["/", "/d/some-uid", "/d/some-uid/some-slug", "/alerts", "/alerting/list", "/dashboards"]
)
def test_the_page_is_at_each_of_its_addresses(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert "the page" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


def test_a_board_is_asked_for_while_the_page_loads(client: httpx.Client) -> None:
    link = '<link rel="preload" as="fetch" crossorigin href="{}" />'
    text = client.get("/d/a%22%3E%3Cscript%3E%2Fb(c)'").text
    assert link.format("api/datasources") in text
    assert "<script>" not in text
    text = client.get("/d/a%22%20(c)'/slug").text
    assert link.format("api/dashboards/uid/a%22%20(c)&#x27;") in text
    assert "preload" not in client.get("/alerts").text


def test_the_page_knows_how_new_it_is(client: httpx.Client) -> None:
    generation = client.get("/standin/status").json()["generation"]
    assert f'<meta name="generation" content="{generation}" />' in client.get("/d/some-uid").text


def test_its_files_are_kept_by_browsers(client: httpx.Client) -> None:
    answer = client.get("/public/standin/main-1a2b3c4d.js")
    assert (answer.status_code, answer.text) == (200, "1")
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]
    assert client.get("/public/standin/icons/a.svg").headers["cache-control"] == "no-cache"


def test_below_a_sub_path_the_page_finds_its_files(dist: Path) -> None:
    with GrafanaStandIn(base_path="/grafana") as server:
        assert '<base href="/grafana/" />' in httpx.get(f"{server.url}/d/some-uid").text
        assert httpx.get(f"{server.url}/public/standin/main-1a2b3c4d.js").text == "1"


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/search", "/nothing", "/api/nothing", "/public/standin/x"])
def test_every_answer_says_what_a_page_may_do(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'"
    )
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "icons/%2e%2e/%2e%2e/secret",
        "icons/../../../index.html",
        "icons/..%5c..%5csecret",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "out.js",
        "icons/%00",
        "icons",
        "",
    ],
)
def test_no_other_file_is_served(client: httpx.Client, path: str) -> None:
    answer = raw(client, "GET", f"/public/standin/{path}")
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"s3cret" not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_the_names_of_loopback_are_answered(client: httpx.Client, name: str) -> None:
    assert client.get("/api/search", headers={"Host": f"{name}:{client.base_url.port}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "localhost", "127.0.0.1:1", "127.0.0.1.nip.io:{port}", ""]
)
@pytest.mark.parametrize(
    "path", ["/", "/api/search", "/standin/status", "/standin/events", "/public/standin/main-1a2b3c4d.js"]
)
def test_another_name_is_refused_everywhere(client: httpx.Client, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host.format(port=client.base_url.port)})
    assert answer.status_code == 403
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.json()["message"].startswith("This server answers as localhost:")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_pages_of_other_sites_are_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post("/api/datasources/proxy/uid/prometheus/api/v1/query", headers=headers, data={"query": "1"})
    assert (answer.status_code, answer.json()["message"]) == (403, "Pages of other sites may not call this server.")


def test_our_own_page_and_links_from_elsewhere_are_answered(client: httpx.Client) -> None:
    ours = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/api/search", headers=ours).status_code == 200
    assert client.get("/d/some-uid", headers=link).status_code == 200


def test_a_server_that_was_told_to_listen_elsewhere_has_any_name() -> None:
    with GrafanaStandIn(bind="0.0.0.0", anonymous_viewer=True) as server:
        port = httpx.URL(server.url).port
        answer = httpx.get(f"http://127.0.0.1:{port}/api/search", headers={"Host": "standin.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("bind", ["::1", "localhost", "127.0.0.2", "::ffff:127.0.0.1"])
def test_every_address_of_loopback_is_guarded(bind: str) -> None:
    with GrafanaStandIn(bind=bind, anonymous_viewer=True) as server, httpx.Client(base_url=server.url) as http:
        assert http.get("/api/search").status_code == 200
        assert http.get("/api/search", headers={"Host": "evil.example"}).status_code == 403
        assert http.get("/api/search", headers={"Host": f"localhost:{http.base_url.port}"}).status_code == 200


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.1", "host.example", "localhost.example", ""])
def test_other_addresses_are_not_loopback(address: str) -> None:
    assert not is_loopback(address)


def test_everybody_reads_and_nobody_writes(client: httpx.Client) -> None:
    reading = (
        "/api/search",
        "/api/folders",
        "/api/datasources",
        "/api/annotations",
        "/api/v1/provisioning/alert-rules",
    )
    assert {client.get(path).status_code for path in reading} == {200}
    writes = [
        ("POST", "/api/dashboards/db"),
        ("POST", "/api/folders"),
        ("POST", "/api/datasources"),
        ("PUT", "/api/datasources/uid/x"),
        ("DELETE", "/api/dashboards/uid/x"),
        ("POST", "/api/annotations"),
        ("POST", "/api/serviceaccounts"),
        ("PUT", "/api/v1/provisioning/policies"),
    ]
    assert {client.request(method, path, json={}).status_code for method, path in writes} == {401}


def test_whoever_reads_sees_no_versions_and_no_wrong_credential_passes(client: httpx.Client) -> None:
    assert client.get("/api/dashboards/uid/x/versions").status_code == 403
    assert client.get("/api/search", auth=("admin", "wrong")).status_code == 401


def test_a_checkout_without_the_page_has_a_plain_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(page, "DIST", tmp_path / "missing")
    with GrafanaStandIn() as server:
        assert "Dashboards (0)" in httpx.get(server.url).text
        board = {"dashboard": {"uid": "a", "title": "<script>1</script>"}}
        httpx.post(f"{server.url}/api/dashboards/db", json=board, auth=("admin", "admin")).raise_for_status()
        assert "<li>General / &lt;script&gt;1&lt;/script&gt; (version 1)</li>" in httpx.get(server.url).text
        assert httpx.get(f"{server.url}/public/standin/x").status_code == 302
