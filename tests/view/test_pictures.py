"""`deploy.py pictures` as a process of its own, with a real browser and a Prometheus whose numbers do not matter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from glassbox.compile.error_location import PACKAGES
from glassbox.errors import GlassboxError
from glassbox.view.browser import find_chromium
from glassbox.view.preview import COMPILING
from tests.support.fake_prometheus import fake_prometheus

ROOT = Path(__file__).resolve().parents[2]
CONTENT = (*PACKAGES, *COMPILING)
RANGE = ("--from", "2026-01-31T12:00", "--to", "2026-01-31T12:30")


@pytest.fixture(scope="module", autouse=True)
def _chromium():
    try:
        find_chromium()
    except GlassboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def prometheus():
    with fake_prometheus({"job": "vllm", "model_name": "m", "instance": "i", "alertname": "A"}) as server:
        yield server.url


def pictures(*arguments, folder=ROOT, **environment):
    """Exit code, stdout and stderr."""
    command = [sys.executable, "deploy.py", "pictures", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=280, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_one_panel_is_drawn_large_over_the_range_that_was_asked(prometheus, tmp_path):
    out = tmp_path / "out"
    code, said, errors = pictures("--prometheus", prometheus, "--panel", "qps now", "--out", str(out), *RANGE)
    assert (code, errors) == (0, "")
    assert said.splitlines() == ["  Inference overview: qps now", f"1 drawn: {out / 'index.html'}"]
    (picture,) = (out / "after").iterdir()
    with Image.open(picture) as image:
        assert image.width == 1600
        assert len(image.convert("RGB").getcolors(100_000)) > 20


def test_a_revision_that_compiles_the_same_has_no_pictures(prometheus, tmp_path):
    out = tmp_path / "out"
    clean = subprocess.run(
        ["git", "status", "--porcelain", "--", *CONTENT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if clean.stdout:
        pytest.skip("The content has changes that are not committed: commit them, and HEAD compiles the same.")
    code, said, errors = pictures("--prometheus", prometheus, "--against", "HEAD", "--out", str(out), *RANGE)
    assert (code, said, errors) == (0, "No dashboard differs from HEAD.\n", "")


def test_what_a_change_does_is_marked_and_drawn_on_both_sides(prometheus, tmp_path):
    checkout, out = tmp_path / "checkout", tmp_path / "out"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(ROOT), str(checkout)], check=True)
    board = checkout / "dashboards" / "slo.py"
    text = board.read_text()
    assert text.count('"Objective"') == 2, "the panel, and that it is of no engine"
    board.write_text(text.replace('"Objective"', '"Promise"'))
    arguments = ("--prometheus", prometheus, "--against", "HEAD", "--out", str(out), *RANGE)
    code, said, errors = pictures(*arguments, folder=checkout)
    assert (code, errors) == (2, "")
    (line, last) = said.splitlines()
    assert line.startswith("  ~ SLO: ")
    assert "Promise" in line
    assert last == f"1 drawn: {out / 'index.html'}"
    for name in ("before", "after"):
        assert [file.name for file in (out / name).iterdir()] == ["glassbox-slo.png"]
    assert "<tr><td>Promise<td>" in (out / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--against", "no-such-branch"), "git does not know this revision"),
        (("--against", "--output=/tmp/x"), "git does not know this revision"),
        (("--from", "tomorrow"), "'tomorrow' is not a time"),
        (("--from", "now", "--to", "now-1h"), "--from now is not before --to now-1h"),
        (("--panel", "No such panel"), "none of the drawn dashboards has a panel with this title"),
        (("--prometheus", "http://127.0.0.1:1"), "Prometheus at http://127.0.0.1:1 does not answer"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(prometheus, tmp_path, arguments, sentence):
    out = tmp_path / "out"
    code, said, errors = pictures("--prometheus", prometheus, "--out", str(out), *arguments)
    assert (code, said) == (1, "")
    assert errors.startswith("Error: ")
    assert sentence in errors
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_chromium_it_says_what_to_install(prometheus, tmp_path):
    git = tmp_path / "bin"
    git.mkdir()
    code, _, errors = pictures("--prometheus", prometheus, "--out", str(tmp_path / "out"), PATH=str(git))
    assert (code, errors) == (
        1,
        "Error: Pictures need Chromium, which is not on PATH: `apt-get install chromium`, or Google Chrome.\n",
    )
