import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse

from glassbox.errors import GlassboxError
from glassbox.relay import relaying
from glassbox.relay.chat_messages import AlertText, Link, Message
from glassbox.relay.relaying import application
from glassbox.relay.robots import DingTalk, WeCom, signature
from glassbox.servers.background import served
from glassbox.servers.processes import free_port
from tests.support.chat_server import TAKEN_BY_ROBOT, chat_server, webhook_body
from tests.support.ours import main
from tests.support.paths import ROOT

TEXT = Message("title", "", (AlertText(True, "满", "*", links=(Link("Runbook", url="https://x/r"),)),))
ALERT = {"status": "firing", "labels": {"alertname": "A", "severity": "page"}, "annotations": {"summary": "s"}}


def send(robot, text):
    asyncio.run(relaying.send(robot, text))


@pytest.fixture
def secret(tmp_path):
    def write(content):
        file = tmp_path / f"secret-{len(list(tmp_path.iterdir()))}"
        file.write_text(content)
        return file

    return write


def test_wecom_gets_its_markdown(secret):
    with chat_server(TAKEN_BY_ROBOT) as chat:
        send(WeCom(secret(f"{chat.url}/cgi-bin/webhook/send?key=k1\n")), TEXT)
        assert chat.messages.get(timeout=5) == (
            {"key": "k1"},
            {"msgtype": "markdown", "markdown": {"content": "### title\n\n**满**\n\n＊\n\n[Runbook](https://x/r)"}},
        )


def test_dingtalk_gets_its_markdown_with_the_title_that_its_list_shows(secret):
    with chat_server(TAKEN_BY_ROBOT) as chat:
        send(DingTalk(secret(f"{chat.url}/robot/send?access_token=t1")), TEXT)
        assert chat.messages.get(timeout=5) == (
            {"access_token": "t1"},
            {
                "msgtype": "markdown",
                "markdown": {"title": "title", "text": "### title\n\n**满**\n\n\\*\n\n[Runbook](https://x/r)"},
            },
        )


def test_the_signature_is_dingtalks():
    """printf '1790000000000\\nSECabc' | openssl dgst -sha256 -hmac SECabc -binary | base64"""
    assert signature("SECabc", 1790000000000) == {
        "timestamp": "1790000000000",
        "sign": "E5/BtFtq3tCwIyq3uAxUusymmFVT8XBlzT+nRRJaKeo=",
    }


def test_signed_messages_carry_the_time_and_arrive_unharmed(secret, monkeypatch):
    monkeypatch.setattr("glassbox.relay.robots.time.time", lambda: 1790000000.0)
    with chat_server(TAKEN_BY_ROBOT) as chat:
        send(DingTalk(secret(f"{chat.url}/robot/send?access_token=t1"), secret("SECabc\n")), TEXT)
        query, _ = chat.messages.get(timeout=5)
    assert query == {"access_token": "t1", **signature("SECabc", 1790000000000)}


