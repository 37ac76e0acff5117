"""Several worker processes of one service, whose metrics meet in the files of prometheus_client's multi-process mode.

The mode is on where the environment names a folder in PROMETHEUS_MULTIPROC_DIR. What prometheus_client leaves to each
service is done here: the folder is made, an ended run's files go, and so do the gauges of ended workers.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from errno import ELOOP
from io import FileIO
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.registry import Collector

from glassbox_exporter import forking
from glassbox_exporter.errors import ExporterError
from glassbox_exporter.worker_files import WorkerFiles

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LOCK = "glassbox-exporter.lock"


def workers_folder() -> Path | None:
    """Where the workers' metrics meet; None for a single process."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def prepare_folder() -> None:
    """Make the folder, and empty it of the files of a run that has ended: of processes none of which is left.

    Raises ExporterError when it cannot be made or written.
    """
    folder = workers_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    _open_lock(folder).close()
    others = [file for file in folder.glob("*.db") if _process_of(file) != os.getpid()]
    if not any(_is_alive(_process_of(file)) for file in others):
        for file in others:
            file.unlink(missing_ok=True)


class WorkersCollector(Collector):
    """All metrics of all workers: counters of ended ones stay in the sums, gauges of ended ones go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = WorkerFiles()

    def collect(self) -> Iterator[Metric]:
        """The sums as of this call."""
        for file in self._folder.glob("gauge_live*.db"):
            if not _is_alive(_process_of(file)):
                with suppress(FileNotFoundError):
                    mark_process_dead(_process_of(file), str(self._folder))  # type: ignore[no-untyped-call]  # theirs
        metrics, left_out = self._files.merge(self._folder.glob("*.db"))
        yield from metrics
        yield GaugeMetricFamily(
            "exporter_files_left_out",
            "Files in the folder of the worker processes that are damaged or of something else.",
            value=left_out,
        )


def take_place(folder: Path, resources: ExitStack) -> bool:
    """Whether this process is now the one that serves the metrics of all, until `resources` close or it ends.

    Raises ExporterError where the lock cannot be used.
    """
    # Not on Windows, which lacks the multi-process mode that needs it.
    from fcntl import LOCK_EX, LOCK_NB, flock  # noqa: PLC0415

    with forking.opening:
        lock = resources.enter_context(_open_lock(folder))
        forking.in_children(lock.close, resources)
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_lock(folder: Path) -> FileIO:
    """The lock, never what a symbolic link in its place points to, and without waiting for a pipe's other end."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        # Unbuffered: a buffer has a lock of its own, which may be held for ever in a child.
        return FileIO(os.open(folder / _LOCK, flags, 0o600), "r+")
    except OSError as error:
        if error.errno == ELOOP:
            raise ExporterError(
                f"The lock {folder / _LOCK} is a symbolic link: remove it, and name a folder in {VARIABLE} that this "
                "service alone may write."
            ) from error
        raise _cannot_write(folder, error) from error


def _cannot_write(folder: Path, error: OSError) -> ExporterError:
    return ExporterError(
        f"The folder {folder} cannot be written ({error.strerror}): name one in {VARIABLE} that this service may write."
    )


def _process_of(file: Path) -> int:
    """`counter_4711.db` is of process 4711; 0, which no process is, for what has no number."""
    number = file.stem.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


def _is_alive(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has waited for does not."""
    if not process:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    try:
        # proc(5): the state follows the name, which stands in parentheses.
        state = (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
        )
    except OSError:
        return True
    return state != "Z"
