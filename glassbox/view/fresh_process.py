"""The content's script in a process of its own: nothing of it is imported here, and nothing is remembered from an earlier run."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(
    command: Sequence[str], folder: Path, timeout_seconds: float, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run to the end in this folder, both outputs kept; raises subprocess.TimeoutExpired. `environment` is this process' by default."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_seconds,
        check=False,
    )


def last_words(done: "subprocess.CompletedProcess[str]", otherwise: str) -> str:
    """The last line of its stderr, which is the reason of a failure; `otherwise` where it wrote none."""
    return (done.stderr.strip().splitlines() or [otherwise])[-1]
