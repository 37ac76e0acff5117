"""Lint of files of anybody on the command line: what is printed where, and the exit codes."""

import json
import os

import pytest

from glassbox.cli import lint_files
from glassbox.cli import main as command_line
from glassbox.cli.exit_codes import run
from tests.support.lint_files import RULES
from tests.support.small_content import PRODUCT

# An error, a warning, and what nothing is wrong with.
NEVER = "groups: [{name: g, rules: [{alert: A, expr: 'up{job!~\".*\"} == 0', for: 5m}]}]"
SHORT = "groups: [{name: g, rules: [{alert: A, expr: 'rate(x_total[15s]) > 1', for: 5m}]}]"
GOOD = "groups: [{name: g, rules: [{record: 'job:x:rate5m', expr: 'sum by (job) (rate(x_total[5m]))'}]}]"


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def deployed(*arguments):
    return command_line.main(PRODUCT, ["lint", *arguments])


def program(*arguments):
    return run(lint_files.command, "glassbox-lint", arguments)


def written(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.yml").write_text(text)


@pytest.mark.parametrize("lint", [deployed, program])
@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (GOOD, (), 0),
        (SHORT, (), 0),
        (SHORT, ("--strict",), 2),
        (NEVER, (), 2),
        (NEVER, ("--ignore", "short-window, empty-selector"), 0),
        (NEVER, ("--select", "short-window"), 0),
        (NEVER, ("--select", "short-window", "--select", "empty-selector"), 2),
        (SHORT, ("--strict", "--scrape-interval", "3s"), 0),
        ("groups: [", (), 1),
        ("a: b", (), 1),
    ],
)
def test_exit_codes(tmp_path, capsys, lint, *, text, options, code):
    written(tmp_path, rules=text)
    assert lint("rules.yml", *options) == code
    assert "Traceback" not in "".join(capsys.readouterr())


def test_the_program_checks_the_current_folder_where_nothing_is_named(tmp_path, capsys):
    written(tmp_path, short=SHORT)
    assert (program(), program("--strict")) == (0, 2)
    assert capsys.readouterr().out.startswith("short.yml:1: warning: ")


def test_what_cannot_be_read_is_an_error_beside_the_findings_of_the_rest(tmp_path, capsys):
    written(tmp_path, never=NEVER, broken="groups: [")
    assert deployed("--path", "never.yml", "--path", "broken.yml") == 1
    printed = capsys.readouterr().out
    assert "broken.yml:2: error: It is not YAML (did not find expected node content). (unreadable)" in printed
    assert "never.yml:1: error: up can never have series" in printed
    assert printed.endswith("2 errors in 0 dashboards and 1 rule of 1 file.\n")


def test_paths_and_files_are_the_same(tmp_path, capsys):
    written(tmp_path, a=NEVER, b=SHORT)
    assert deployed("--path", "a.yml", "b.yml") == deployed("a.yml", "b.yml") == 2
    printed = capsys.readouterr().out
    assert printed.count("a.yml:1: error") == printed.count("b.yml:1: warning") == 2


@pytest.mark.parametrize("name", ["json", "sarif", "junit", "github"])
def test_stdout_holds_the_report_alone_and_notes_go_to_stderr(tmp_path, capsys, name):
    written(tmp_path, rules=NEVER)
    (tmp_path / "chart.yaml").write_text("a: {{ .Values.x }}\n")
    (tmp_path / "mixin.jsonnet").write_text("{}")
    assert deployed("--path", ".", "--format", name) == 2
    printed = capsys.readouterr()
    assert printed.err == (
        "Note: 1 Helm template not read, such as chart.yaml: render them first.\n"
        "Note: 1 Jsonnet source not read, such as mixin.jsonnet: render them first.\n"
    )
    starts = {"json": "{", "sarif": "{", "junit": "<testsuites", "github": "::error file=rules.yml,"}
    assert printed.out.startswith(starts[name])
    if name in ("json", "sarif"):
        json.loads(printed.out)


def test_an_ignore_file_in_the_current_folder_is_used(tmp_path, capsys):
    written(tmp_path, rules=NEVER)
    (tmp_path / ".glassbox-lint.yaml").write_text("- {rule: empty-selector, file: rules.yml, reason: a test of it}\n")
    assert deployed("rules.yml") == 0
    (tmp_path / "other.yaml").write_text("")
    assert deployed("rules.yml", "--ignore-file", "other.yaml") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("rules.yml", "--select", "empty-selectors"),
            "There is no rule 'empty-selectors': did you mean 'empty-selector'?",
        ),
        (("rules.yml", "--ignore", "qqq"), "There is no rule 'qqq': docs/lint.md says where they are listed."),
        (
            ("rules.yml", "--scrape-interval", "soon"),
            "Invalid value for '--scrape-interval': 'soon' is not a duration; write it like 30s, 5m or 1h30m.",
        ),
        (("nowhere",), "nowhere does not exist: name a file or a folder that does."),
        (
            ("rules.yml", "--ignore-file", "nowhere"),
            "nowhere: it cannot be read (No such file or directory); correct it.",
        ),
    ],
)
def test_mistakes_are_refused_in_a_sentence(tmp_path, capsys, arguments, said):
    written(tmp_path, rules=GOOD)
    assert deployed(*arguments) == 1
    assert capsys.readouterr().err == f"Error: {said}\n"


def test_a_file_that_nobody_may_read_is_an_error(tmp_path, capsys):
    written(tmp_path, rules=RULES)
    os.mkfifo(tmp_path / "pipe")
    assert deployed("rules.yml", "pipe") == 1
    assert "pipe: error: It is a pipe or a device. (unreadable)" in capsys.readouterr().out
