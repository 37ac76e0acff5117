"""Build, lint and push: `python deploy.py --help`."""

import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def run() -> int:
    """Run the command line; under a Python without our packages, hand over to the one that `make setup` made."""
    try:
        from pipeline.cli import main  # noqa: PLC0415  # it imports what may be missing
    except ModuleNotFoundError as error:
        if VENV_PYTHON.exists() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.stderr.write(f"Error: the Python package {error.name!r} is missing: run `make setup` first.\n")
        return 1
    return main()


if __name__ == "__main__":
    raise SystemExit(run())
