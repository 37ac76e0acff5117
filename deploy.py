"""Build, lint and push: `python deploy.py --help`."""

import importlib
import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def run(command_line: str = "pipeline.cli") -> int:
    """Run the `main` of a module; under a Python without our packages, hand over to the one that `make setup` made."""
    try:
        module = importlib.import_module(command_line)
    except ModuleNotFoundError as error:
        if VENV_PYTHON.exists() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.stderr.write(f"Error: the Python package {error.name!r} is missing: run `make setup` first.\n")
        return 1
    return int(module.main())


if __name__ == "__main__":
    raise SystemExit(run())
