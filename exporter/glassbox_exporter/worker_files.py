"""The files of prometheus_client's multi-process mode: one that is damaged or foreign must not take the others with it."""

import logging
import stat
import struct
from collections.abc import Collection, Iterable
from pathlib import Path

from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)

# A worker with 100,000 series writes a tenth of it.
MAX_BYTES = 256 * 2**20
_HEADER_BYTES, _VALUES_BYTES = 8, 16


class WorkerFiles:
    """Reads the workers' files together, and leaves out what is not such a file; each is logged once."""

    def __init__(self) -> None:
        self._sound: set[tuple[str, int]] = set()
        self._complained: set[tuple[str, int]] = set()

    def merge(self, files: Iterable[Path]) -> tuple[Iterable[Metric], int]:
        """The metrics of all of them, and how many are left out."""
        known = [(file, inode) for file in files if (inode := _inode(file)) is not None]
        sound = [
            (file, inode) for file, inode in known if (str(file), inode) in self._sound or self._check(file, inode)
        ]
        try:
            return _merged(file for file, _ in sound), len(known) - len(sound)
        except Exception:  # whatever a file makes the reader raise
            # One that was sound has been damaged since.
            self._sound.clear()
            sound = [(file, inode) for file, inode in known if self._check(file, inode)]
            return _merged(file for file, _ in sound), len(known) - len(sound)

    def _check(self, file: Path, inode: int) -> bool:
        key = (str(file), inode)
        try:
            _check_entries(file)
            _merged([file])
        except FileNotFoundError:
            return False
        except Exception as error:  # as above
            if key not in self._complained:
                self._complained.add(key)
                logger.warning("%s is not a file of metrics (%s); it is left out: remove it.", file, error)
            return False
        self._sound.add(key)
        return True


def _merged(files: Iterable[Path]) -> Iterable[Metric]:
    """Raises ValueError also for a name or a label that is not text, with which no scrape could be answered."""
    merged: Collection[Metric] = MultiProcessCollector.merge([str(file) for file in files])  # type: ignore[no-untyped-call]  # theirs
    for metric in merged:
        texts = [
            metric.documentation,
            *(text for each in metric.samples for text in (each.name, *each.labels.values())),
        ]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a name or a label that is not text")
    return merged


def _check_entries(file: Path) -> None:
    """Raises ValueError where prometheus_client would read backwards, for ever."""
    state = file.lstat()
    if not stat.S_ISREG(state.st_mode):
        raise ValueError("not a regular file")
    if state.st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    content = file.read_bytes()
    used, place = struct.unpack_from("i", content)[0], _HEADER_BYTES
    while place < used:
        length = struct.unpack_from("i", content, place)[0]
        if length < 0:
            raise ValueError("an entry of negative length")
        place += 4 + length + (8 - (length + 4) % 8) + _VALUES_BYTES


def _inode(file: Path) -> int | None:
    """None for a file that has gone, or that was just made and is empty, which prometheus_client cannot read."""
    try:
        state = file.lstat()
    except FileNotFoundError:
        return None
    return state.st_ino if state.st_size or not stat.S_ISREG(state.st_mode) else None
