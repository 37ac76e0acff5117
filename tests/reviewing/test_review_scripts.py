"""What CI runs on pull and merge requests: one file for the comment, and one comment that is written anew."""

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from tests.support.paths import ROOT

MARK = "<!-- glassbox-review -->"
# Answers like deploy.py: what it prints, and its exit code, by command.
DEPLOY = """
import sys
answers = {"diff": ("**Against x: 1 to create**", 2), "lint": ("``` @somebody", 0), "build": ("", 0), "backtest": ("no change", 0)}
text, code = answers[sys.argv[1]]
if sys.argv[1] == BROKEN:
    print("Error: revision x does not build: correct it first.", file=sys.stderr)
    raise SystemExit(1)
print(text)
raise SystemExit(code)
"""


def reviewed(tmp_path, broken="", **environment):
    """The exit code, and the comment that a repository with such a deploy.py gets."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "review"
    script.write_bytes((ROOT / ".ci" / "review").read_bytes())
    (tmp_path / "deploy.py").write_text(DEPLOY.replace("BROKEN", repr(broken)))
    given = {"PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment}
    done = subprocess.run(["bash", script, "main", "out"], env=given, cwd=tmp_path, check=False, capture_output=True)
    return done.returncode, (tmp_path / "out" / "comment.md").read_text()


def test_the_comment_holds_diff_and_lint(tmp_path):
    code, comment = reviewed(tmp_path)
    assert (code, comment.splitlines()[0]) == (0, MARK)
    assert "### Changes\n\n**Against x: 1 to create**\n" in comment
    # What lint quotes is code: it can close no fence and mention nobody.
    assert "### Lint\n\n    ``` @somebody\n" in comment
    assert "past" not in comment
    assert (tmp_path / "out" / "lint.sarif").exists()


def test_a_prometheus_adds_the_backtest_and_an_address_the_pictures(tmp_path):
    _, comment = reviewed(tmp_path, PROMETHEUS_URL="http://p", PICTURES_URL="https://pictures")
    assert "### Alerts over the past\n\nno change\n" in comment
    assert comment.endswith("https://pictures\n")


@pytest.mark.parametrize("broken", ["diff", "lint"])
def test_what_cannot_be_done_is_said_and_the_rest_is_done(tmp_path, broken):
    code, comment = reviewed(tmp_path, broken)
    assert code == 1
    assert "    Error: revision x does not build: correct it first.\n" in comment or broken == "lint"
    assert "### Changes" in comment
    assert "### Lint" in comment
    assert (tmp_path / "out" / "lint.sarif").exists() == (broken != "lint")


# A plan with changes, or none, by the address that it is asked for.
PLAN = """
import sys
assert sys.argv[1:] == ["plan", "--grafana", sys.argv[3], "--markdown"]
if sys.argv[3] == "http://none":
    print("Error: http://none does not answer: is it running?", file=sys.stderr)
    raise SystemExit(1)
print("**Plan: 1 to create.**")
raise SystemExit(2)
"""


@pytest.mark.parametrize(
    ("url", "code", "text"),
    [
        ("http://grafana", 0, "**Plan: 1 to create.**\n"),
        ("http://none", 1, "There is no plan:\n\n    Error: http://none does not answer: is it running?\n"),
    ],
)
def test_the_comment_of_a_plan_holds_it_or_says_why_there_is_none(tmp_path, url, code, text):
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "plan"
    script.write_bytes((ROOT / ".ci" / "plan").read_bytes())
    (tmp_path / "deploy.py").write_text(PLAN)
    given = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
    done = subprocess.run(["bash", script, url, "plan.md"], env=given, cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == code
    assert (tmp_path / "plan.md").read_text() == f"<!-- glassbox-plan -->\n### Plan\n\n{text}"


@contextmanager
def gitlab(notes):
    """A GitLab with these notes on a merge request; yields its address and what was asked of it."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked.append((self.command, self.path, self.headers.get("PRIVATE-TOKEN"), parse_qs(body).get("body")))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(notes if self.command == "GET" else {}).encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815  # http.server calls them so

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("notes", "method", "path"),
    [
        ([{"id": 7, "body": "thank you"}], "POST", "/projects/1/merge_requests/2/notes"),
        ([{"id": 7, "body": "x"}, {"id": 8, "body": f"{MARK}\nold"}], "PUT", "/projects/1/merge_requests/2/notes/8"),
    ],
)
def test_a_note_on_gitlab_is_written_once_and_then_anew(tmp_path, notes, method, path):
    (tmp_path / "comment.md").write_text(f"{MARK}\nnew & more")
    with gitlab(notes) as (url, asked):
        given = {
            "PATH": os.environ["PATH"], "CI_API_V4_URL": url, "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2",
            "GITLAB_TOKEN": "glpat-x",
        }  # fmt: skip  # one environment
        script = ROOT / ".ci" / "comment-on-gitlab"
        subprocess.run([script, tmp_path / "comment.md"], env=given, check=True, capture_output=True)
    assert [(each[0], each[2]) for each in asked] == [("GET", "glpat-x"), (method, "glpat-x")]
    assert asked[1][1] == path
    assert asked[1][3] == [f"{MARK}\nnew & more"]


GH = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$*" in
  *--paginate*) printf '%s' "$OURS" ;;
  *) cat >> "$ASKED"; echo >> "$ASKED" ;;
esac
"""


@pytest.mark.parametrize("mark", [MARK, "<!-- glassbox-plan -->"])
@pytest.mark.parametrize(
    ("ours", "asked"), [("", "POST repos/o/n/issues/5/comments"), ("42\n", "PATCH repos/o/n/issues/comments/42")]
)
def test_a_comment_on_github_is_written_once_and_then_anew(tmp_path, ours, asked, mark):
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "comment.md").write_text(mark + "é" * 40_000)
    log = tmp_path / "asked"
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GH_REPO": "o/n", "ASKED": str(log), "OURS": ours}
    script = ROOT / ".ci" / "comment-on-github"
    subprocess.run([script, "5", tmp_path / "comment.md"], env=given, check=True, capture_output=True)
    first, second, body = log.read_text().splitlines()
    assert f'startswith("{mark}")' in first
    assert second == f"api --method {asked} --field body=@- --silent"
    # GitHub refuses more than 65,536 characters.
    assert body.startswith(mark)
    assert 29_900 < len(body) < 60_000
