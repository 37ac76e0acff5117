"""The command line as a user meets it: outputs, exit codes, and one sentence for every mistake."""

import http.server
import importlib
import os
import shutil
import subprocess
import sys
import threading
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from glassbox.cli import main as command_line
from glassbox.prometheus import promtool
from glassbox.standin.server import GrafanaStandIn
from glassbox.start import start
from tests.support.small_content import PRODUCT, content

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = {
    "uid": "p1",
    "name": "Prometheus",
    "type": "prometheus",
    "url": "http://127.0.0.1:9090",
    "isDefault": True,
}
# The folder, the dashboard, the rule group.
OBJECTS = 3


def main(arguments, product=PRODUCT):
    """The command line of a small product in this process; its exit code."""
    return command_line.main(product, arguments)


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    for name in ("TOKEN", "USER", "PASSWORD", "URL"):
        monkeypatch.delenv(f"GRAFANA_{name}", raising=False)


@pytest.fixture
def server():
    tokens = {"admin-token": "Admin", "viewer-token": "Viewer"}
    with GrafanaStandIn(
        version="12.4.0", port=0, admin_password="secret-password", tokens=tokens, data_sources=[PROMETHEUS]
    ) as running:
        yield running


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("admin-token\n")
    return str(path)


def refused(capsys, *arguments):
    """The one sentence on stderr of a command that must fail with exit code 1."""
    assert main(arguments) == 1
    # Where a data source does not answer, that is said before the error.
    error = "".join(line for line in capsys.readouterr().err.splitlines(keepends=True) if not line.startswith("Whether data source"))  # fmt: skip  # one thing is one line
    assert error.startswith("Error: ") and error.count("\n") == 1
    assert "Traceback" not in error
    return error


def test_help_is_short_and_has_examples(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) < 72
    for example in ("deploy.py build", "deploy.py lint", "--grafana https://"):
        assert example in text
    assert main([]) == 0
    assert capsys.readouterr().out == text


def test_build_lists_what_it_wrote(capsys, tmp_path):
    assert main(["build", "--out", str(tmp_path / "b")]) == 0
    listed = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert listed == sorted(file for file in (tmp_path / "b").rglob("[!.]*") if file.is_file())
    assert {file.parent.name for file in listed} == {"dashboards", "alerts", "recording_rules", "grafana"}


def test_build_writes_what_reviewers_read_when_asked(capsys, tmp_path):
    assert main(["build", "--review", "--out", str(tmp_path)]) == 0
    listed = {Path(line).relative_to(tmp_path).as_posix() for line in capsys.readouterr().out.splitlines()}
    assert {path for path in listed if path.startswith("review/")} == {
        "review/alerts/queue.txt",
        "review/dashboards/glassbox-queue.txt",
        "review/recording_rules/waiting.txt",
    }
    assert "dashboards/glassbox-queue.json" in listed


def test_lint_finds_nothing(capsys):
    assert main(["lint"]) == 0
    assert capsys.readouterr().out == "No findings in 1 dashboard and 2 rules.\n"


