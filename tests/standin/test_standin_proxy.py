"""Queries passed on to Prometheus: only reading ones, only to the data source, bounded in time and size."""

import asyncio
import gzip
import resource
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from glassbox.standin import upstream
from glassbox.standin.server import GrafanaStandIn
from glassbox.standin.upstream import UpstreamError
from tests.support.raw_requests import raw

PROXY = "/api/datasources/proxy/uid/prometheus"
ANSWER = b'{"status": "success", "data": []}'


class FakePrometheus(ThreadingHTTPServer):
    """Answers what a test says, and remembers what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.released = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.status, self.headers, self.content = 200, {"Content-Type": "application/json"}, ANSWER
        self.released.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Who has waited or read enough hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: FakePrometheus

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, body, {k.lower(): v for k, v in self.headers.items()}))
        self.server.released.wait()
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def running() -> Iterator[FakePrometheus]:
    with FakePrometheus() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def prometheus(running: FakePrometheus) -> Iterator[FakePrometheus]:
    running.reset()
    yield running
    running.released.set()


def standing_in(url: str, timeout_seconds: float = 10.0, **options: Any) -> GrafanaStandIn:
    source = {"uid": "prometheus", "name": "Prometheus", "type": "prometheus", "url": url, "isDefault": True}
    return GrafanaStandIn(
        data_sources=[source], anonymous_viewer=True, prometheus_timeout_seconds=timeout_seconds, **options
    )


@pytest.fixture(scope="module")
def page(running: FakePrometheus) -> Iterator[httpx.Client]:
    """What an open page is: nobody in particular."""
    with standing_in(f"{running.url}/below/") as server, httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"api/v1/{name}"
            for name in ("query", "query_range", "query_exemplars", "series", "labels", "rules", "alerts")
        ),
        "api/v1/metadata",
        "api/v1/status/buildinfo",
        "api/v1/label/__name__/values",
    ],
)
def test_what_reads_is_passed_on_below_the_address_of_the_data_source(
    page: httpx.Client, prometheus: FakePrometheus, path: str
) -> None:
    answer = page.get(f"{PROXY}/{path}?query=sum%28a%2Bb%29&start=1")
    assert (answer.status_code, answer.content) == (200, ANSWER)
    assert prometheus.asked[0][:2] == ("GET", f"/below/{path}?query=sum%28a%2Bb%29&start=1")


def test_a_form_is_passed_on_as_it_is(page: httpx.Client, prometheus: FakePrometheus) -> None:
    assert page.post(f"{PROXY}/api/v1/query", data={"query": 'up{a="ü&="}'}).status_code == 200
    method, path, body, headers = prometheus.asked[0]
    assert (method, path, body) == ("POST", "/below/api/v1/query", b"query=up%7Ba%3D%22%C3%BC%26%3D%22%7D")
    assert headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "path",
    [
        "api/v1/admin/tsdb/delete_series",
        "api/v1/status/config",
        "api/v1/query/",
        "api/v1/query/../status/config",
        "api/v1/query%2f..%2fstatus%2fconfig",
        "api/v1/%2e%2e/%2e%2e/metrics",
        "%61pi/v1/query",
        "api/v1/label/a%2fb/values",
        "api/v1/label/..%2f..%2fadmin/values",
        "api/v1//query",
        "-/reload",
        "metrics",
        "@127.0.0.1:1/api/v1/query",
        "http://127.0.0.1:1/api/v1/query",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_reaches_prometheus(
    page: httpx.Client, prometheus: FakePrometheus, path: str, method: str
) -> None:
    assert raw(page, method, f"{PROXY}/{path}").startswith(b"HTTP/1.1 404")
    assert prometheus.asked == []


@pytest.mark.parametrize("uid", ["other", "..", "http:%2f%2f127.0.0.1:1", "%2e%2e"])
def test_only_a_registered_data_source_is_asked(page: httpx.Client, prometheus: FakePrometheus, uid: str) -> None:
    assert page.get(f"/api/datasources/proxy/uid/{uid}/api/v1/query").status_code == 404
    assert prometheus.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "", "javascript:1", "127.0.0.1:9090"])
def test_an_address_of_another_kind_is_not_asked(url: str) -> None:
    with standing_in(url) as server:
        answer = httpx.get(f"{server.url}{PROXY}/api/v1/query")
    assert answer.status_code == 400
    assert "http" in answer.json()["message"]


def test_neither_credentials_nor_cookies_of_the_caller_are_passed_on(
    page: httpx.Client, prometheus: FakePrometheus
) -> None:
    secrets = {"Cookie": "grafana_session=s3cret", "X-Grafana-Org-Id": "1", "X-Forwarded-For": "10.0.0.1"}
    answer = page.get(f"{PROXY}/api/v1/query?query=1", headers=secrets, auth=("admin", "admin"))
    assert answer.status_code == 200
    assert not prometheus.asked[0][3].keys() & {"authorization", "cookie", "x-grafana-org-id", "x-forwarded-for"}
    assert "s3cret" not in str(prometheus.asked)


def test_headers_of_prometheus_stay_with_us(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.headers |= {"Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*"}
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert not {"set-cookie", "access-control-allow-origin"} & answer.headers.keys()


def test_an_error_of_prometheus_arrives_in_its_own_words(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.status = 400
    prometheus.content = b'{"status": "error", "errorType": "bad_data", "error": "parse error"}'
    answer = page.get(f"{PROXY}/api/v1/query?query=(")
    assert (answer.status_code, answer.json()["error"]) == (400, "parse error")


def test_a_redirect_is_not_followed(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.status, prometheus.headers = 302, {"Location": f"{prometheus.url}/elsewhere"}
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert answer.status_code == 502
    assert answer.json()["error"].endswith("it is not a Prometheus, or a proxy is in front of it.")
    assert len(prometheus.asked) == 1


def test_a_login_page_in_between_is_one_sentence(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.headers, prometheus.content = {"Content-Type": "text/html"}, b"<script>alert(1)</script>"
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert answer.status_code == 502
    assert "script" not in answer.text


def test_a_prometheus_that_does_not_answer_in_time_is_504(prometheus: FakePrometheus) -> None:
    prometheus.released.clear()
    with standing_in(prometheus.url, timeout_seconds=0.2) as server:
        started = time.monotonic()
        answer = httpx.get(f"{server.url}{PROXY}/api/v1/query?query=1")
    assert answer.status_code == 504
    assert answer.json() | {"message": ""} == {
        "status": "error",
        "errorType": "timeout",
        "error": f"Prometheus at {prometheus.url} did not answer within 0.2 s: ask for a shorter range.",
        "message": "",
    }
    assert time.monotonic() - started < 5


def test_a_prometheus_that_is_not_there_is_one_sentence_without_its_password() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with standing_in(f"http://reader:s3cret@127.0.0.1:{port}") as server:
            answer = httpx.get(f"{server.url}{PROXY}/api/v1/query?query=1")
            status = httpx.get(f"{server.url}/standin/status")
    assert answer.status_code == 502
    assert answer.json()["error"] == (
        f"Prometheus at http://127.0.0.1:{port} cannot be reached: start it, or name another with --prometheus."
    )
    assert status.json()["prometheus_url"] == f"http://127.0.0.1:{port}"


def test_an_answer_that_is_too_large_is_refused(
    page: httpx.Client, prometheus: FakePrometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "MAX_ANSWER_BYTES", 1024 * 1024)
    prometheus.content = b'"' + b"x" * (1024 * 1024) + b'"'
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert answer.status_code == 502
    assert answer.json()["error"].endswith("exceeds 1 MiB: ask for fewer series or a shorter range.")


def test_an_answer_of_ten_megabytes_arrives_whole(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.content = b'"' + b"x" * 10_000_000 + b'"'
    assert page.get(f"{PROXY}/api/v1/query?query=1").content == prometheus.content


def test_a_query_that_is_too_long_is_413(page: httpx.Client, prometheus: FakePrometheus) -> None:
    assert page.post(f"{PROXY}/api/v1/query", data={"query": "x" * 1_100_000}).status_code == 413
    assert prometheus.asked == []


def test_a_body_that_is_no_form_is_415(page: httpx.Client, prometheus: FakePrometheus) -> None:
    assert page.post(f"{PROXY}/api/v1/query", json={"query": "1"}).status_code == 415
    assert prometheus.asked == []


def test_proxies_of_the_environment_are_not_used(prometheus: FakePrometheus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with standing_in(prometheus.url) as server, httpx.Client(trust_env=False, timeout=20) as client:
        assert client.get(f"{server.url}{PROXY}/api/v1/query?query=1").status_code == 200


def test_without_anonymous_viewers_a_credential_is_needed(prometheus: FakePrometheus) -> None:
    source = {"uid": "prometheus", "name": "P", "type": "prometheus", "url": prometheus.url}
    with GrafanaStandIn(data_sources=[source]) as server:
        assert httpx.get(f"{server.url}{PROXY}/api/v1/query?query=1").status_code == 401
    assert prometheus.asked == []


SIGNED = "Bearer s3cret"


def test_a_protected_prometheus_is_shown_its_credential_and_nobody_else_is(
    prometheus: FakePrometheus, tmp_path: Path
) -> None:
    other = {"uid": "other", "name": "Other", "type": "prometheus", "url": f"{prometheus.url}/other"}
    database = tmp_path / "kept.sqlite"
    with standing_in(prometheus.url, authorizations={prometheus.url: SIGNED}, database=database) as server:
        httpx.post(f"{server.url}/api/datasources", json=other, auth=("admin", "admin")).raise_for_status()
        httpx.get(f"{server.url}{PROXY}/api/v1/query?query=1", headers={"Authorization": "Basic YWRtaW46YWRtaW4="})
        httpx.post(f"{server.url}{PROXY}/api/v1/query", data={"query": "1"}, auth=("admin", "admin"))
        httpx.get(f"{server.url}/api/datasources/uid/prometheus/health").raise_for_status()
        httpx.get(f"{server.url}/api/datasources/proxy/uid/other/api/v1/query?query=1")
        seen = "".join(
            httpx.get(f"{server.url}{path}").text
            for path in ("/api/datasources", "/api/datasources/uid/prometheus", "/standin/status", "/", "/d/x")
        )
    asked = [(path.partition("?")[0], headers.get("authorization")) for _, path, _, headers in prometheus.asked]
    assert asked == [("/api/v1/query", SIGNED)] * 3 + [("/other/api/v1/query", None)]
    assert "s3cret" not in seen
    assert b"s3cret" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_one_sentence_that_does_not_repeat_it(prometheus: FakePrometheus, status: int) -> None:
    prometheus.status, prometheus.content = status, b'{"status": "error", "error": "not with Bearer s3cret"}'
    with standing_in(prometheus.url, authorizations={prometheus.url: SIGNED}) as server:
        answer = httpx.get(f"{server.url}{PROXY}/api/v1/query?query=1")
        health = httpx.get(f"{server.url}/api/datasources/uid/prometheus/health")
    sentence = f"{prometheus.url} answered {status}: start this server with a credential that it accepts."
    assert (answer.status_code, answer.json()["error"]) == (502, sentence)
    assert (health.status_code, health.json()["message"]) == (400, sentence)


@pytest.mark.parametrize("members", [1, 40], ids=["one stream", "another behind it"])
def test_a_compression_bomb_is_refused_before_it_is_unpacked(
    page: httpx.Client, prometheus: FakePrometheus, members: int
) -> None:
    """256 MiB of zeros are 256 KiB of gzip."""
    packer = zlib.compressobj(1, wbits=31)
    bomb = b"".join(packer.compress(b"\0" * 2**20) for _ in range(256)) + packer.flush()
    prometheus.headers |= {"Content-Encoding": "gzip"}
    prometheus.content = bomb * members
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert (answer.status_code, "exceeds 32 MiB" in answer.json()["error"]) == (502, True)
    assert grown_bytes < 150 * 2**20


def test_no_piece_of_an_answer_is_unpacked_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever size the network hands it on: 64 MiB here."""
    monkeypatch.setattr(upstream, "MAX_ANSWER_BYTES", 2**20)

    piece = gzip.compress(b"0" * 2**26)

    async def in_one_piece() -> AsyncIterator[bytes]:
        yield piece

    answer = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=in_one_piece())
    tracemalloc.start()
    with pytest.raises(UpstreamError, match="exceeds 1 MiB"):
        asyncio.run(upstream._bounded(answer, "Prometheus"))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * 2**20


