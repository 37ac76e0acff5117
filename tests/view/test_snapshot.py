"""Where an error of content is shown."""

import runpy
from pathlib import Path

import pytest

from glassbox.compile import error_location
from glassbox.errors import GlassboxError
from glassbox.view import snapshot
from tests.support.paths import ROOT


def problem(
    code: str, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str = "dashboards/board.py"
) -> dict[str, object]:
    """What is told of an error that this code of a module raises."""
    monkeypatch.setattr(error_location, "ROOT", folder)
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code)
    try:
        runpy.run_path(str(file))
    except Exception as error:
        found: dict[str, object] = snapshot.problem_of(error)["problem"]
        return found
    raise AssertionError("nothing was raised")


def test_an_exception_is_shown_at_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem("x = 1\ny = x / 0\n", tmp_path, monkeypatch)
    assert found == {"message": "ZeroDivisionError: division by zero", "file": "dashboards/board.py", "line": 2}


def test_a_syntax_error_is_shown_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problem("x = 1\ndef (:\n", tmp_path, monkeypatch)
    assert found == {"message": "SyntaxError: invalid syntax", "file": "dashboards/board.py", "line": 2}


def test_an_error_of_the_kit_is_shown_at_the_line_of_content_that_caused_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "glassbox" / "query").mkdir(parents=True)
    (tmp_path / "glassbox" / "query" / "words.py").write_text("def word():\n    raise KeyError('unit')\n")
    code = f"import runpy\nword = runpy.run_path({str(tmp_path / 'glassbox' / 'query' / 'words.py')!r})['word']\n\nword()\n"
    found = problem(code, tmp_path, monkeypatch)
    assert found == {"message": "KeyError: 'unit'", "file": "dashboards/board.py", "line": 4}


def test_an_error_outside_content_is_shown_in_the_innermost_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = problem("import json\njson.loads('x')\n", tmp_path, monkeypatch, "glassbox/compile/work.py")
    assert (found["file"], found["line"]) == ("glassbox/compile/work.py", 2)


def test_our_own_errors_keep_their_words() -> None:
    found = snapshot.problem_of(GlassboxError("Two boards are called GPU: rename one."))["problem"]
    assert found == {"message": "Two boards are called GPU: rename one.", "file": "", "line": 0}


def test_a_fresh_process_compiles_what_ships() -> None:
    found = snapshot.take_snapshot(ROOT / "deploy.py", None)
    assert len(found["dashboards"]) == 10
    assert found["folder_uid"] == "glassbox"
    assert {group["title"] for group in found["rule_groups"]} >= {"inference-service", "inference-gpu"}


def test_settings_that_are_wrong_are_a_problem_in_their_own_words(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("unknown: 1\n")
    found = snapshot.take_snapshot(ROOT / "deploy.py", file)["problem"]
    assert "unknown" in found["message"]
    assert "Traceback" not in found["message"]


def test_a_process_that_dies_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot.sys, "executable", "/bin/false")
    assert snapshot.take_snapshot(ROOT / "deploy.py", None)["problem"]["message"] == (
        "The content could not be compiled: it ended with exit code 1"
    )
