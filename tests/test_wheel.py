"""The wheel: what is in it, and that content compiles with nothing else of ours to import."""

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NOT_BUILT_FROM = shutil.ignore_patterns("__pycache__", "node_modules", "build", "*.egg-info")
CONTENT = ("dashboards", "alerts", "recording_rules", "examples")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
# Neither a checkout nor anything else that tests put on the path.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def done(*command, folder, **environment):
    """stdout of a command that must succeed."""
    finished = subprocess.run(
        list(map(str, command)), cwd=folder, env=ENVIRONMENT | environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr or finished.stdout
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, since a build writes beside its sources."""
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(ROOT / "glassbox", source / "glassbox", ignore=NOT_BUILT_FROM)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps")
    done(*pip, "--no-build-isolation", "--no-index", "--wheel-dir", source / "wheels", source, folder=source)
    (built,) = (source / "wheels").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A Python with the wheel in an environment of its own, and the dependencies that are here already."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    done(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel, folder=folder)  # fmt: skip  # a command is one line
    (packages,) = (folder / "lib").glob("python*/site-packages")
    here = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    (packages / "dependencies.pth").write_text("\n".join(here))
    return python


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with content and deploy.py, and without the machinery."""
    folder = tmp_path_factory.mktemp("work")
    for name in CONTENT:
        shutil.copytree(ROOT / name, folder / name, ignore=NOT_BUILT_FROM)
    shutil.copy(ROOT / "deploy.py", folder)
    return folder


def test_it_holds_the_machinery_and_all_that_it_reads(wheel):
    assert wheel.name == f"glassbox-{VERSION}-py3-none-any.whl"
    names = set(zipfile.ZipFile(wheel).namelist())
    # Not through git: a checkout may be an archive.
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "glassbox").rglob("*")
        if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)
    }
    page = "glassbox/standin/web/"
    expected = {name for name in sources if not name.startswith(page) or name.startswith(f"{page}dist/")}
    assert names - {name for name in names if ".dist-info/" in name} == expected
    assert {
        "glassbox/py.typed",
        "glassbox/load/loadtest.schema.json",
        "glassbox/settings/settings.schema.json",
        f"{page}dist/index.html",
    } <= names


def test_content_of_a_folder_compiles_with_it_to_the_same_bytes(installed, work):
    where = done(installed, "-c", "import glassbox; print(glassbox.__path__[0])", folder=work).strip()
    assert Path(where).is_relative_to(installed.parents[1])
    done(installed, "deploy.py", "--settings", "examples/own-content/settings.yaml", "build", "--out", "built", folder=work)  # fmt: skip  # a command is one line
    done(sys.executable, ROOT / "deploy.py", "--settings", ROOT / "examples/own-content/settings.yaml", "build", "--out", work / "expected", folder=ROOT)  # fmt: skip  # a command is one line

    def files(folder):
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert files(work / "built") == files(work / "expected")
    assert "alerts/answers.yaml" in files(work / "built")


def test_a_mistake_of_content_is_located_without_a_checkout(installed, work):
    file = work / "examples/own-content/alerts/answers.py"
    whole = file.read_text()
    file.write_text(whole.replace("answers.LENGTH", "answers.LENGHT"))
    try:
        command = [installed, "deploy.py", "--settings", "examples/own-content/settings.yaml", "build"]
        finished = subprocess.run(command, cwd=work, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    finally:
        file.write_text(whole)
    assert finished.returncode == 1
    line = whole.partition("answers.LENGTH")[0].count("\n") + 1
    assert finished.stderr.startswith(f"Error: examples/own-content/alerts/answers.py:{line}: AttributeError: ")
    assert finished.stderr.count("\n") == 1


def test_a_missing_tool_is_looked_for_where_an_installed_package_may_keep_it(installed, work, tmp_path):
    command = [installed, "deploy.py", "lint"]
    environment = ENVIRONMENT | {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    finished = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert f"{tmp_path}/glassbox/tools; run `python -m glassbox.servers.components`" in finished.stderr


def test_files_of_anybody_are_checked_with_it_alone(installed, tmp_path):
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: g, rules: [{alert: A, expr: 'up{job!~\".*\"} == 0', for: 5m}]}]"
    )
    command = [installed.with_name("glassbox-lint"), "."]
    environment = ENVIRONMENT | {"PATH": str(tmp_path)}
    finished = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (2, "")
    assert finished.stdout.startswith("rules.yml:1: error: up can never have series")


def test_the_page_of_the_preview_is_served_from_it(installed, work):
    found = "from glassbox.standin.page import DIST; print((DIST / 'index.html').is_file(), DIST)"
    said = done(installed, "-c", found, folder=work).split()
    assert said[0] == "True" and Path(said[1]).is_relative_to(installed.parents[1])


def test_what_needs_a_checkout_says_so(installed, work, tmp_path):
    code = (
        "from pathlib import Path\nfrom glassbox.errors import GlassboxError\nfrom glassbox.servers.victoria import victoria_metrics\n"
        f"try:\n    victoria_metrics(Path({str(tmp_path)!r})).__enter__()\nexcept GlassboxError as error:\n    print(error)\n"
    )
    assert done(installed, "-c", code, folder=work).strip().endswith("run it from a checkout of Glassbox.")
