"""Which line of our content is wrong: an error that these packages raise is reported at the line that caused it."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glassbox.errors import GlassboxError

ROOT = Path(__file__).resolve().parents[2]
# Where people write; below it stand the words that they write with.
_CONTENT = ("dashboards/", "alerts/", "recording_rules/", "glassbox/metrics/")
_WORDS = ("glassbox/query/", "glassbox/board/", "glassbox/settings/", "glassbox/errors.py")
_COMPILER = "glassbox/compile/"


@contextmanager
def located() -> Iterator[None]:
    """Raise what goes wrong in content, while it is imported or compiled, as one ContentError.

    What content says of settings already names what is wrong; what is not about content stays as it is.
    """
    try:
        yield
    except Exception as error:
        place = place_of(error)
        if place is None or not _needs_its_line(error, place):
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
    """File below the checkout, and line: of the content where it took part, else the innermost one of ours."""
    if isinstance(error, SyntaxError):
        return _place(error.filename or "", error.lineno or 0)
    places = list(_places(error))
    candidates = [place for place in places if place[0].startswith(_CONTENT)] or places
    return candidates[-1] if candidates else None


def _needs_its_line(error: Exception, place: tuple[str, int]) -> bool:
    """Whether it is content that the kit refuses, or an error of Python outside the compiler."""
    if not isinstance(error, GlassboxError):
        return place[0].startswith((*_CONTENT, *_WORDS))
    *_, innermost = _places(error)
    return place[0].startswith(_CONTENT) and innermost[0].startswith(_WORDS)


def _places(error: Exception) -> Iterator[tuple[str, int]]:
    for frame in traceback.extract_tb(error.__traceback__):
        place = _place(frame.filename, frame.lineno or 0)
        if place and place[0].startswith((*_CONTENT, *_WORDS, _COMPILER)):
            yield place


def _place(file: str, line: int) -> tuple[str, int] | None:
    """A file below the checkout and the line; None for a file outside it."""
    path = Path(file)
    if not path.is_relative_to(ROOT) or path.is_relative_to(Path(sys.prefix)):
        return None
    return path.relative_to(ROOT).as_posix(), line