def test_a_push_reports_each_object_and_a_second_one_nothing(capsys, server, token_file):
    arguments = ["--grafana", server.url, "--token-file", token_file]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert (
        "  + dashboard  Queue\n" in out and f"\nPushed: {OBJECTS} created, 0 updated, 0 deleted, 0 unchanged.\n" in out
    )
    assert f"at {server.url}, organisation 'Main Org.', folder 'glassbox'\n" in out
    assert out.endswith(f"Look: {server.url}/dashboards/f/glassbox\n")
    writes = [request for request in server.requests if request[0] != "GET"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith(f"Nothing to do: all {OBJECTS} objects are up to date.\n")
    assert [request for request in server.requests if request[0] != "GET"] == writes


@pytest.mark.parametrize("credential", [{"TOKEN": "admin-token"}, {"USER": "admin", "PASSWORD": "secret-password"}])
def test_credentials_come_from_the_environment(capsys, monkeypatch, server, credential):
    for name, value in credential.items():
        monkeypatch.setenv(f"GRAFANA_{name}", value)
    assert main(["--grafana", f"{server.url}/"]) == 0
    captured = capsys.readouterr()
    assert not any(secret in captured.out + captured.err for secret in ("admin-token", "secret-password"))


def test_no_credential_says_which_variables_to_set(capsys, server):
    assert "set GRAFANA_TOKEN" in refused(capsys, "--grafana", server.url)


def test_a_wrong_token_and_a_missing_right(capsys, monkeypatch, server):
    monkeypatch.setenv("GRAFANA_TOKEN", "glsa_wrong")
    sentence = refused(capsys, "--grafana", server.url)
    assert "401" in sentence and "GRAFANA_TOKEN" in sentence and "glsa_wrong" not in sentence
    monkeypatch.setenv("GRAFANA_TOKEN", "viewer-token")
    sentence = refused(capsys, "--grafana", server.url)
    assert "403" in sentence and "role" in sentence
    assert [request.path for request in server.writes] in ([], ["/api/folders"])


def test_an_unreachable_grafana(capsys, monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "t")
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    assert "refused the connection: is Grafana running there?" in refused(
        capsys, "--grafana", f"http://127.0.0.1:{port}"
    )


class Page(http.server.BaseHTTPRequestHandler):
    """A login page on every path but /moved, which redirects."""

    def do_GET(self):
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 200)
        self.send_header(
            "Location" if moved else "Content-Type", "https://other.example/login" if moved else "text/html"
        )
        self.end_headers()
        self.wfile.write(b"" if moved else b"<html>Sign in</html>")

    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_html_and_redirects_are_refused(capsys, monkeypatch, page):
    monkeypatch.setenv("GRAFANA_TOKEN", "t")
    assert "HTML, not JSON: is the URL Grafana's own address" in refused(capsys, "--grafana", page)
    assert "redirects are not followed" in refused(capsys, "--grafana", f"{page}/moved")


@pytest.mark.parametrize(
    "url", ["grafana.example.org", "ftp://grafana.example.org", "http://user:pw@grafana.example.org"]
)
def test_a_wrong_url_is_refused(capsys, monkeypatch, url):
    monkeypatch.setenv("GRAFANA_TOKEN", "t")
    assert "pw" not in refused(capsys, "--grafana", url)


def test_an_unknown_data_source(capsys, tmp_path, server, token_file):
    settings = tmp_path / "settings.yaml"
    settings.write_text("grafana: {data_source: nope}\n")
    sentence = refused(capsys, "--settings", str(settings), "--grafana", server.url, "--token-file", token_file)
    assert "does not have a Prometheus data source 'nope' (it has: Prometheus (p1))" in sentence
    assert not [request for request in server.requests if request[0] != "GET"]


@pytest.mark.parametrize(
    ("text", "words"), [("qps: 1\n", "unknown key 'qps'"), ("jobs: 5\n", "jobs: must be keys and values, not 5")]
)
def test_a_wrong_settings_file_stops_before_anything_is_written(capsys, tmp_path, text, words):
    settings = tmp_path / "settings.yaml"
    settings.write_text(text)
    assert words in refused(capsys, "--settings", str(settings), "build", "--out", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["biuld"], "No such command 'biuld'. Did you mean 'build'?"),
        (["--grafanna", "x"], "No such option"),
        (["build", "extra"], "extra argument (extra)"),
        (["--grafana"], "'--grafana' requires an argument"),
    ],
)
def test_a_wrong_command_line_is_an_error_of_code_1(capsys, arguments, words):
    assert words in refused(capsys, *arguments)


def test_grafana_and_a_command_do_not_mix(capsys):
    assert "--grafana does not go with 'build'" in refused(capsys, "--grafana", "http://x", "build")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--grafana", "http://x", "plan"], "--grafana goes after 'plan': write it there."),
        (["--token-file", "x", "verify", "--grafana", "http://x"], "--token-file goes after 'verify': write it there."),
        (["--yes", "rollback", "--grafana", "http://x"], "--yes goes after 'rollback': write it there."),
        (["--prometheus", "http://x", "doctor"], "--prometheus goes after 'doctor': write it there."),
        (["doctor", "--settings", "x"], "--settings goes before 'doctor': write it there."),
        (["plan", "--environment", "x"], "--environment goes before 'plan': write it there."),
        (["baseline", "save", "x", "--settings=y"], "--settings goes before 'baseline': write it there."),
        (["build", "--grafana", "http://x"], "No such option '--grafana'"),
    ],
)
def test_an_option_on_the_wrong_side_of_the_command_is_told_where_it_goes(capsys, arguments, said):
    assert said in refused(capsys, *arguments)


