"""Make .venv with everything that pyproject.toml names; the first thing that runs on a new machine.

It needs the standard library only, and no root: where Debian's Python comes without ensurepip (package python3-venv),
pip is taken from the package python3-pip-whl, unpacked beside the environment.
It runs on every Python from 3.6 on, which some systems have as `python3`, so that it can say which is needed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)


def main() -> None:
    """Create the environment and install; ends with one sentence and exit code 1 where that fails."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("Error: Python 3.11 or newer is needed: run `make setup PYTHON=python3.11`, or with a newer one.")
    sys.stdout.write(
        f"Installing the packages of pyproject.toml into {VENV}; the first time this takes some minutes.\n"
    )
    sys.stdout.flush()
    make_environment()
    run(VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements())
    (VENV / ".ready").touch()


def make_environment(venv: Path = VENV) -> None:
    """An empty environment with pip."""
    try:
        import ensurepip  # noqa: F401, PLC0415  # Debian leaves it out of python3
    except ImportError:
        run(sys.executable, "-m", "venv", "--without-pip", venv)
        pip_from_debian(venv)
    else:
        run(sys.executable, "-m", "venv", venv)


def pip_from_debian(venv: Path) -> None:
    """pip from Debian's wheel of it; a wheel is a zip file that Python can run."""
    with tempfile.TemporaryDirectory() as folder:
        run("apt-get", "--quiet", "download", "python3-pip-whl", folder=folder)
        run("dpkg", "-x", next(Path(folder).glob("*.deb")), folder)
        wheel = next(Path(folder, "usr/share/python-wheels").glob("pip-*.whl"))
        run(venv / "bin" / "python", wheel / "pip", "install", "--quiet", "--no-index", wheel)


def requirements() -> "list[str]":
    """Dependencies and those of every extra, in the order of pyproject.toml."""
    import tomllib  # noqa: PLC0415  # new in 3.11, and older versions must get as far as their sentence

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(name for extra in extras for name in extra)]


def run(*command: "str | Path", folder: "str | Path" = ROOT) -> None:
    """Run a command whose failure ends the set-up."""
    try:
        code = subprocess.run(command, cwd=folder, check=False).returncode
    except FileNotFoundError:
        sys.exit(f"Error: {command[0]} is not installed: install Python's venv module and run this again.")
    if code:
        sys.exit(f"Error: `{' '.join(map(str, command[:4]))}` failed: correct the error above and run this again.")


if __name__ == "__main__":
    main()
