"""What `deploy.py loadtest` refuses, what it keeps secret, and what it says when it is interrupted."""

import json
import os
import signal
import subprocess
import sys

import pytest

from glassbox.errors import GlassboxError
from glassbox.load.arrivals import closed_loop
from glassbox.load.loadtest import LoadTest
from glassbox.load.target import api_url
from glassbox.servers.processes import free_port
from tests.support.load_command import SCHEMA, load, refused
from tests.support.openai_server import MODEL, openai_server
from tests.support.paths import ROOT
from tests.support.waiting import eventually

KEY = "sk-very-secret"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/", "http://h:8000/v1"),
        ("http://h:8000/v1", "http://h:8000/v1"),
        ("https://h/openai/v1/", "https://h/openai/v1"),
        ("https://h/v1/chat/completions", "https://h/v1"),
        ("https://h/gateway", "https://h/gateway/v1"),
    ],
)
def test_the_url_is_meant_with_or_without_its_version(given, meant):
    assert api_url(given) == meant


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://h",
        "http://",
        "http://u:secret-word@h",
        "ftp://u:secret-word@h",
        "http://h?x=1",
        "http://[h",
    ],
)
def test_what_is_no_address_is_refused(url, capsys):
    said = refused(capsys, "--url", url, "--model", "m")
    assert "secret-word" not in said


def test_the_key_comes_from_the_environment_or_a_file_and_is_never_shown(capsys, monkeypatch, tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    with openai_server(key=KEY) as server:
        said = refused(capsys, "--url", server.url, "--model", MODEL)
        assert "HTTP 401" in said and "set OPENAI_API_KEY or name a file" in said
        monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-one")
        assert "sk-wrong-one" not in refused(capsys, "--url", server.url, "--model", MODEL)
        assert load(server, "--requests", "1", "--api-key-file", str(file)) == 0
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        assert load(server, "--requests", "1", "--json", str(tmp_path / "out.json")) == 0
    assert KEY not in capsys.readouterr().out + (tmp_path / "out.json").read_text()


def test_what_a_user_gets_wrong_is_one_sentence(capsys, tmp_path, monkeypatch):
    with openai_server() as server:
        url = ("--url", server.url, "--model", MODEL)
        assert "it serves tiny, tiny-lora." in refused(capsys, "--url", server.url, "--model", "nope")
        assert "check --url and --model" in refused(capsys, "--url", f"{server.url}/elsewhere", "--model", MODEL)
        assert "give one of the two" in refused(capsys, *url, "--rate", "1", "--concurrency", "2")
        assert "give one of the two" in refused(capsys, *url, "--rate", "1", "--ramp", "1:2:1")
        assert "needs --ramp" in refused(capsys, *url, "--step-seconds", "2")
        assert "is not A:B:STEP" in refused(capsys, *url, "--ramp", "1:2")
        for ramp in ("0:2:1", "3:2:1", "1:2:0", "1:nan:1", "1:inf:1"):
            assert "must go up" in refused(capsys, *url, "--ramp", ramp)
        assert "too short" in refused(capsys, *url, "--ramp", "1:2:1", "--step-seconds", "1")
        assert "not named like a picture" in refused(capsys, *url, "--image", str(tmp_path / "page.txt"))
        assert "No such file" in refused(capsys, *url, "--image", str(tmp_path / "page.png"))
        (tmp_path / "endless.png").symlink_to("/dev/zero")
        assert "it is a pipe or a device" in refused(capsys, *url, "--image", str(tmp_path / "endless.png"))
        assert "this folder does not exist" in refused(capsys, *url, "--json", str(tmp_path / "no" / "out.json"))
        assert "cannot be read" in refused(capsys, *url, "--api-key-file", str(tmp_path / "key"))
        monkeypatch.setenv("OPENAI_API_KEY", "two words")
        assert "OPENAI_API_KEY holds a space" in refused(capsys, *url)
        monkeypatch.delenv("OPENAI_API_KEY")
    assert "no connection" in refused(capsys, "--url", f"http://127.0.0.1:{free_port()}", "--model", MODEL)
    monkeypatch.setenv("http_proxy", f"http://me:s3cret@127.0.0.1:{(port := free_port())}")
    through = (
        f"A first request to http://engine.test/v1 through the proxy 127.0.0.1:{port} (http_proxy) failed: no connec"
    )
    assert through in refused(capsys, "--url", "http://engine.test", "--model", MODEL)


def test_a_proxy_that_is_not_there_is_named_and_the_server_is_not_blamed(capsys, monkeypatch):
    proxy = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("http_proxy", f"http://{proxy}")
    said = refused(capsys, "--url", "http://server.test", "--model", MODEL)
    assert f"through the proxy {proxy} (http_proxy) failed: the proxy refused the connection" in said
    assert "--url" not in said


def test_the_same_script_runs_from_anywhere_and_ctrl_c_tells_what_was_measured(tmp_path):
    out = tmp_path / "out.json"
    with openai_server() as server:
        command = [sys.executable, str(ROOT / "deploy.py"), "loadtest", "--url", server.url, "--model", MODEL]
        process = subprocess.Popen(
            [*command, "--requests", "1000000", "--concurrency", "2", "--json", str(out)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that runs the tests in the background has them ignore Ctrl-C, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # the child does nothing else
        )
        eventually(lambda: len(server.bodies) > 20 or process.poll() is not None, 60, poll_seconds=0.02)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Interrupted: these are the results until then." in errors and "Traceback" not in errors
    told = json.loads(out.read_text())
    assert told["interrupted"] and told["succeeded"] >= 15 and told["failed"] == 0
    assert f"{told['succeeded']} succeeded, 0 failed" in said
    SCHEMA.validate(told)


def test_an_interrupted_ramp_tells_its_requests_instead_of_a_capacity(capsys, monkeypatch, tmp_path):
    async def interrupted(self, ask, bodies):
        await closed_loop(ask, bodies, 3, 1, self.progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(LoadTest, "_load", interrupted)
    with openai_server() as server:
        assert load(server, "--ramp", "10:20:1", "--save-baseline", "before", "--folder", str(tmp_path)) == 1
    said = capsys.readouterr()
    assert "3 requests: 3 succeeded, 0 failed." in said.out and "apacity" not in said.out
    assert said.err.endswith("Interrupted: these are the results until then, and no baseline is saved.\n")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_result_leaves_nothing_half_written(capsys, tmp_path):
    (tmp_path / "out.json").mkdir()
    with openai_server() as server:
        assert load(server, "--requests", "1", "--json", str(tmp_path / "out.json")) == 1
    captured = capsys.readouterr()
    assert "1 succeeded" in captured.out and "cannot be written" in captured.err
    assert list(tmp_path.iterdir()) == [tmp_path / "out.json"]


def test_a_wrong_url_raises_before_anything_is_sent():
    with pytest.raises(GlassboxError, match=r"--url does not start with http:// or https://"):
        api_url("nowhere")
