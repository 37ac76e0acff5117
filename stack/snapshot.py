"""The compiled content, or why it cannot be compiled, as JSON on stdout: `python -m stack.snapshot [SETTINGS]`.

A process of its own reads every module anew, which reloading in a running one does not.
"""

import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.errors import GlassboxError

ROOT = Path(__file__).resolve().parents[1]
# Where people write; an error that the kit or the compiler raises for it is shown at the line that caused it.
CONTENT = ("dashboards", "alerts", "recording_rules", "metrics")
TIMEOUT_SECONDS = 60.0
Json = dict[str, Any]


def take_snapshot(settings_file: Path | None) -> Json:
    """Compile in a fresh process: {"dashboards", "rule_groups", "folder_uid", "folder_title"} or {"problem"}."""
    arguments = [str(settings_file.resolve())] if settings_file else []
    command = [sys.executable, "-m", "stack.snapshot", *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _problem(f"Compiling takes longer than {TIMEOUT_SECONDS:g} s.")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"]
        return _problem(f"The content could not be compiled: {said[-1]}")
    snapshot: Json = json.loads(done.stdout)
    return snapshot


def compiled(settings_file: Path | None) -> Json:
    """Compile in this process."""
    try:
        # Content that does not even import is a problem to show as well.
        from kit.settings import load_settings  # noqa: PLC0415
        from pipeline.bundle import DataSource  # noqa: PLC0415
        from pipeline.compiler import compile_bundle  # noqa: PLC0415

        settings = load_settings(settings_file)
        bundle = compile_bundle(settings, DataSource("prometheus", "Prometheus", "prometheus", is_default=True))
    except Exception as error:
        return problem_of(error)
    return {
        "folder_uid": settings.grafana.folder_uid,
        "folder_title": settings.grafana.folder_title,
        "dashboards": list(bundle.dashboards.values()),
        "rule_groups": list(bundle.grafana_groups),
    }


def problem_of(error: Exception) -> Json:
    """What went wrong, and the line to look at: of the content where it took part, else the innermost one of ours."""
    message = str(error) if isinstance(error, GlassboxError) else f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        place = _place(error.filename or "", error.lineno or 0)
        return _problem(f"{type(error).__name__}: {error.msg}", *(place or ("", 0)))
    places = list(_places(error))
    content = [place for place in places if place[0].partition("/")[0] in CONTENT]
    return _problem(message, *(content or places or [("", 0)])[-1])


def _places(error: Exception) -> Iterator[tuple[str, int]]:
    for frame in traceback.extract_tb(error.__traceback__):
        if (place := _place(frame.filename, frame.lineno or 0)) and place[0] != "stack/snapshot.py":
            yield place


def _place(file: str, line: int) -> tuple[str, int] | None:
    """A file below the checkout and the line; None for the files of others."""
    path = Path(file)
    if not path.is_relative_to(ROOT) or path.is_relative_to(Path(sys.prefix)):
        return None
    return path.relative_to(ROOT).as_posix(), line


def _problem(message: str, file: str = "", line: int = 0) -> Json:
    return {"problem": {"message": message, "file": file, "line": line}}


if __name__ == "__main__":
    print(json.dumps(compiled(Path(sys.argv[1]) if len(sys.argv) > 1 else None)))  # noqa: T201  # the result
