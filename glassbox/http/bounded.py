"""An answer's body read with a limit: nothing that a server sends takes more memory than that."""

import zlib
from collections.abc import Iterable

ANSWER_MAX_BYTES = 64 * 2**20
"""Uncompressed; Grafana takes dashboards of 16 MiB."""
VALUES_MAX = 3_000_000
"""Of JSON, counted by its commas and brackets: `[],` takes three bytes of an answer and twenty times as many of memory.
Prometheus needs as many for 90 series of 11,000 points."""
ENCODINGS = "gzip"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class UnreadableAnswerError(Exception):
    """A body that is too long or not encoded as it says; the text ends a sentence about the server."""


def bounded_body(parts: Iterable[bytes], encoding: str, limit_bytes: int = ANSWER_MAX_BYTES) -> bytes:
    """The uncompressed body; raises UnreadableAnswerError as soon as it is longer than the limit, and for too many values."""
    body = bytearray()
    for part in _decoded(parts, encoding.strip().lower(), limit_bytes):
        body += part
        if len(body) > limit_bytes:
            raise UnreadableAnswerError(f"sent an answer of more than {limit_bytes // 2**20} MiB, and no more is read")
    if sum(map(body.count, (b",", b"[", b"{"))) > VALUES_MAX:
        raise UnreadableAnswerError(f"sent an answer of more than {VALUES_MAX // 1_000_000} million values")
    return bytes(body)


def _decoded(parts: Iterable[bytes], encoding: str, limit_bytes: int) -> Iterable[bytes]:
    if encoding in ("", "identity"):
        return parts
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise UnreadableAnswerError("sent an answer in a compression that it was not asked for")
    return _unzipped(parts, limit_bytes)


def _unzipped(parts: Iterable[bytes], limit_bytes: int) -> Iterable[bytes]:
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for part in parts:
            yield decoder.decompress(part, limit_bytes + 1)
    except zlib.error:
        raise UnreadableAnswerError("sent an answer whose compression is broken") from None
    if not decoder.eof:
        raise UnreadableAnswerError("sent an answer that was cut short")