def test_an_empty_url_is_no_success(capsys, monkeypatch):
    """Such as an unset variable in a CI job."""
    monkeypatch.setenv("GRAFANA_TOKEN", "t")
    assert "does not start with http:// or https://" in refused(capsys, "--grafana", "")


def test_a_token_file_alone_does_nothing_and_says_so(capsys, token_file):
    assert "--token-file needs --grafana URL." in refused(capsys, "--token-file", token_file)


@pytest.mark.parametrize("reader", ["| head -1", "> /dev/full"])
def test_a_reader_who_leaves_does_not_stop_a_push(server, token_file, tmp_path, reader):
    push = f"--grafana {server.url} --token-file {token_file} --backups {tmp_path / 'kept'}"
    command = f"{sys.executable} -m tests.support.small_content {push} {reader}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert len(server.writes) == OBJECTS
    assert "Traceback" not in done.stderr


def test_a_missing_promtool_says_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(promtool, "TOOLS_DIR", tmp_path)
    assert "make tools" in refused(capsys, "lint")


def test_an_old_promtool_says_what_is_needed(capsys, monkeypatch, tmp_path):
    old = tmp_path / "promtool"
    # It does not know the flags of newer ones.
    old.write_text(
        "#!/bin/sh\n[ \"$1\" = --version ] || { echo 'unknown flag'; exit 1; }\necho 'promtool, version 2.20.1 (branch: x)'\n"
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "is version 2.20.1, older than 2.37.0; install a newer Prometheus." in refused(capsys, "lint")


def test_findings_stop_a_push_with_code_2(capsys, server, token_file, tmp_path):
    without_runbooks = PRODUCT._replace(content=lambda: replace(content(), runbooks=(tmp_path,)))
    assert main(["--grafana", server.url, "--token-file", token_file], without_runbooks) == 2
    captured = capsys.readouterr()
    assert (
        "alerts/runbooks/RequestsWaiting.md: error: The runbook lacks Meaning, Impact, Diagnosis, Mitigation."
        in captured.out
    )
    assert captured.err == "Nothing was pushed: correct the findings first.\n"
    assert server.writes == []


def test_the_script_itself_ends_with_the_code():
    done = subprocess.run([sys.executable, "deploy.py", "nope"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == "Error: No such command 'nope'. The commands are build, lint, diff, explain, plan, adopt, verify, rollback, destroy, doctor, try, backtest, docs, preview, pictures, baseline, loadtest, relay.\n"
    )


def test_a_misspelt_command_is_answered_with_the_nearest(capsys):
    assert main(["biuld"]) == 1
    assert capsys.readouterr().err == "Error: No such command 'biuld'. Did you mean 'build'?\n"


def copied(folder):
    """The script and the package, without the environment that has our packages."""
    shutil.copytree(ROOT / "glassbox", folder / "glassbox", ignore=shutil.ignore_patterns("__pycache__", "web"))
    return shutil.copy(ROOT / "deploy.py", folder)


@pytest.fixture
def bare_python(tmp_path):
    """A Python without our packages."""
    venv.create(tmp_path / "bare", with_pip=False)
    return tmp_path / "bare" / "bin" / "python"


def test_without_our_packages_the_script_says_what_to_run(bare_python, tmp_path):
    script = copied(tmp_path)
    done = subprocess.run([bare_python, script, "build"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: the Python package 'click' is missing: run `make setup` first.\n"


def test_an_old_python_says_which_is_needed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.version_info", (3, 10, 4))
    assert start(PRODUCT, tmp_path / "missing") == 1
    said = "Error: this Python is 3.10, and 3.11 or newer is needed: run `make setup PYTHON=python3.11`, or with a newer one.\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("packages", [(), ("click",)])
def test_any_python_hands_over_to_the_one_that_has_our_packages(packages, bare_python, tmp_path):
    """Also one that has some of them and lacks others."""
    script = copied(tmp_path)
    for folder in ("recording_rules", "dashboards", "alerts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (site_packages,) = bare_python.parents[1].glob("lib/python*/site-packages")
    for name in packages:
        shutil.copytree(Path(importlib.import_module(name).__file__).parent, site_packages / name)
    ready = tmp_path / ".venv" / "bin" / "python"
    ready.parent.mkdir(parents=True)
    ready.write_text('#!/bin/sh\necho "handed over: $@"\n')
    ready.chmod(0o755)
    done = subprocess.run([bare_python, script, "build"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"handed over: {script} build\n"
