"""What a child process prints, read within bounds: neither its size nor its end is ours to trust."""

import os
import selectors
import subprocess
from time import monotonic

from glassbox_exporter.errors import ExporterError

CHUNK_BYTES = 64 * 1024


class TooMuchOutputError(ExporterError):
    """A program printed more than is read of it."""


def read_output(process: "subprocess.Popen[bytes]", limit_bytes: int, timeout_seconds: float) -> tuple[str, str]:
    """Its standard output and its complaints, once it has ended.

    Raises subprocess.TimeoutExpired after that time and TooMuchOutputError above that size of both together; the
    process then still runs.
    """
    ends_at = monotonic() + timeout_seconds
    pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
    texts = {pipe.fileno(): bytearray() for pipe in pipes}
    with selectors.DefaultSelector() as open_pipes:
        for descriptor in texts:
            open_pipes.register(descriptor, selectors.EVENT_READ)
        while open_pipes.get_map():
            for key, _ in open_pipes.select(_left(ends_at, process)):
                part = os.read(key.fd, CHUNK_BYTES)
                texts[key.fd] += part
                if not part:
                    open_pipes.unregister(key.fd)
            if sum(map(len, texts.values())) > limit_bytes:
                raise TooMuchOutputError(f"more than {limit_bytes // 1024} KiB")
    process.wait(_left(ends_at, process))
    output, complaint = (text.decode(errors="replace") for text in texts.values())
    return output, complaint


def _left(ends_at: float, process: "subprocess.Popen[bytes]") -> float:
    left = ends_at - monotonic()
    if left <= 0:
        raise subprocess.TimeoutExpired(process.args, 0)
    return left
