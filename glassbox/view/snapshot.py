"""The compiled content, or why it cannot be compiled, as JSON on stdout: the command `snapshot`, which `preview` starts.

A separate process reads every module again; reloading modules in a running one does not.
"""

import json
import subprocess
import sys
from pathlib import Path

import click

from glassbox.cli.exit_codes import DONE
from glassbox.cli.session import Session
from glassbox.compile.error_location import ContentError, is_missing_package, place_of, text_of
from glassbox.view import fresh_process
from glassbox.view.board_files import Json

TIMEOUT_SECONDS = 60.0


def take_snapshot(script: Path, settings_file: Path | None) -> Json:
    """Compile in a fresh process of the script: {"dashboards", "rule_groups", "folder_uid", "folder_title"} or {"problem"}."""
    settings = ["--settings", str(settings_file.resolve())] if settings_file else []
    arguments = [sys.executable, str(script), *settings, "snapshot"]
    try:
        done = fresh_process.run(arguments, script.parent, TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return _problem(f"Compiling takes longer than {TIMEOUT_SECONDS:g} s.")
    if done.returncode:
        said = fresh_process.last_words(done, f"it ended with exit code {done.returncode}")
        return _problem(f"The content could not be compiled: {said}")
    try:
        # What the content itself prints comes before.
        snapshot: Json = json.loads((done.stdout.splitlines() or [""])[-1])
    except (ValueError, RecursionError):
        return _problem("The content could not be compiled: it prints something after the end of its work.")
    return snapshot


def snapshot_of(session: Session) -> Json:
    """Compile in this process."""
    try:
        # A module that does not even import is a problem to show as well.
        from glassbox.compile.bundle import DataSource  # noqa: PLC0415

        grafana = session.settings.grafana
        bundle = session.compiled(DataSource("prometheus", "Prometheus", "prometheus", is_default=True))
    except Exception as error:
        if is_missing_package(error):
            raise
        return problem_of(error)
    return {
        "folder_uid": grafana.folder_uid,
        "folder_title": grafana.folder_title,
        "dashboards": list(bundle.dashboards.values()),
        "rule_groups": list(bundle.grafana_groups),
    }


def problem_of(error: Exception) -> Json:
    """What went wrong, and where."""
    if isinstance(error, ContentError):
        return _problem(error.message, error.file, error.line)
    return _problem(text_of(error), *(place_of(error) or ("", 0)))


def _problem(message: str, file: str = "", line: int = 0) -> Json:
    return {"problem": {"message": message, "file": file, "line": line}}


@click.command("snapshot")
@click.pass_obj
def command(session: Session) -> int:
    """Print the compiled content as JSON."""
    click.echo(json.dumps(snapshot_of(session)))
    return DONE
