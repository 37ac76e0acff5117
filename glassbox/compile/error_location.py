"""Which line of content is wrong: an error that the words or the compiler raise is located at the line that caused it."""

import ast
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glassbox.errors import DeclarationError, GlassboxError

# Packages of content; a user's own content has folders of the same names.
PACKAGES = ("dashboards", "alerts", "recording_rules")
ROOT = Path(__file__).resolve().parents[2]
# Of these, people write the metrics; with the words they write content.
_METRICS = "glassbox/metrics/"
_WORDS = ("glassbox/query/", "glassbox/board/", "glassbox/settings/", "glassbox/errors.py")
_COMPILER = "glassbox/compile/"
_CONTENT = "content/"
# A dashboard, a group and a variable may share a name. Alerts and records share theirs with nothing, and helpers may make them.
_CALLS = {"dashboard": ("dashboard", "Dashboard"), "rule group": ("RecordGroup", "AlertGroup")}


@contextmanager
def located() -> Iterator[None]:
    """Raise what goes wrong in content, while it is imported or compiled, as one ContentError.

    What content says of settings already names what is wrong; what is not about content stays as it is.
    """
    try:
        yield
    except ContentError:
        raise
    except Exception as error:
        place = _declared_at(error) if isinstance(error, DeclarationError) else _needed_place(error)
        if place is None:
            raise
        raise ContentError(text_of(error), *place) from None


class ContentError(GlassboxError):
    """What is wrong with a line of content."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.message, self.file, self.line = message, file, line


def text_of(error: Exception) -> str:
    """What went wrong, with the kind of error where the sentence is not ours."""
    if isinstance(error, GlassboxError):
        return str(error)
    return f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"


def place_of(error: Exception) -> tuple[str, int] | None:
    """File and line: of the content where it took part, else the innermost one of ours."""
    if isinstance(error, DeclarationError) and (place := _declared_at(error)):
        return place
    if isinstance(error, SyntaxError):
        file = Path(error.filename or "")
        return (shown_path(file), error.lineno or 0) if _floor(file) else None
    frames = list(_frames(error))
    chosen = [frame for frame in frames if _is_content(frame[0])] or frames
    return (shown_path(chosen[-1][1]), chosen[-1][2]) if chosen else None


def shown_path(file: Path) -> str:
    """The path as somebody in the current folder would write it: relative where the file is below it."""
    root = next((root for root in (Path.cwd(), ROOT) if file.is_relative_to(root)), None)
    return (file.relative_to(root) if root else file).as_posix()


def content_folders() -> list[Path]:
    """Where modules of content are: in packages of these names that can be imported, and in folders that were added to them."""
    found = [Path(entry, name) for entry in (str(ROOT), *sys.path) for name in PACKAGES]
    return found + [Path(entry) for name in PACKAGES for entry in _places(name)]


def is_missing_package(error: BaseException) -> bool:
    """Whether a package that the machinery needs is missing, which `glassbox.start` handles."""
    floors = [floor for floor, _, _ in _frames(error)] if isinstance(error, ModuleNotFoundError) else []
    return bool(floors) and not _is_content(floors[-1])


def _needed_place(error: Exception) -> tuple[str, int] | None:
    """Where it is content that the words refuse, or an error of Python outside the compiler."""
    if isinstance(error, SyntaxError):
        return place_of(error)
    floors = [floor for floor, _, _ in _frames(error)]
    if not floors:
        return None
    if is_missing_package(error):
        return None
    in_content = any(map(_is_content, floors))
    if isinstance(error, GlassboxError):
        needed = in_content and floors[-1].startswith(_WORDS)
    else:
        needed = in_content or floors[-1].startswith(_WORDS)
    return place_of(error) if needed else None


def _declared_at(error: DeclarationError) -> tuple[str, int] | None:
    """Where content declares last what the error is about, the user's own after the product's.

    A declaration is a call that takes the name first, or as its `name`. None where the name is put together from parts.
    """
    for folder in reversed(list(dict.fromkeys(content_folders()))):
        for file in sorted(folder.glob("*.py"), reverse=True):
            for call, name in names_given(ast.parse(file.read_bytes())):
                if name.value == error.name and (error.kind not in _CALLS or call in _CALLS[error.kind]):
                    return shown_path(file), name.lineno
    return None


def names_given(tree: ast.Module) -> Iterator[tuple[str, ast.Constant]]:
    """What is called, and each constant that is given to it as a name: first, or as its `name`."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for value in (*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")):
            if isinstance(value, ast.Constant):
                yield called, value


def _frames(error: Exception) -> Iterator[tuple[str, Path, int]]:
    """Floor, file and line of each frame in content, words or the compiler."""
    for frame in traceback.extract_tb(error.__traceback__):
        file = Path(frame.filename)
        if floor := _floor(file):
            yield floor, file, frame.lineno or 0


def _floor(file: Path) -> str:
    """The path of a file of glassbox, `content/` for every file of content, and "" for all others."""
    if file.is_relative_to(ROOT / "glassbox"):
        floor = file.relative_to(ROOT).as_posix()
        return floor if floor.startswith((_METRICS, *_WORDS, _COMPILER)) else ""
    return _CONTENT if any(file.is_relative_to(folder) for folder in content_folders()) else ""


def _is_content(floor: str) -> bool:
    return floor.startswith((_CONTENT, _METRICS))


def _places(package: str) -> Iterable[str]:
    module = sys.modules.get(package)
    return module.__path__ if module else ()
