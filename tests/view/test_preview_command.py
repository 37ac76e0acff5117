"""`deploy.py preview` as a process of its own: what is saved is shown, and what a user does wrong is one sentence."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ("glassbox", "recording_rules", "dashboards", "alerts", "demo", "exporter")
NO_PROMETHEUS = ("--prometheus", "http://127.0.0.1:1")


@pytest.fixture
def checkout(tmp_path):
    """A copy to be changed."""
    for name in CONTENT:
        ignored = shutil.ignore_patterns("node_modules", "__pycache__", "dist")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "deploy.py", tmp_path)
    return tmp_path


@contextmanager
def running(folder, *arguments, options=()):
    command = [sys.executable, "-u", "deploy.py", *options, "preview", "--port", "0", *NO_PROMETHEUS, *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = iter(process.stdout.readline, "")
        try:
            yield process, said, re.search(r"http://\S+", next(said))[0]
        finally:
            process.kill()


def until(said, words):
    return next(line for line in said if words in line)


def status(url):
    with urllib.request.urlopen(f"{url}/standin/status", timeout=10) as answer:
        return json.load(answer)


def titles(url):
    with urllib.request.urlopen(f"{url}/api/search?type=dash-db", timeout=10) as answer:
        return {hit["title"] for hit in json.load(answer)}


def ended(*arguments, folder=ROOT, options=(), **environment):
    """Exit code, stdout and stderr of a preview that ends by itself; `options` come before its name."""
    command = [sys.executable, "deploy.py", *options, "preview", *arguments]
    environment = {name: text for name, text in (os.environ | environment).items() if text is not None}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_each_save_of_a_module_is_shown_or_its_error_with_file_and_line(checkout):
    gpu = checkout / "dashboards" / "gpu.py"
    before = gpu.read_text()
    assert '"GPU"' in before
    with running(checkout) as (process, said, url):
        until(said, "Press Ctrl-C to end.")
        assert "GPU" in titles(url)
        gpu.write_text(before.replace('"GPU"', '"Graphics"'))
        assert re.fullmatch(r"gpu\.py changed: 10 dashboards, ready in \d+\.\d s\.\n", until(said, "changed"))
        assert {"Graphics"} == titles(url) - {"GPU"} & {"Graphics"}
        gpu.write_text(before + "\nboom = undefined_name\n")
        line = before.count("\n") + 2
        message = "NameError: name 'undefined_name' is not defined"
        assert until(said, "changed") == f"gpu.py changed: Not shown: dashboards/gpu.py:{line}: {message}\n"
        assert status(url)["error"] == {"message": message, "file": "dashboards/gpu.py", "line": line}
        assert "Graphics" in titles(url)
        gpu.write_text(before + "def (:\n")
        until(said, "changed")
        assert status(url)["error"]["line"] == before.count("\n") + 1
        gpu.write_text(before)
        until(said, "changed")
        assert status(url)["error"] is None
        assert "GPU" in titles(url)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_a_mistake_in_content_is_shown_at_its_own_line_and_not_in_the_kit(checkout):
    overview = checkout / "dashboards" / "gpu.py"
    overview.write_text(overview.read_text() + "\nfrom glassbox.query.promql import quantile\nquantile(2, None)\n")
    with running(checkout) as (_, said, url):
        until(said, "Press Ctrl-C to end.")
        found = status(url)["error"]
    assert found["file"] == "dashboards/gpu.py"
    assert found["line"] > 10


# The first is read by the settings, the second by everything, the third by what is compiled.
@pytest.mark.parametrize(
    "name", ["glassbox/metrics/vllm.py", "glassbox/settings/model.py", "glassbox/compile/bundle.py"]
)
@pytest.mark.parametrize(
    ("mistake", "message"),
    [("def (:", "SyntaxError: invalid syntax"), ("nothing", "NameError: name 'nothing' is not defined")],
)
def test_a_mistake_from_the_start_is_shown_until_it_is_corrected(checkout, name, mistake, message):
    file = checkout / name
    before = file.read_text()
    file.write_text(f"{before}\n{mistake}\n")
    line = before.count("\n") + 2
    with running(checkout) as (_, said, url):
        assert until(said, "Not shown") == f"Not shown: {name}:{line}: {message}\n"
        until(said, "Press Ctrl-C to end.")
        assert status(url)["error"] == {"message": message, "file": name, "line": line}
        file.write_text(before)
        assert "10 dashboards, ready" in until(said, "changed")
        assert status(url)["error"] is None


@pytest.mark.parametrize(
    ("mistake", "message"),
    [("def (:", "SyntaxError: invalid syntax"), ("nothing", "NameError: name 'nothing' is not defined")],
)
def test_a_mistake_in_what_the_command_line_needs_is_one_sentence(checkout, mistake, message):
    file = checkout / "glassbox" / "errors.py"
    before = file.read_text()
    file.write_text(f"{before}\n{mistake}\n")
    line = before.count("\n") + 2
    code, _, said = ended(folder=checkout)
    assert (code, said) == (1, f"Error: glassbox/errors.py:{line}: {message}: correct it.\n")


def test_settings_that_are_not_there_are_one_sentence(tmp_path):
    code, _, said = ended(options=("--settings", "nowhere.yaml"))
    assert (code, said) == (1, "Error: Settings file nowhere.yaml does not exist: name another with --settings.\n")


def test_settings_with_a_mistake_are_shown_until_they_are_corrected(checkout):
    file = checkout / "settings.yaml"
    file.write_text("grafana: {folder_title: [1]}\n")
    with running(checkout, options=("--settings", "settings.yaml")) as (_, said, url):
        assert "folder_title" in until(said, "Not shown")
        until(said, "Press Ctrl-C to end.")
        file.write_text("grafana: {folder_title: Mine}\n")
        assert "10 dashboards, ready" in until(said, "changed")
        assert status(url)["error"] is None


def test_without_prometheus_it_opens_and_says_so(tmp_path):
    (tmp_path / "board.json").write_text('{"title": "Mine", "panels": []}')
    with running(ROOT, "--path", str(tmp_path)) as (_, said, url):
        assert next(said) == (
            "Prometheus at http://127.0.0.1:1 does not answer; "
            "panels stay empty until it answers, or name another with --prometheus.\n"
        )
        until(said, "Press Ctrl-C to end.")
        assert titles(url) == {"Mine"}


def test_a_damaged_file_is_named_beside_the_boards_of_the_others(tmp_path):
    (tmp_path / "board.json").write_text('{"title": "Mine", "panels": []}')
    (tmp_path / "damaged.json").write_text('{\n"title" 1}')
    with running(ROOT, "--path", str(tmp_path)) as (_, said, url):
        line = until(said, "Not shown")
        assert line.startswith("1 dashboards, ready in ")
        assert line.endswith(
            f"Not shown: {tmp_path}/damaged.json:2: it is not JSON (Expecting ':' delimiter); correct it.\n"
        )
        assert titles(url) == {"Mine"}
        assert status(url)["error"]["line"] == 2


@contextmanager
def protected():
    """A Prometheus that asks for a token; its address, and the headers that it was shown."""
    shown = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            shown.append(self.headers.get("Authorization"))
            self.send_response(200 if shown[-1] == "Bearer s3cret" else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"status": "success", "data": []}')

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", shown
        server.shutdown()


def test_a_protected_prometheus_is_shown_the_token_of_the_environment(tmp_path, monkeypatch):
    (tmp_path / "board.json").write_text('{"title": "Mine", "panels": []}')
    monkeypatch.setenv("PROMETHEUS_TOKEN", "s3cret")
    with protected() as (prometheus, shown):
        with running(ROOT, "--path", str(tmp_path), "--prometheus", prometheus) as (process, said, url):
            spoken = [until(said, "ready"), until(said, "Press Ctrl-C to end.")]
            with urllib.request.urlopen(
                f"{url}/api/datasources/proxy/uid/prometheus/api/v1/labels", timeout=10
            ) as answer:
                assert json.load(answer)["data"] == []
            assert b"s3cret" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert shown == ["Bearer s3cret"] * 2
        assert not any("s3cret" in line or "answers" in line for line in spoken)


def test_without_its_credential_it_opens_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "board.json").write_text('{"title": "Mine", "panels": []}')
    monkeypatch.delenv("PROMETHEUS_TOKEN", raising=False)
    with protected() as (prometheus, shown):
        with running(ROOT, "--path", str(tmp_path), "--prometheus", prometheus) as (_, said, _url):
            assert next(said) == (
                f"Prometheus at {prometheus} answers 401: "
                "set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.\n"
            )
        assert shown == [None]


@pytest.mark.parametrize("command", ["preview", "pictures"])
def test_a_credential_in_the_address_is_refused_and_not_repeated(command):
    arguments = [sys.executable, "deploy.py", command, "--prometheus", "http://me:s3cret@127.0.0.1:1"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: The URL of --prometheus holds a user name or a password, which other users of this machine can read: "
        "remove it up to the @, and set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD.\n"
    )


def test_a_port_in_use_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, said = ended("--port", str(port), *NO_PROMETHEUS)
    assert (code, said) == (
        1,
        f"Error: Port {port} on 127.0.0.1 cannot be used (Address already in use): choose another with --port.\n",
    )


def test_others_are_let_in_only_with_a_password():
    code, _, said = ended("--bind", "0.0.0.0", "--port", "0", PREVIEW_ADMIN_PASSWORD=None)
    assert (code, said) == (1, "Error: --bind opens the page to other machines: set PREVIEW_ADMIN_PASSWORD first.\n")


def test_a_missing_package_is_one_sentence(tmp_path):
    """As after an installation without the extra `demo`."""
    (tmp_path / "watchfiles.py").write_text("raise ModuleNotFoundError('', name='watchfiles')")
    code, _, said = ended(PYTHONPATH=str(tmp_path))
    assert (code, said) == (1, "Error: the Python package 'watchfiles' is missing: run `make setup` first.\n")


def test_a_package_that_the_boards_need_is_no_fault_of_a_board(tmp_path):
    (tmp_path / "grafanalib.py").write_text("raise ModuleNotFoundError('', name='grafanalib')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "deploy.py", "snapshot"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: the Python package 'grafanalib' is missing: run `make setup` first.\n"


@pytest.mark.parametrize("command", ["build", "lint", "--help"])
def test_other_commands_import_nothing_of_it(command, tmp_path):
    for name in ("watchfiles", "uvicorn", "starlette", "playwright", "httpx"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not needed')")
    arguments = ["build", "--out", str(tmp_path / "build")] if command == "build" else [command]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.small_content", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
