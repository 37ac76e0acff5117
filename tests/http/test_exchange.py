"""Requests to servers with private certificates, behind proxies, and without end."""

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from glassbox.errors import GlassboxError
from glassbox.http.bounded import ANSWER_MAX_BYTES, UnreadableAnswerError, bounded_body
from glassbox.http.certificates import VARIABLES
from glassbox.http.exchange import Exchange, NoAnswerError
from glassbox.http.retries import PAUSES_MAX_SECONDS, Patience
from glassbox.http.route import route_to
from glassbox.standin.upstream import Upstream
from glassbox.view import local_grafana
from glassbox.view.local_grafana import PrometheusAddress, unreachable, way_to
from tests.support.listening import listening
from tests.support.private_tls import Authority, proxy, tls_server

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in (*VARIABLES, *PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    seconds = []
    monkeypatch.setattr(Patience, "pause", staticmethod(seconds.append))
    return seconds


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    alternative = ""

    def do_GET(self):
        content = b'{"status": "success", "data": {}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.alternative:
            self.send_header("Alt-Svc", self.alternative)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def exchange(url, **given):
    made = Exchange(url, "Grafana", **{"read_seconds": 5, **given})
    try:
        yield made
    finally:
        made.close()


def problem(url, **given):
    with exchange(url, **given) as made, pytest.raises(NoAnswerError) as caught:
        made.send("GET", "/")
    return str(caught.value)


@contextmanager
def raw_server(reply):
    """Sends what `reply(connection)` says to each request, whatever it was."""

    def serve(connection):
        with connection:
            connection.recv(65536)
            with suppress(OSError):
                reply(connection)

    with listening(serve) as port:
        yield f"http://127.0.0.1:{port}"


# --- certificates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", VARIABLES)
def test_each_client_believes_the_authority_of_each_variable(monkeypatch, authority, variable, tmp_path):
    (tmp_path / "own.crt").write_text(authority.file.read_text())
    monkeypatch.setenv(variable, str(tmp_path if variable == "SSL_CERT_DIR" else authority.file))
    with tls_server(authority.context(), Hello) as port:
        url = f"https://127.0.0.1:{port}"
        with exchange(url) as made:
            assert made.send("GET", "/").status == 200
        assert unreachable(PrometheusAddress(url)) == ""

        async def through_the_preview():
            upstream = Upstream(way_to=way_to)
            upstream.open()
            answer = await upstream.ask(url, "api/v1/query", "query=1", None)
            await upstream.close()
            return answer.status

        assert asyncio.run(through_the_preview()) == 200


def test_reasons_of_tls_are_named(monkeypatch, authority):
    with tls_server(authority.context(), Hello) as port:
        unknown = problem(f"https://127.0.0.1:{port}")
        assert (
            "unable to get local issuer certificate): name a file with its authority in REQUESTS_CA_BUNDLE" in unknown
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert "Hostname mismatch" in problem(f"https://localhost:{port}")
    with tls_server(authority.context(days="-1"), Hello) as port:
        assert "certificate has expired): renew it on the server" in problem(f"https://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "content", [None, "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_unusable_certificates_name_their_variable(monkeypatch, tmp_path, content):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with pytest.raises(GlassboxError, match=r"^REQUESTS_CA_BUNDLE .*(correct it|in PEM)"):
        Exchange("https://grafana.test", "Grafana", read_seconds=1)


def test_certificates_of_a_device_without_end_are_refused(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/zero")
    with pytest.raises(GlassboxError, match=r"^SSL_CERT_FILE names /dev/zero, which cannot be read \(it is a pipe or"):
        route_to("https://grafana.test")


# --- proxies -----------------------------------------------------------------------------------------------------


def test_every_client_goes_through_the_proxy(monkeypatch, authority):
    seen = []
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with tls_server(authority.context(), Hello) as port, proxy(port, seen) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        url = "https://server.test:3000"
        with exchange(url) as made:
            assert made.send("GET", "/").status == 200
        with httpx.Client(**route_to(url).for_httpx()) as client:
            assert client.get(url).status_code == 200
    assert seen == ["CONNECT server.test:3000 HTTP/1.1"] * 2


def test_a_proxy_that_refuses_is_named(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://u:pa55@{address}")
    with exchange("https://server.test") as made:
        assert str(made.route) == f"through the proxy {address} (HTTPS_PROXY) "
    assert problem("https://server.test").startswith("failed: the proxy refused the connection, so correct HTTPS_PROXY")
    said = unreachable(PrometheusAddress("https://server.test"))
    assert f"through the proxy {address} (HTTPS_PROXY) failed: the proxy refused the connection" in said
    assert "pa55" not in said


def test_a_proxy_that_wants_a_password_says_so(monkeypatch):
    with raw_server(lambda c: c.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        wanted = "the proxy wants a user and a password, so put both into the address in HTTPS_PROXY"
        assert wanted in problem("https://server.test")
        assert wanted in unreachable(PrometheusAddress("https://server.test"))


def test_this_machine_is_reached_straight_and_unsigned_whatever_the_environment_says(monkeypatch, tmp_path):
    """A proxy that is down, and a .netrc with a password for every machine."""
    (tmp_path / "netrc").write_text("default login u password pa55")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []

    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with listening(
        lambda connection: (seen.append(connection.recv(65536)), answer(connection), connection.close())
    ) as port:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        with exchange(f"http://127.0.0.1:{port}") as made:
            assert made.send("GET", "/").status == 200
    assert b"GET / HTTP/1.1" in seen[0] and b"uthorization" not in seen[0]


# --- endless and broken answers ------------------------------------------------------------------------------------


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 2**20)


@cache
def packed():
    """Made before it is asked for: the server has to answer in time."""
    return gzip.compress(b" " * (ANSWER_MAX_BYTES * 2), 1)


def bomb(connection):
    content = packed()
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content) + content
    )


def many_values(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    for _ in range(16):
        connection.sendall(b"[]," * 100_000)
    connection.sendall(b"[]]")


def test_an_answer_of_more_values_than_memory_is_not_parsed():
    with raw_server(many_values) as url:
        assert "sent an answer of more than 3 million values: check the address" in problem(url)


@pytest.mark.parametrize("reply", [endless, bomb])
def test_no_more_than_the_limit_is_read(reply):
    packed()
    with raw_server(reply) as url:
        assert "sent an answer of more than 64 MiB, and no more is read" in problem(url)


def test_a_bomb_is_not_unpacked_beyond_the_limit():
    content = gzip.compress(b" " * (64 * 2**20), 9)
    tracemalloc.start()
    with pytest.raises(UnreadableAnswerError, match="an answer of more than 1 MiB"):
        bounded_body([content], "gzip", 2**20)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * 2**20


def test_a_compressed_body_that_lacks_its_end_is_not_taken_for_whole():
    content = gzip.compress(b"whole")
    assert bounded_body([content], "gzip") == b"whole"
    with pytest.raises(UnreadableAnswerError, match="an answer that was cut short"):
        bounded_body([content[:-8]], "gzip")


def test_a_body_is_read_up_to_the_limit_itself():
    assert len(bounded_body([b"a" * 2**19] * 2, "", 2**20)) == 2**20
    with pytest.raises(UnreadableAnswerError):
        bounded_body([b"a" * 2**19] * 2 + [b"a"], "", 2**20)


def test_the_connection_of_an_answer_that_is_too_long_is_closed():
    closed = threading.Event()

    def send_until_closed(connection):
        with suppress(OSError):
            endless(connection)
        closed.set()

    with raw_server(send_until_closed) as url, exchange(url) as made:
        with pytest.raises(NoAnswerError, match="more than 64 MiB") as caught:
            made.send("GET", "/")
        assert closed.wait(10), caught


def test_a_refusal_without_end_is_not_drained(waits):
    def refuse(connection):
        connection.sendall(b"HTTP/1.1 429 Wait\r\nRetry-After: 30\r\n\r\n")
        while True:
            connection.sendall(b" " * 2**20)

    with raw_server(refuse) as url:
        assert "sent an answer of more than 64 MiB" in problem(url)
    assert waits == []


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_that_drips_ends_after_its_whole_time(head):
    ended = threading.Event()

    def drip(connection):
        connection.sendall(head)
        while not ended.wait(0.02):
            connection.sendall(b"H")

    with raw_server(drip) as url:
        started = time.monotonic()
        assert "or not all of it within 0.8 s" in problem(url, read_seconds=0.1)
        assert time.monotonic() - started < 5
        ended.set()


def test_a_preview_does_not_wait_for_a_head_that_drips(monkeypatch):
    monkeypatch.setattr(local_grafana, "PROBE_TIMEOUT_SECONDS", 0.2)
    ended = threading.Event()

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not ended.wait(0.02):
            connection.sendall(b"X: a\r\n")

    with raw_server(drip) as url:
        threading.Timer(5, ended.set).start()
        assert "does not answer; panels stay empty until it answers" in unreachable(PrometheusAddress(url))
        assert not ended.is_set()
        ended.set()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
            "a compression that it was not asked for",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\nxxxxxxxxxxxxxxxxxxxx",
            "whose compression is broken",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", "check"),
        (b"nonsense\r\n\r\n", "check"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, "not valid HTTP"),
    ],
)
def test_broken_answers_are_one_sentence(answer, sentence):
    with raw_server(lambda connection: connection.sendall(answer)) as url:
        said = problem(url)
    assert sentence in said
    assert "bytearray" not in said


def test_the_waiting_of_a_command_has_one_bound(waits):
    class Busy(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(429)
            self.send_header("Retry-After", "30")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with exchange(f"http://127.0.0.1:{server.server_port}") as made:
            for _ in range(10):
                assert made.send("GET", "/").status == 429
        server.shutdown()
    assert waits == [30.0] * 4
    assert sum(waits) == PAUSES_MAX_SECONDS


def test_no_datagram_follows_an_offer_of_http_3(monkeypatch, authority):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.setblocking(False)
        offer = f'h3=":{target.getsockname()[1]}"; ma=3600'
        offering = type("Offering", (Hello,), {"alternative": offer})
        with tls_server(authority.context(), offering) as port, exchange(f"https://127.0.0.1:{port}") as made:
            assert [made.send("GET", "/").status for _ in range(3)] == [200] * 3
        with pytest.raises(BlockingIOError):
            target.recv(1)
