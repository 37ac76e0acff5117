"""How a command reports what is wrong in content."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glassbox.compile.error_location import ROOT

FLOORS = ("glassbox", "recording_rules", "dashboards", "alerts")
BOARD = "dashboards/llm_serving.py"


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of one's own, to make mistakes in."""
    folder = tmp_path_factory.mktemp("checkout")
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, folder / floor, ignore=shutil.ignore_patterns("__pycache__", "web"))
    shutil.copy(ROOT / "deploy.py", folder)
    return folder


def built(folder: Path, file: str, old: str, new: str, *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a build, with the first `old` of that file replaced."""
    whole = (folder / file).read_text(encoding="utf-8")
    assert old in whole
    (folder / file).write_text(whole.replace(old, new, 1), encoding="utf-8")
    try:
        command = [sys.executable, "deploy.py", *(arguments or ("build",))]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    finally:
        (folder / file).write_text(whole, encoding="utf-8")
    return done.returncode, done.stderr


def line_of(file: str, text: str) -> int:
    return (ROOT / file).read_text(encoding="utf-8").partition(text)[0].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (BOARD, "def _scheduler()", "def _scheduler(", "SyntaxError: "),
        ("glassbox/query/promql.py", "def always()", "def always(", "SyntaxError: "),
        (BOARD, "instant(engine.WAITING)", "instant(engine.WAITS)", "AttributeError: module 'recording_rules.engine' has no attribute 'WAITS'"),
        (BOARD, "sum_by(BY_MODEL, instant(engine.RUNNING))", 'sum_by(("models",), instant(engine.RUNNING))', "has no label 'models'; its labels are"),
    ],
    ids=["syntax", "syntax of the words", "name", "label"],
)  # fmt: skip  # a row is a case
def test_a_mistake_is_one_sentence_with_its_line(copied: Path, file: str, old: str, new: str, said: str) -> None:
    code, stderr = built(copied, file, old, new)
    assert code == 1
    assert stderr.startswith("Error: ") and stderr.count("\n") == 1
    assert said in stderr
    assert f"{file}:" in stderr


def test_the_line_is_that_of_content_which_asked(copied: Path) -> None:
    old, new = "sum_by((), instant(engine.WAITING))", "sum_by(('nobody',), instant(engine.WAITING))"
    _, stderr = built(copied, BOARD, old, new)
    assert stderr.startswith(f"Error: {BOARD}:{line_of(BOARD, old)}: ")


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ('"First token p95"', '"Requests"', "    return dashboard(", "LLM serving: two panels are called 'Requests'; titles must differ"),
        ("or_trouble(sum_by((), instant(requests.REQUESTS))),", "or_trouble(sum_by((), instant(requests.REQUESTS))), size=type(timeseries.size)(25),", "    return dashboard(", "the panels of one row take 25 of 24 columns"),
        ("or_down(sum_by((), instant(engine.WAITING)))", "{}", "        stat(\n            \"Waiting now\"", "AttributeError: 'dict'"),
    ],
    ids=["titles", "widths", "kind"],
)  # fmt: skip  # a row is a case
def test_what_cannot_be_assembled_is_told_where_it_is_declared(
    copied: Path, old: str, new: str, at: str, said: str
) -> None:
    _, stderr = built(copied, BOARD, old, new)
    assert stderr.startswith(f"Error: {BOARD}:{line_of(BOARD, at)}: ")
    assert said in stderr


def test_a_name_that_is_taken_is_found_where_its_kind_is_declared(copied: Path) -> None:
    """A group of rules and a variable are called `gpu` as well."""
    _, stderr = built(copied, BOARD, '"llm-serving",', '"gpu",')
    at = line_of(BOARD, '"llm-serving",')
    assert stderr.startswith(f"Error: {BOARD}:{at}: Two definitions of the dashboard 'gpu'")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("slos: [{name: fast, indicator: request_latency, objective_ratio: 0.9, threshold_seconds: 3.3}]", "3.3"),
        ("unknown: 1", "Error: Settings file settings.yaml: unknown key 'unknown'"),
        ("histogram_buckets: {nobodys: [1]}", "Error: Setting histogram_buckets: 'nobodys' is not a histogram"),
    ],
)
def test_what_is_wrong_with_settings_is_no_matter_of_a_line(copied: Path, settings: str, said: str) -> None:
    (copied / "settings.yaml").write_text(settings)
    code, stderr = built(copied, BOARD, "", "", "--settings", "settings.yaml", "build")
    assert code == 1
    assert said in stderr and ".py:" not in stderr


def test_a_mistake_of_the_compiler_keeps_its_traceback(copied: Path) -> None:
    code, stderr = built(
        copied, "glassbox/compile/compiler.py", "def compile_bundle(", "1 / 0\n\n\ndef compile_bundle("
    )
    assert code == 1
    assert "Traceback" in stderr and "ZeroDivisionError" in stderr
