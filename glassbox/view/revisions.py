"""Dashboards as a revision of this repository compiles them, or the working tree does."""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError

TIMEOUT_SECONDS = 120.0
Boards = dict[str, dict[str, Any]]


def working_tree(script: Path, settings_file: Path | None) -> Boards:
    """The dashboards of the working tree by uid, uncommitted changes included."""
    return _built(script, settings_file, "The working tree")


def revision(script: Path, name: str, settings_file: Path | None) -> Boards:
    """The dashboards by uid, as that revision's own code compiles them under this Python."""
    with _unpacked(script.parent, name) as folder:
        return _built(folder / script.name, settings_file, f"Revision {name}")


@contextmanager
def _unpacked(root: Path, name: str) -> Iterator[Path]:
    unknown = f"--against {name}: git does not know this revision; name a branch, a tag or a commit."
    commit = _git(root, unknown, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    archived = _git(root, unknown, "archive", "--format=tar", commit.decode().strip())
    with tempfile.TemporaryDirectory(prefix="glassbox-revision-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archived)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def _git(root: Path, otherwise: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    except FileNotFoundError:
        raise GlassboxError("--against needs git, which is not on PATH: install it.") from None
    if done.returncode:
        raise GlassboxError(otherwise)
    return done.stdout


def _built(script: Path, settings_file: Path | None, who: str) -> Boards:
    settings = ["--settings", str(settings_file.resolve())] if settings_file else []
    with tempfile.TemporaryDirectory(prefix="glassbox-build-") as out:
        command = [sys.executable, str(script), *settings, "build", "--out", f"{out}/build"]
        done = subprocess.run(
            command, cwd=script.parent, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
            raise GlassboxError(f"{who} does not build ({said}): correct it first.")
        files = sorted(Path(out, "build", "dashboards").glob("*.json"))
        boards = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {board["uid"]: board for board in boards}
