"""Reading files that users name, bounded, and never waiting for a pipe that nobody writes to; temporary folders."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glassbox.errors import GlassboxError

MAX_BYTES = 32 * 1024 * 1024
"""What Grafana's own limits leave far below; a dashboard has a few hundred kilobytes."""
MOST_BYTES_OF_OURS = 1024 * 1024 * 1024
"""Of what this tool wrote itself, such as a backup of a thousand dashboards."""
MAX_DEPTH = 100
"""Of lists and objects inside each other; dashboards have about ten."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What an OSError has where a disk or a quota is full."""


def content_of(file: Path, most_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file; raises OSError, whose strerror says why, also for pipes, devices and more than `most_bytes`."""
    # A pipe is opened without waiting for its writer.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        kind = os.fstat(opened.fileno()).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(kind):
            raise OSError(errno.EINVAL, "it is a pipe or a device")
        content = opened.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it exceeds {most_bytes // 2**20} MiB")
    return content


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A folder `glassbox-NAME-...` where TMPDIR says, or the system; it goes at the end of the body.

    GlassboxError where none can be made, or where it is full while the body writes into it.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=f"glassbox-{name}-")
    except OSError as error:
        raise _unusable(error) from None
    with made as folder:
        try:
            yield Path(folder)
        except OSError as error:
            if error.errno not in FULL or not str(error.filename or folder).startswith(folder):
                raise
            raise _unusable(error) from None


def _unusable(error: OSError) -> GlassboxError:
    # Python names it only once it has found one that it can write.
    which = f"The temporary folder {tempfile.tempdir} cannot" if tempfile.tempdir else "No temporary folder can"
    return GlassboxError(f"{which} be written ({error.strerror}): make room there, or name another one with TMPDIR.")