def test_a_new_address_needs_no_restart(secret):
    with chat_server(TAKEN_BY_ROBOT) as chat:
        file = secret(f"{chat.url}/?key=old")
        robot = WeCom(file)
        send(robot, TEXT)
        file.write_text(f"{chat.url}/?key=new")
        send(robot, TEXT)
        assert [chat.messages.get(timeout=5)[0]["key"] for _ in range(2)] == ["old", "new"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PlainTextResponse('{"errcode": 45009, "errmsg": "api freq out of limit"}'), "refused .*45009.*freq"),
        (PlainTextResponse('{"errcode": 310000, "errmsg": "关键词不匹配"}'), "refused .*关键词不匹配"),
        (PlainTextResponse("{}"), "refused a message: {}"),
        (PlainTextResponse("[]"), r"refused a message: \[\]"),
        (PlainTextResponse("<html>"), "did not accept a message .its answer is not JSON"),
        (PlainTextResponse("", status_code=503), "did not accept a message .HTTP 503"),
        (RedirectResponse("https://127.0.0.1:1/login?tokn", 307), "did not accept a message .HTTP 307"),
    ],
)
def test_what_a_robot_does_not_take_is_an_error_without_its_secret(secret, answer, said):
    """Both robots answer 200 to what they refuse."""
    with chat_server(answer) as chat, pytest.raises(GlassboxError, match=said) as caught:
        send(WeCom(secret(f"{chat.url}/?key=tokn")), TEXT)
    assert "tokn" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/?key=tokn", "http://[/?key=tokn", "http://\x7f/tokn"],
    ids=["free", "[", "\\x7f"],
)
def test_an_address_where_nobody_is_is_an_error_without_its_secret(secret, address):
    with pytest.raises(GlassboxError, match=r"wecom did not accept a message|does not hold an address") as caught:
        send(WeCom(secret(address.replace("{port}", str(free_port())))), TEXT)
    assert "tokn" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds 0 words"),
        ("a b", "holds 2 words"),
        ("tokn", "does not hold an address"),
        ("ftp://x/tokn", "does not hold an address"),
    ],
)
def test_a_file_without_an_address_is_refused_and_not_shown(secret, content, said):
    with pytest.raises(GlassboxError, match=said) as caught:
        WeCom(secret(content)).url()
    assert "tokn" not in str(caught.value)


def post(url, body):
    """Status and text of the answer."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_alertmanager_is_told_whether_the_message_was_shown(secret, capfd):
    refusal = PlainTextResponse('{"errcode": 93000, "errmsg": "invalid webhook url"}')
    with chat_server(refusal, TAKEN_BY_ROBOT) as chat:
        robot = WeCom(secret(f"{chat.url}/?key=tokn"))
        with served(application([robot])) as url:
            status, text = post(f"{url}/wecom", webhook_body(ALERT))
            assert (status, "93000" in text, "tokn" in text) == (502, True, False)
            assert "invalid webhook url" in capfd.readouterr().err
            assert post(f"{url}/wecom", webhook_body(ALERT)) == (200, "")
            assert post(f"{url}/wecom", {"alerts": []})[0] == 400
            assert post(f"{url}/dingtalk", webhook_body(ALERT))[0] == 404
        assert chat.messages.qsize() == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "No robot to send to: give --wecom-url-file, --dingtalk-url-file or --feishu-url-file."),
        (["--feishu-secret-file", "s"], "--feishu-secret-file needs an address"),
        (["--feishu-url-file", "URL", "--feishu-secret-file", "/nowhere/secret"], "/nowhere/secret cannot be read"),
        (["--dingtalk-secret-file", "s"], "--dingtalk-secret-file needs an address"),
        (["--wecom-url-file", "/nowhere/url"], "/nowhere/url cannot be read"),
        (["--dingtalk-url-file", "URL", "--dingtalk-secret-file", "/nowhere/secret"], "/nowhere/secret cannot be read"),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(capsys, secret, options, said):
    file = secret("https://robot.example/send?access_token=t")
    assert main(["relay", *(str(file) if option == "URL" else option for option in options)]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1 and printed.out == ""


def test_the_command_passes_alerts_on_until_it_is_ended(secret):
    with chat_server(TAKEN_BY_ROBOT) as chat:
        file, port = secret(f"{chat.url}/?access_token=t"), free_port()
        command = [sys.executable, "deploy.py", "relay", f"--dingtalk-url-file={file}", f"--port={port}"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert (
                    process.stdout.readline() == f"Alerts posted to http://127.0.0.1:{port}/dingtalk go to dingtalk.\n"
                )
                assert post(f"http://127.0.0.1:{port}/dingtalk", webhook_body(ALERT))[0] == 200
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 128 + signal.SIGTERM
        assert chat.next()["markdown"]["title"] == "[FIRING:1] page"
