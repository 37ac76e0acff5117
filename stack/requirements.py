"""Print the packages that pyproject.toml names, with all extras, one a line: for pip on a machine that has nothing yet."""

import sys
import tomllib
from pathlib import Path


def requirements(pyproject: Path) -> list[str]:
    """Dependencies and those of every extra, in the order of the file."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(name for extra in extras for name in extra)]


if __name__ == "__main__":
    sys.stdout.write("\n".join(requirements(Path(__file__).parents[1] / "pyproject.toml")) + "\n")
