"""How a repository with content starts the command line; needs the standard library only, so that it can say what is missing.

It runs on every Python from 3.6 on, which some systems have as `python3`, so that this too can be said.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from glassbox.compile.content import Content


OLDEST_PYTHON = (3, 11)


class Product(NamedTuple):
    """What the command line works on.

    `script` starts it anew. `content` imports what it returns when it is called, since commands such as `preview` show what is
    wrong with it. `demo_prometheus` starts a demonstration that lasts as long as the stack and returns the URL of its Prometheus.
    """

    script: Path
    content: "Callable[[], Content]"
    demo_prometheus: "Callable[[ExitStack], str] | None" = None


def start(product: Product, venv_python: Path, arguments: "Sequence[str] | None" = None) -> int:
    """Run a command and return its exit code; `venv_python` takes over if this Python lacks a package, or is too old."""
    if sys.version_info < OLDEST_PYTHON:
        _hand_over(venv_python)
        found, needed = ".".join(map(str, sys.version_info[:2])), ".".join(map(str, OLDEST_PYTHON))
        sys.stderr.write(
            f"Error: this Python is {found}, and {needed} or newer is needed: run `make setup PYTHON=python3.11`, or with a newer one.\n"
        )
        return 1
    try:
        return int(_imported("glassbox.cli.main").main(product, arguments))
    except ModuleNotFoundError as error:
        _hand_over(venv_python)
        sys.stderr.write(f"Error: the Python package {error.name!r} is missing: run `make setup` first.\n")
    except UnreadableError as error:
        sys.stderr.write(f"Error: {error}: correct it.\n")
    return 1


def _hand_over(venv_python: Path) -> None:
    """Become that Python, if it is there and is not this one."""
    if venv_python.exists() and Path(sys.prefix) != venv_python.parents[1]:
        os.execv(venv_python, [str(venv_python), *sys.argv])


class UnreadableError(Exception):
    """A module that the command line needs cannot be imported."""


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise UnreadableError(f"{_place(error)}: {type(error).__name__}: {getattr(error, 'msg', error)}") from None


def _place(error: Exception) -> str:
    """File and line of what went wrong, below this repository."""
    if isinstance(error, SyntaxError):
        file, line = error.filename or "", error.lineno
    else:
        file, line, *_ = traceback.extract_tb(error.__traceback__)[-1]
    root, path = Path(__file__).resolve().parents[1], Path(file)
    return f"{path.relative_to(root) if path.is_relative_to(root) else path}:{line}"
