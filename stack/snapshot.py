"""The compiled content, or why it cannot be compiled, as JSON on stdout: `python -m stack.snapshot [SETTINGS]`.

A process of its own reads every module anew, which reloading in a running one does not.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.content import ROOT, place_of, text_of

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
    """What went wrong, and the line to look at."""
    return _problem(text_of(error), *(place_of(error) or ("", 0)))


def _problem(message: str, file: str = "", line: int = 0) -> Json:
    return {"problem": {"message": message, "file": file, "line": line}}


if __name__ == "__main__":
    print(json.dumps(compiled(Path(sys.argv[1]) if len(sys.argv) > 1 else None)))  # noqa: T201  # the result
