"""Content of the user's own beside the product's: folders with dashboards/, alerts/ and recording_rules/.

Each of them becomes a further place of the package of its name. So there is one way to import: own content reads the product's
recorded series by it, and whatever collects the modules of a package collects both.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

from glassbox.compile.error_location import PACKAGES, ContentError, shown_path
from glassbox.errors import GlassboxError

RUNBOOKS = "runbooks"
_OTHER_FORMATS = dict.fromkeys((".yaml", ".yml", ".json"), "declare it in Python, or move the file elsewhere") | {
    ".md": f"move a runbook into alerts/{RUNBOOKS}/"
}


@contextmanager
def own_content(folders: Sequence[Path]) -> Iterator[None]:
    """Until the end, the packages of content have modules of these folders too.

    Raises GlassboxError for a folder that holds none, and ContentError for a file that would not be read, or whose name is taken.
    """
    if not folders:
        yield
        return
    known = set(sys.modules)
    packages = [_package(name) for name in PACKAGES]
    places = [list(package.__path__) for package in packages]
    try:
        for folder in folders:
            _refuse_folder(folder)
            for package in packages:
                _add(package, folder / package.__name__)
        yield
    finally:
        for package, before in zip(packages, places, strict=True):
            package.__path__ = before
        _forget(folders, known)


def _package(name: str) -> ModuleType:
    """The product's package, or an empty one where it has none."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    package = ModuleType(name)
    package.__path__ = []
    sys.modules[name] = package
    return package


def _add(package: ModuleType, place: Path) -> None:
    """Add the folder to the package's places, after it was checked against those that are there."""
    if not place.is_dir():
        if place.exists():
            raise GlassboxError(
                f"Setting content: {shown_path(place)} is not a folder; make it one, or rename the file."
            )
        return
    if any(place.samefile(there) for there in package.__path__ if Path(there).is_dir()):
        raise GlassboxError(f"Setting content: {shown_path(place.parent)} is read already; leave it out.")
    for file in sorted(place.iterdir()):
        _refuse_unread(file)
    for file in sorted(place.glob("*.py")):
        _refuse_file(file, package)
    for folder in sorted(each for each in place.iterdir() if each.is_dir() and each.name != RUNBOOKS):
        for file in sorted(folder.rglob("*.py")):
            raise ContentError(f"a module in a folder of {place.name}/ is not read; move it up into {place.name}/.", shown_path(file), 1)  # fmt: skip  # a refusal is one line
    for runbook in sorted(place.glob(f"{RUNBOOKS}/*.md")):
        _refuse_taken(runbook, f"{RUNBOOKS}/{runbook.name}", package, "runbook")
    package.__path__.append(str(place))
    invalidate_caches()


def _refuse_folder(folder: Path) -> None:
    where = f"Setting content: {shown_path(folder)}"
    if not folder.is_dir():
        raise GlassboxError(f"{where} is not a folder; correct its path, which is relative to the settings file.")
    for each in sorted(folder.iterdir()):
        nearest = get_close_matches(each.name, PACKAGES, cutoff=0.8)
        if each.is_dir() and nearest and each.name not in PACKAGES:
            raise GlassboxError(f"{where} has a folder {each.name}, which is not read; call it {nearest[0]}.")
    if not any(file.name != "__init__.py" for name in PACKAGES for file in folder.glob(f"{name}/*.py")):
        raise GlassboxError(f"{where} has no module in dashboards/, alerts/ or recording_rules/; add one, or leave it out.")  # fmt: skip  # a refusal is one line


def _refuse_unread(file: Path) -> None:
    """Raise ContentError for a file that looks like content but is not; hidden files are left behind by editors."""
    if file.name.startswith(".") or file.is_dir():
        return
    if file.suffix in _OTHER_FORMATS:
        raise ContentError(f"only modules of Python are read here; {_OTHER_FORMATS[file.suffix]}.", shown_path(file), 1)
    if file.suffix == ".py" and "." in file.stem:
        raise ContentError("a module with a dot in its name is not read; rename it.", shown_path(file), 1)


def _refuse_file(file: Path, package: ModuleType) -> None:
    if file.name != "__init__.py":
        _refuse_taken(file, file.name, package, "module")
    elif file.read_bytes().strip():
        raise ContentError(
            f"{file.name} is not read; move what it declares into a module of its own.", shown_path(file), 1
        )


def _refuse_taken(file: Path, name: str, package: ModuleType, kind: str) -> None:
    for place in package.__path__:
        taken = [other for other in (Path(place, name), Path(place, Path(name).stem, "__init__.py")) if other.is_file()]
        if taken:
            raise ContentError(f"{shown_path(taken[0])} is a {kind} of the same name; rename this one.", shown_path(file), 1)  # fmt: skip  # a refusal is one line


def _forget(folders: Sequence[Path], known: set[str]) -> None:
    """Remove what was imported meanwhile from the folders, and packages that were made for them."""
    for name in set(sys.modules) - known:
        package, _, leaf = name.partition(".")
        file = getattr(sys.modules[name], "__file__", None)
        if package in PACKAGES and (file is None or any(Path(file).is_relative_to(folder) for folder in folders)):
            del sys.modules[name]
            if leaf and package in sys.modules and hasattr(sys.modules[package], leaf):
                delattr(sys.modules[package], leaf)
