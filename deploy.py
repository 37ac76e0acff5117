"""Build, lint and push: `python deploy.py --help`."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

# What needs more than the pipeline: where it is, and its line in --help. It is imported when it is asked for.
MORE_COMMANDS = {
    "preview": ("stack.preview", "See the dashboards in a browser, and again after every change."),
    "pictures": ("stack.pictures", "Pictures of the dashboards, before and after a change."),
}
VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def run(command_line: str, **given: Any) -> int:
    """Run the `main` of a module; under a Python without our packages, hand over to the one that `make setup` made."""
    try:
        module = importlib.import_module(command_line)
        return int(module.main(**given))
    except ModuleNotFoundError as error:
        if VENV_PYTHON.exists() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.stderr.write(f"Error: the Python package {error.name!r} is missing: run `make setup` first.\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(run("pipeline.cli", more_commands=MORE_COMMANDS))
