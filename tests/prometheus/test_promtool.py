import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus import promtool
from glassbox.servers.components import ensure_components

GOOD = "groups: [{name: g, rules: [{record: a, expr: sum(b)}]}]\n"
NOT_PROMQL = "groups: [{name: g, rules: [{record: a, expr: 'sum('}, {record: c, expr: rate(b)}]}]\n"
TWICE = "groups: [{name: g, rules: [{record: a, expr: b}, {record: a, expr: b}]}]\n"
RULE_TEST = """
rule_files: [good.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series: [{{series: b, values: 1 2 3}}]
    promql_expr_test: [{{expr: a, eval_time: 1m, exp_samples: [{{labels: a, value: {expected}}}]}}]
"""


@pytest.fixture(scope="module", autouse=True)
def _components() -> None:
    ensure_components()


@pytest.fixture
def tool_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of PATH, beside the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    return folder


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def write_tool(file: Path, script: str) -> Path:
    write(file, f"#!/bin/sh\n{script}\n").chmod(stat.S_IRWXU)
    return file


def test_path_goes_before_tools_dir(tool_on_path: Path) -> None:
    ours = write_tool(tool_on_path / "promtool", "exit 0")
    assert promtool.find("promtool") == ours


def test_upstream_name_of_alertmanager_is_accepted(tool_on_path: Path) -> None:
    upstream = write_tool(tool_on_path / "alertmanager", "exit 0")
    assert promtool.find("prometheus-alertmanager") == upstream


def test_missing_program_says_how_to_get_it(tool_on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promtool, "TOOLS_DIR", tool_on_path / "none")
    with pytest.raises(
        GlassboxError, match=r"amtool was not found .*make tools.*apt-get install prometheus-alertmanager"
    ):
        promtool.find("amtool")
    said = (
        r"vmalert was not found .*python -m glassbox.servers.components --scale-out.*apt-get install victoria-metrics"
    )
    with pytest.raises(GlassboxError, match=said):
        promtool.find("vmalert")


def test_version_is_three_numbers() -> None:
    """2.42.0+ds and 3.5.0 alike are compared as numbers."""
    assert promtool.version(promtool.find("promtool")) >= (2, 37, 0)


def test_version_of_release_3(tool_on_path: Path) -> None:
    tool = write_tool(tool_on_path / "promtool", "echo 'promtool, version 3.5.0 (branch: HEAD, revision: 8be3a956)'")
    assert promtool.version(tool) == (3, 5, 0)


# It does not know the flags that are used.
OLD_PROMTOOL = """
[ "$1" = --version ] && exec echo 'promtool, version 2.15.2+ds (branch: x, revision: y)'
echo "promtool: error: unknown long flag '--lint-fatal'"
exit 1
"""


def test_too_old_promtool_is_refused(tool_on_path: Path, tmp_path: Path) -> None:
    write_tool(tool_on_path / "promtool", OLD_PROMTOOL)
    with pytest.raises(GlassboxError, match=r"is version 2\.15\.2, older than 2\.37\.0; install a newer"):
        promtool.check_rules([write(tmp_path / "good.yml", GOOD)])


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 3", r"failed \(3\) without output; reinstall promtool"),
        ("kill -9 $$", r"failed \(-9\) without output"),
        ("exit 0", "did not print a version"),
    ],
)
def test_broken_promtool_is_one_sentence(tool_on_path: Path, tmp_path: Path, script: str, sentence: str) -> None:
    write_tool(tool_on_path / "promtool", script)
    with pytest.raises(GlassboxError, match=sentence):
        promtool.check_rules([write(tmp_path / "good.yml", GOOD)])


def test_program_that_cannot_start_is_one_sentence(tool_on_path: Path, tmp_path: Path) -> None:
    write(tool_on_path / "amtool", "no program\n").chmod(stat.S_IRWXU)
    with pytest.raises(GlassboxError, match=r"could not be started .*; reinstall amtool"):
        promtool.check_alertmanager_config(tmp_path / "any.yml")


def test_endless_promtool_is_ended(tool_on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promtool, "TIMEOUT_SECONDS", 0.2)
    write_tool(tool_on_path / "promtool", "exec sleep 60")
    with pytest.raises(GlassboxError, match=r"did not end within 0\.2 s"):
        promtool.check_rules([write(tmp_path / "good.yml", GOOD)])


def test_programs_speak_english_whatever_the_locale(
    tool_on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("KEPT", "kept")
    write_tool(tool_on_path / "amtool", 'echo "$LC_ALL $KEPT"; exit 1')
    assert promtool.check_alertmanager_config(tmp_path / "any.yml") == ["C kept"]


def test_good_rules_have_no_problems(tmp_path: Path) -> None:
    assert promtool.check_rules([write(tmp_path / "good.yml", GOOD)]) == []


def test_every_problem_names_its_file(tmp_path: Path) -> None:
    bad, good = write(tmp_path / "bad.yml", NOT_PROMQL), write(tmp_path / "good.yml", GOOD)
    problems = promtool.check_rules([good, bad])
    assert [problem.split(": ")[0] for problem in problems] == [str(bad), str(bad)]
    assert "unclosed left parenthesis" in problems[0]
    assert 'expected type range vector in call to function "rate"' in problems[1]


def test_duplicate_rules_are_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path / "twice.yml", TWICE)
    (problem,) = promtool.check_rules([write(tmp_path / "good.yml", GOOD), file])
    assert problem.startswith(f"{file}: lint error 1 duplicate rule(s) found.")


def test_absent_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = promtool.check_rules([tmp_path / "absent.yml"])
    assert "absent.yml' does not exist" in problem


@pytest.mark.parametrize("check", [promtool.check_rules, promtool.test_rules])
def test_no_files_is_refused(check: Callable[[Sequence[Path]], object]) -> None:
    """A newer promtool would read its standard input instead, and find nothing wrong."""
    with pytest.raises(GlassboxError, match="needs files"):
        check([])


def test_rule_tests_pass_and_fail(tmp_path: Path) -> None:
    write(tmp_path / "good.yml", GOOD)
    passing = write(tmp_path / "passing.yml", RULE_TEST.format(expected=2))
    failing = write(tmp_path / "failing.yml", RULE_TEST.format(expected=7))
    assert promtool.test_rules([passing]).passed
    result = promtool.test_rules([passing, failing])
    assert (result.files, result.passed, len(result.problems)) == (2, False, 1)
    assert result.problems[0].startswith(f"{failing}: ")
    assert re.search(r"exp: .* 7E\+00\n *got: .* 2E\+00", result.problems[0])


def test_config_problem_in_a_rule_file_is_found(tmp_path: Path) -> None:
    rules = write(tmp_path / "bad.yml", NOT_PROMQL)
    problems = promtool.check_config(write(tmp_path / "prometheus.yml", "rule_files: [bad.yml]\n"))
    assert [problem.split(": ")[0] for problem in problems] == [str(rules), str(rules)]


def test_alertmanager_config_with_unknown_receiver(tmp_path: Path) -> None:
    good = write(tmp_path / "good.yml", "route: {receiver: a}\nreceivers: [{name: a}]\n")
    bad = write(tmp_path / "bad.yml", "route: {receiver: b}\nreceivers: [{name: a}]\n")
    assert promtool.check_alertmanager_config(good) == []
    assert promtool.check_alertmanager_config(bad) == [f'{bad}: undefined receiver "b" used in route']


def test_tools_dir_is_in_the_repository() -> None:
    assert (promtool.TOOLS_DIR.parent / "pyproject.toml").is_file()
