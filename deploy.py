"""Build, lint and push: `python deploy.py --help`."""

import importlib
import os
import sys
import traceback
from pathlib import Path
from typing import Any

# What needs more than the pipeline: where it is, and its line in --help. It is imported when it is asked for.
MORE_COMMANDS = {
    "preview": ("stack.preview", "See the dashboards in a browser, and again after every change."),
    "pictures": ("stack.pictures", "Pictures of the dashboards, before and after a change."),
}
ROOT = Path(__file__).resolve().parent
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"


def run(command_line: str, **given: Any) -> int:
    """Run the `main` of a module; under a Python without our packages, hand over to the one that `make setup` made."""
    try:
        module = _imported(command_line)
        return int(module.main(**given))
    except ModuleNotFoundError as error:
        if VENV_PYTHON.exists() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.stderr.write(f"Error: the Python package {error.name!r} is missing: run `make setup` first.\n")
        return 1
    except UnreadableError as error:
        sys.stderr.write(f"Error: {error}: correct it.\n")
        return 1


class UnreadableError(Exception):
    """A file of ours that the command line needs cannot be imported."""


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise UnreadableError(f"{_place(error)}: {type(error).__name__}: {getattr(error, 'msg', error)}") from None


def _place(error: Exception) -> str:
    """File and line of what went wrong, below the checkout."""
    if isinstance(error, SyntaxError):
        file, line = error.filename or "", error.lineno
    else:
        file, line, *_ = traceback.extract_tb(error.__traceback__)[-1]
    path = Path(file)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}"


if __name__ == "__main__":
    raise SystemExit(run("pipeline.cli", more_commands=MORE_COMMANDS))
