"""Reading files that users name: bounded, and never waiting for a pipe that nobody writes to."""

import errno
import os
import stat
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024
"""What Grafana's own limits leave far below; a dashboard has a few hundred kilobytes."""
MAX_DEPTH = 100
"""Of lists and objects inside each other; dashboards have about ten."""


def content_of(file: Path) -> bytes:
    """The bytes of a file; raises OSError, whose strerror says why, also for pipes, devices and more than MAX_BYTES."""
    # A pipe is opened without waiting for its writer.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        kind = os.fstat(opened.fileno()).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(kind):
            raise OSError(errno.EINVAL, "it is a pipe or a device")
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it exceeds {MAX_BYTES // 2**20} MiB")
    return content
