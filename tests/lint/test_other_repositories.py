"""How other repositories run lint: the steps of the action as a runner would, and the hook of pre-commit."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from glassbox.lint.reading.files_read import READ
from tests.support.lint_files import RULES
from tests.support.paths import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
NEVER = "groups: [{name: g, rules: [{alert: A, expr: 'up{job!~\".*\"} == 0', for: 5m}]}]"


@pytest.fixture
def step(tmp_path):
    """Runs the action's last step in a repository with these files, as GitHub's runner does."""
    program = tmp_path / "temp" / "glassbox-lint" / "bin" / "glassbox-lint"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom glassbox.cli.lint_files import main\nraise SystemExit(main())\n"
    )
    program.chmod(0o755)
    repository = tmp_path / "repository"
    repository.mkdir()

    def run(files, **inputs):
        for name, text in files.items():
            (repository / name).write_text(text)
        last = ACTION["runs"]["steps"][-1]
        defaults = {name: each["default"] for name, each in ACTION["inputs"].items()}
        given = {variable: str(_input(value, defaults | inputs)) for variable, value in last["env"].items()}
        environment = {**os.environ, **given, "RUNNER_TEMP": str(tmp_path / "temp")}
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", last["run"]]
        return subprocess.run(
            script, cwd=repository, env=environment, capture_output=True, text=True, check=False
        ), repository

    return run


def _input(expression, inputs):
    return inputs[expression.removeprefix("${{ inputs.").removesuffix(" }}")]


def test_the_action_annotates_and_fails_where_there_is_an_error(step):
    done, _ = step({"never.yml": NEVER, "package.json": "{}"})
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("::error file=never.yml,title=glassbox empty-selector,line=1::")


def test_the_action_passes_where_nothing_counts_and_takes_options_and_paths(step):
    assert step({"good.yml": RULES, "never.yml": NEVER}, paths="good.yml")[0].returncode == 0
    assert step({}, paths="good.yml never.yml", options="--ignore empty-selector")[0].returncode == 0
    assert step({}, paths="nowhere")[0].stderr == "Error: nowhere does not exist: name a file or a folder that does.\n"


def test_the_action_writes_sarif_too(step):
    done, repository = step({"never.yml": NEVER}, sarif="found.sarif")
    assert done.returncode == 2
    found = json.loads((repository / "found.sarif").read_text())
    assert [each["ruleId"] for each in found["runs"][0]["results"]] == ["empty-selector"]


@pytest.mark.parametrize("between", [" ", "\n", " \n\t"])
def test_the_action_takes_paths_and_options_of_any_number_of_lines(step, between):
    files = {"good.yml": RULES, "never.yml": NEVER}
    assert step(files, paths=f"good.yml{between}never.yml\n")[0].returncode == 2
    ignored = f"--strict{between}--ignore{between}empty-selector\n"
    assert step(files, paths="good.yml never.yml", options=ignored)[0].returncode == 0


def test_the_action_writes_sarif_into_folders_that_are_not_there(step):
    done, repository = step({"good.yml": RULES}, sarif="reports/of lint/found.sarif")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((repository / "reports" / "of lint" / "found.sarif").read_text())["version"] == "2.1.0"


def test_the_action_says_once_what_cannot_be_read_where_it_writes_sarif_too(step):
    files = {"broken.yml": "groups: [", "never.yml": NEVER, "template.yaml": "a: {{ .Values.x }}\n"}
    done, repository = step(files, sarif="found.sarif")
    assert done.returncode == 1
    assert [line.split(",")[1] for line in done.stdout.splitlines() if line.startswith("::error")] == [
        "title=glassbox unreadable",
        "title=glassbox empty-selector",
    ]
    assert done.stderr.count("not read") == 1
    (run,) = json.loads((repository / "found.sarif").read_text())["runs"]
    assert {each["ruleId"] for each in run["results"]} == {"unreadable", "empty-selector"}


def test_the_action_says_once_which_option_is_wrong_where_it_writes_sarif_too(step):
    done, _ = step({"good.yml": RULES}, options="--select no-such-rule", sarif="found.sarif")
    assert (done.returncode, done.stderr.count("no-such-rule")) == (1, 1)


@pytest.mark.parametrize("text", ["$(touch owned)", "`touch owned`", "; touch owned", "'; touch owned; '"])
def test_inputs_are_no_commands(step, text):
    done, repository = step({"good.yml": RULES}, paths=text)
    assert done.returncode == 1 and not (repository / "owned").exists()


def test_no_step_of_the_action_has_an_expression_in_its_script():
    assert not [each["run"] for each in ACTION["runs"]["steps"] if "${{" in each.get("run", "")]


def test_the_hook_runs_a_program_that_the_wheel_installs():
    (hook,) = HOOKS
    assert f'{hook["entry"]} = "glassbox.cli.lint_files:main"' in (ROOT / "pyproject.toml").read_text()
    # Without arguments it checks the whole repository, also where somebody adds options as arguments.
    assert (hook["language"], hook["pass_filenames"], "args" in hook) == ("python", False, False)


def test_the_hook_starts_for_every_name_that_is_read_and_for_no_other():
    (hook,) = HOOKS
    # pre-commit searches for `files` in the path, and a type that is named beside it would have to fit, too.
    assert not {"types", "types_or", "exclude"} & hook.keys()
    assert [name for name in READ if not re.search(hook["files"], f"rules/queue{name}")] == []
    assert [
        name for name in ("a.py", "rules", "a.rules.md", "json", "a.yaml.j2") if re.search(hook["files"], name)
    ] == []
