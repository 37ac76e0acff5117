"""Commands under the names that they had before: they still work, and name the new one on stderr."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

FORMER = {
    "loadtest": ([str(ROOT / "stack" / "loadtest.py")], "stack/loadtest.py is now `python deploy.py loadtest`"),
    "relay": (["-m", "stack.robots"], "`python -m stack.robots` is now `python deploy.py relay`"),
}


def run(*arguments, folder=ROOT):
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("command", FORMER)
def test_a_former_name_does_what_the_new_one_does(command):
    arguments, sentence = FORMER[command]
    former, new = run(*arguments, "--help"), run("deploy.py", command, "--help")
    assert (former.returncode, former.stdout) == (0, new.stdout)
    assert former.stdout.startswith(f"Usage: deploy.py {command} ")
    assert former.stderr == f"{sentence}; this name goes with version 0.3.\n"


@pytest.mark.parametrize("command", FORMER)
def test_a_former_name_ends_with_the_code_and_the_sentence_of_the_new_one(command):
    arguments, _ = FORMER[command]
    former, new = run(*arguments, "--nonsense"), run("deploy.py", command, "--nonsense")
    assert former.returncode == new.returncode == 1
    assert former.stderr.splitlines()[1:] == new.stderr.splitlines() != []


def test_the_load_test_starts_from_any_folder(tmp_path):
    assert run(*FORMER["loadtest"][0], "--help", folder=tmp_path).returncode == 0


def test_the_help_of_all_commands_needs_none_of_them():
    code = "import sys; sys.argv = ['deploy.py', '--help']; import runpy\ntry:\n    runpy.run_path('deploy.py', run_name='__main__')\nfinally:\n    print(sorted(sys.modules), file=sys.stderr)"
    done = run("-c", code)
    for name in ("build", "lint", "preview", "pictures", "baseline", "loadtest", "relay"):
        assert f"\n  {name} " in done.stdout
    assert "snapshot" not in done.stdout
    loaded = set(done.stderr.replace("'", "").strip(" []\n").split(", "))
    assert not loaded & {"yaml", "jsonschema", "grafanalib", "niquests", "starlette", "httpx", "dashboards", "alerts"}
