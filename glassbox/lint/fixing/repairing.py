"""Repairs files: reads what they hold, and writes those anew in which something certain is wrong, each whole or not at all."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glassbox.errors import GlassboxError
from glassbox.files import content_of
from glassbox.lint.finding import Finding, Repair
from glassbox.lint.fixing.repaired_text import repaired_text

# A repair may uncover another one in the same value.
_MOST_ROUNDS = 10
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Repaired:
    """A repair that was made, in which file and for which rule."""

    rule: str
    file: str
    repair: Repair

    @property
    def sentence(self) -> str:
        """What was done."""
        change = f"{self.repair.part} is now {self.repair.instead}"
        return f"Repaired {self.file}:{self.repair.line}: in {self.repair.key}, {change} ({self.rule})."


def repair_files(judge: Callable[[], Iterable[Finding]]) -> list[Repaired]:
    """Make every repair that findings offer, until none is left; `judge` reads the files anew.

    Raises GlassboxError for a file that cannot be written, which then is as it was.
    """
    made: list[Repaired] = []
    for _ in range(_MOST_ROUNDS):
        this_time = list(_one_round(list(judge())))
        made += this_time
        if not this_time:
            break
    return made


def _one_round(findings: Sequence[Finding]) -> Iterator[Repaired]:
    by_file: dict[str, dict[Repair, str]] = {}
    for finding in findings:
        for repair in finding.repairs:
            by_file.setdefault(finding.location.file, {}).setdefault(repair, finding.rule)
    for file, rules in by_file.items():
        yield from (Repaired(rules[repair], file, repair) for repair in _repair(Path(file), tuple(rules)))


def _repair(file: Path, repairs: Sequence[Repair]) -> list[Repair]:
    """Make the repairs of one file; those that were made."""
    try:
        content = content_of(file)
        mark = _MARK if content.startswith(_MARK) else b""
        text = content.removeprefix(mark).decode("utf-8")
        repaired, made = repaired_text(text, repairs)
        if made:
            _write(file.resolve(), mark + repaired.encode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise GlassboxError(
            f"{file.as_posix()} cannot be repaired ({reason}): let it be written, or leave out --fix."
        ) from None
    return made


def _write(file: Path, content: bytes) -> None:
    """The whole content or nothing, with the file's own permissions: written beside it, then renamed."""
    handle, prepared = tempfile.mkstemp(dir=file.parent, prefix=".glassbox-")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        Path(prepared).chmod(file.stat().st_mode)
        Path(prepared).replace(file)
    finally:
        with suppress(FileNotFoundError):
            Path(prepared).unlink()