def test_gzip_arrives_unpacked(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.headers |= {"Content-Encoding": "gzip"}
    prometheus.content = gzip.compress(b'{"status": "success"}')
    assert page.get(f"{PROXY}/api/v1/query?query=1").json() == {"status": "success"}


@pytest.mark.parametrize(("packing", "said"), [("br", "was not asked for"), ("gzip", "damaged gzip")])
def test_another_compression_and_damaged_gzip_are_a_sentence(
    page: httpx.Client, prometheus: FakePrometheus, packing: str, said: str
) -> None:
    prometheus.headers |= {"Content-Encoding": packing}
    prometheus.content = b'{"status": "success"}'
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert (answer.status_code, said in answer.json()["error"]) == (502, True)


def test_gzip_that_lacks_its_end_is_a_sentence(page: httpx.Client, prometheus: FakePrometheus) -> None:
    prometheus.headers |= {"Content-Encoding": "gzip"}
    prometheus.content = gzip.compress(b'{"status": "success"}')[:-8]
    answer = page.get(f"{PROXY}/api/v1/query?query=1")
    assert (answer.status_code, "gzip that lacks its end" in answer.json()["error"]) == (502, True)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_content_is_a_sentence(page: httpx.Client, prometheus: FakePrometheus, status: int) -> None:
    prometheus.status, prometheus.content = status, b""
    assert page.get(f"{PROXY}/api/v1/query?query=1").status_code == 502
