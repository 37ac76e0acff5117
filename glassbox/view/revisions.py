"""Dashboards and rules as a revision of this repository compiles them, or the working tree does."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.files import FULL, temporary_folder
from glassbox.http.yaml_text import parsed
from glassbox.view import fresh_process

TIMEOUT_SECONDS = 120.0
Boards = dict[str, dict[str, Any]]
Rules = dict[str, Any]
# What a build needs of the environment; all else stays here, secrets among it.
_KEPT = frozenset({"PATH", "LANG", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONUTF8", "PYTHONPATH"})


@dataclass(frozen=True)
class RevisionContent:
    """Everything that a revision builds, and its runbooks by the names of alerts.

    `boards` by uid, `rules` by folder and file as "alerts/gpu.yaml", `grafana_groups` by title.
    """

    boards: Boards
    rules: Rules
    grafana_groups: dict[str, dict[str, Any]]
    runbooks: dict[str, str]


def working_tree(script: Path, settings_file: Path | None) -> Boards:
    """The dashboards of the working tree by uid, uncommitted changes included."""
    with _built(script, settings_file, "The working tree") as build:
        return _boards(build, "The working tree")


def revision(script: Path, name: str, settings_file: Path | None) -> Boards:
    """The dashboards by uid, as that revision's own code compiles them under this Python.

    That code runs without the secrets of this environment and, where the system lets us, without network.
    """
    with _built_by(script, name, settings_file) as (_, build):
        return _boards(build, f"Revision {name}")


def revision_rules(script: Path, name: str, settings_file: Path | None) -> Rules:
    """The files of its recorded series and alerts by folder and name, compiled as above."""
    with _built_by(script, name, settings_file) as (_, build):
        return _rules(build, f"Revision {name}")


def revision_content(
    script: Path, name: str, settings_file: Path | None, runbooks: Sequence[Path] = ()
) -> RevisionContent:
    """All that it builds, compiled as above. Folders of `runbooks` are read as they were then, those outside of the repository as they are."""
    who = f"Revision {name}"
    with _built_by(script, name, settings_file) as (tree, build):
        places = [_as_in(tree, folder, script.parent) for folder in runbooks]
        files = [file for folder in places for file in folder.glob("*.md")]
        return RevisionContent(
            boards=_boards(build, who),
            rules=_rules(build, who),
            grafana_groups=_grafana_groups(build, who),
            runbooks={file.stem: file.read_text(encoding="utf-8", errors="replace") for file in files},
        )


def _as_in(tree: Path, folder: Path, root: Path) -> Path:
    return tree / folder.relative_to(root) if folder.is_relative_to(root) else folder


def files_changed(script: Path, name: str, pattern: str) -> list[str]:
    """The files whose name fits a pattern as `*.test.yml` and that differ from this revision, from the script's folder."""
    unknown = f"--against {name}: git does not know this revision; name a branch, a tag or a commit."
    listed = _git(
        script.parent, unknown, "diff", "--name-only", "-z", "--relative", "--end-of-options", name, "--", pattern
    )
    return sorted(file for file in listed.decode("utf-8", "replace").split("\0") if file)


@contextmanager
def _built_by(script: Path, name: str, settings_file: Path | None) -> Iterator[tuple[Path, Path]]:
    """That revision's files, and the folder into which its own code has built."""
    with _unpacked(script.parent, name) as folder, temporary_folder("home") as home:
        kept = {key: value for key, value in os.environ.items() if key in _KEPT or key.startswith("LC_")}
        theirs = folder / script.name
        with _built(theirs, settings_file, f"Revision {name}", without_network(), {**kept, "HOME": str(home)}) as build:
            yield folder, build


@cache
def without_network() -> Sequence[str]:
    """A prefix that starts a program without network; empty where the system does not allow it."""
    program = shutil.which("unshare")
    for flags in ((), ("--map-root-user",)):
        prefix = (program or "", *flags, "--net")
        if program and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    return ()


@contextmanager
def _unpacked(root: Path, name: str) -> Iterator[Path]:
    unknown = f"--against {name}: git does not know this revision; name a branch, a tag or a commit."
    commit = _git(root, unknown, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    archived = _git(root, unknown, "archive", "--format=tar", commit.decode().strip())
    with temporary_folder("revision") as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(archived)) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, OSError) as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            raise GlassboxError(
                f"--against {name}: its files cannot be unpacked into {folder}: name another revision."
            ) from None
        yield folder


def _git(root: Path, otherwise: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise GlassboxError(f"git did not end within {TIMEOUT_SECONDS:g} s: try again.") from None
    except FileNotFoundError:
        raise GlassboxError("--against needs git, which is not on PATH: install it.") from None
    if done.returncode:
        raise GlassboxError(otherwise)
    return done.stdout


@contextmanager
def _built(
    script: Path,
    settings_file: Path | None,
    who: str,
    prefix: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Path]:
    settings = ["--settings", str(settings_file.resolve())] if settings_file else []
    with temporary_folder("build") as out:
        command = [*prefix, sys.executable, str(script), *settings, "build", "--out", f"{out}/build"]
        _run(command, script.parent, who, environment)
        yield out / "build"


def _run(command: Sequence[str], folder: Path, who: str, environment: Mapping[str, str] | None) -> None:
    try:
        done = fresh_process.run(command, folder, TIMEOUT_SECONDS, environment)
    except subprocess.TimeoutExpired:
        raise GlassboxError(f"{who} does not build within {TIMEOUT_SECONDS:g} s: correct it first.") from None
    if done.returncode:
        said = fresh_process.last_words(done, "it printed nothing")
        raise GlassboxError(f"{who} does not build ({said}): correct it first.")


def _rules(build: Path, who: str) -> Rules:
    """Of the folders in which Prometheus finds them, by folder and name; a revision that builds none has none."""
    files = sorted(file for folder in ("recording_rules", "alerts") for file in (build / folder).glob("*.yaml"))
    try:
        return {f"{file.parent.name}/{file.name}": parsed(file.read_text(encoding="utf-8")) for file in files}
    except (OSError, ValueError):
        raise GlassboxError(f"{who} builds files that are not rules: correct it first.") from None


def _boards(build: Path, who: str) -> Boards:
    files = sorted((build / "dashboards").glob("*.json"))
    try:
        boards = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return {str(board["uid"]): board for board in boards}
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise GlassboxError(f"{who} builds files that are not dashboards: correct it first.") from None


def _grafana_groups(build: Path, who: str) -> dict[str, dict[str, Any]]:
    try:
        groups = [json.loads(file.read_text(encoding="utf-8")) for file in sorted((build / "grafana").glob("*.json"))]
        return {str(group["title"]): group for group in groups}
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise GlassboxError(f"{who} builds files that are not rule groups of Grafana: correct it first.") from None
