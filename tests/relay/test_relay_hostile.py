"""Robots, pages and callers that mean harm, or are broken."""

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse

from glassbox.errors import GlassboxError
from glassbox.relay import relaying
from glassbox.relay.chat_messages import Message
from glassbox.relay.relaying import application
from glassbox.relay.robots import WeCom
from glassbox.servers.background import served
from tests.support.chat_server import TAKEN_BY_ROBOT, chat_server, webhook_body
from tests.support.ours import main
from tests.support.raw_server import raw_server

ALERT = {"status": "firing", "labels": {"alertname": "A", "severity": "page"}, "annotations": {"summary": "s"}}
BODY = json.dumps(webhook_body(ALERT)).encode()


@pytest.fixture
def robot(tmp_path):
    def at(url="https://robot.example/"):
        (tmp_path / "url").write_text(url)
        return WeCom(tmp_path / "url")

    return at


def asked(url, content=None, **headers):
    """Status and text of the answer."""
    request = urllib.request.Request(url, content, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def answering(listener, head, part, pause):
    """Answers one request with `head`, and then `part` again and again."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        try:
            connection.sendall(head)
            while not pause.wait(0.05 if len(part) == 1 else 0):
                connection.sendall(part)
        except OSError:
            pass


@pytest.mark.parametrize(
    ("part", "said"),
    [(b" ", "no whole answer within 1.5 s"), (b" " * 65536, "its answer exceeds 64 KiB")],
    ids=["drips", "has no end"],
)
@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "], ids=["body", "headers"])
def test_a_robot_whose_answer_does_not_end_is_given_up(robot, monkeypatch, head, part, said):
    monkeypatch.setattr(relaying, "ROBOT_TIMEOUT_SECONDS", 1.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answering, args=(listener, head, part, ended))
        thread.start()
        started = time.monotonic()
        with pytest.raises(GlassboxError, match=said if head.endswith(b"\n") else "did not accept"):
            asyncio.run(
                relaying.send(robot(f"http://127.0.0.1:{listener.getsockname()[1]}/?key=tokn"), Message("t", ""))
            )
        assert time.monotonic() - started < 6
        ended.set()
        thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(robot, status):
    with chat_server(TAKEN_BY_ROBOT) as other, chat_server(RedirectResponse(f"{other.url}/x", status)) as chat:
        with pytest.raises(GlassboxError, match=f"HTTP {status}"):
            asyncio.run(relaying.send(robot(chat.url), Message("t", "")))
        assert other.messages.empty()


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_pages_of_other_sites_cannot_send_alerts(robot, headers):
    with chat_server(TAKEN_BY_ROBOT) as chat, served(application([robot(chat.url)])) as url:
        assert asked(f"{url}/wecom", BODY, **headers)[0] == 403
        assert chat.messages.empty()


def test_an_address_that_takes_alerts_says_so_when_opened(robot):
    with served(application([robot()])) as url:
        status, text = asked(f"{url}/wecom")
        assert (status, text.startswith("This address takes alerts, and passes them on to wecom:")) == (200, True)
        assert asked(url)[1].endswith("POST to /wecom.\n")
        assert asked(f"{url}/other")[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"\xff", 400), (b"[" * 100_000, 400), (b'{"a":' * 100_000, 400), (b" " * 5_000_000, 413)],
    ids=["empty", "bytes", "deep list", "deep object", "large"],
)
def test_bodies_that_mean_harm_are_refused(robot, capfd, body, status):
    with served(application([robot()])) as url:
        assert asked(f"{url}/wecom", body)[0] == status
    assert capfd.readouterr().err == ""


def test_a_robots_words_cannot_command_the_terminal(robot, capfd):
    refusal = PlainTextResponse(json.dumps({"errcode": 1, "errmsg": "\x1b]0;x\x07\u202e" + "y" * 9000}))
    with chat_server(refusal) as chat, served(application([robot(chat.url)])) as url:
        assert asked(f"{url}/wecom", BODY)[0] == 502
    printed = capfd.readouterr().err
    assert "\x1b" not in printed and "\u202e" not in printed and len(printed) < 500


@pytest.mark.parametrize("address", ["/send?key=tokn", "/hook/tokn"])
def test_a_secret_that_a_robot_repeats_is_not_shown(robot, address):
    refusal = PlainTextResponse('{"errcode": 1, "errmsg": "unknown: tokn"}')
    with chat_server(refusal) as chat, pytest.raises(GlassboxError, match=r'unknown: \*\*\*"') as caught:
        asyncio.run(relaying.send(robot(f"{chat.url}{address}"), Message("t", "")))
    assert "tokn" not in str(caught.value)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_refuses_is_named(robot, monkeypatch, variable):
    monkeypatch.setenv(variable, "http://me:s3cret@127.0.0.1:9")
    named = (
        rf"through the proxy 127\.0\.0\.1:9 \({variable.lower()}\) did not accept a message \(failed: the proxy refused"
    )
    with pytest.raises(GlassboxError, match=f"(?i){named}") as caught:
        asyncio.run(relaying.send(robot(), Message("t", "")))
    assert "s3cret" not in str(caught.value)


def test_certificates_that_cannot_be_read_are_said_before_an_alert_is_lost(robot, monkeypatch, capsys):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert main(["relay", "--wecom-url-file", str(robot().url_file), "--port", "0"]) == 1
    assert capsys.readouterr().err.startswith("Error: REQUESTS_CA_BUNDLE names /nowhere, which cannot be read")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"9" * 5000, "its answer is not JSON"),
        (b"nonsense\r\n\r\n", "its answer is not HTTP"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_in_our_words(robot, answer, said):
    with raw_server(lambda: [answer]) as server, pytest.raises(GlassboxError, match=rf"\({said}\)"):
        asyncio.run(relaying.send(robot(server.url), Message("t", "")))


def test_help_has_examples(capsys):
    assert main(["relay", "--help"]) == 0
    text = capsys.readouterr().out
    assert "python deploy.py relay --wecom-url-file /etc/alertmanager/wecom_url" in text
    assert "--feishu-secret-file" in text
