"""Bodies that are too large, too slow or broken off, over real connections."""

import socket
from contextlib import closing

import pytest

from glassbox.standin import bodies
from glassbox.standin.server import GrafanaStandIn
from tests.support.waiting import eventually


def begun(server: GrafanaStandIn, length: int, body: bytes = b"") -> socket.socket:
    """A connection on which the beginning of a body was sent."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    head = f"POST /api/dashboards/db HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer editor\r\n"
    connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode() + body)
    return connection


def all_of(connection: socket.socket) -> str:
    """Its answer until the server closes."""
    with closing(connection):
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def test_a_body_that_does_not_come_is_refused_and_its_connection_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_SECONDS", 0.2)
    with GrafanaStandIn(tokens={"editor": "Editor"}) as server:
        answer = all_of(begun(server, 100, b'{"dashboard":'))
    assert answer.startswith("HTTP/1.1 408 ")
    assert answer.endswith('{"message":"Body did not come within 0.2 s"}')


def test_a_body_that_is_too_large_is_refused_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY_BYTES", 2**20)
    with GrafanaStandIn(tokens={"editor": "Editor"}) as server:
        answer = all_of(begun(server, 2**30, b" " * (2**20 + 1)))
    assert answer.startswith("HTTP/1.1 413 ")
    assert answer.endswith('{"message":"Body exceeds 1 MiB"}')


def test_a_sender_that_leaves_is_no_error_of_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    with GrafanaStandIn(tokens={"editor": "Editor"}) as server:
        begun(server, 100, b"{").close()
        assert eventually(lambda: len(server.requests) == 1, 10)
    assert capsys.readouterr().err == ""
