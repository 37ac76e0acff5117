"""Files of backups: named after the second in which they are written, and never there in part.

Their names are their order, so one that is written after a clock was set back is named after the newest that is there.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

_NAME = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d{1,9}))?\.json")


def backup_files(folder: Path) -> list[Path]:
    """The files that are named like backups, the newest first; raises OSError."""
    return sorted((file for file in folder.iterdir() if _NAME.fullmatch(file.name)), key=_age, reverse=True)


def _age(file: Path) -> tuple[str, int]:
    name = _NAME.fullmatch(file.name)
    return (name[1], int(name[2] or 1)) if name else ("", 0)


def written_once(folder: Path, text: str) -> str:
    """Write a file that no other apply of the same second has, whole or not at all; its id. Raises OSError."""
    with prepared(folder, text) as whole:
        return _linked(folder, whole)


@contextmanager
def prepared(folder: Path, text: str) -> Iterator[Path]:
    """A file that is whole on disk, under a name that is nobody's; raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _linked(folder: Path, whole: Path) -> str:
    newest, latest = max(map(_age, backup_files(folder)), default=("", 0))
    stem = max(datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"), newest)
    number = latest + 1 if stem == newest else 1
    while True:
        name = stem if number == 1 else f"{stem}-{number}"
        try:
            os.link(whole, folder / f"{name}.json")
        except FileExistsError:
            number += 1
        else:
            return name
