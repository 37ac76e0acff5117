"""Files of backups: named after the second in which they are written, and never there in part."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path


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
    stem = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while True:
        name = stem if number == 1 else f"{stem}-{number}"
        try:
            os.link(whole, folder / f"{name}.json")
        except FileExistsError:
            number += 1
        else:
            return name
