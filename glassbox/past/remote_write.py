"""Samples written to our own Prometheus by its remote-write protocol, stale markers among them.

https://prometheus.io/docs/specs/prw/remote_write_spec/ (1.0): a protobuf of series in Snappy's block format. Every decoder
reads literals (https://github.com/google/snappy/blob/main/format_description.txt), so nothing is compressed here.
"""

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from glassbox.errors import GlassboxError
from glassbox.http.sentences import on_one_line
from glassbox.past.own_requests import RefusedError, post

STALE: float = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The value that ends a series (`StaleNaN` in Prometheus' model/value): only its bits distinguish it from other NaN."""
# Prometheus takes 32 MiB and more; a request of this many is about 4 MB.
_SAMPLES_AT_ONCE = 200_000
_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
# One sample as protobuf: field 2 of 16 bytes, a double in field 1 and a time of six bytes in field 2.
_SAMPLE = bytes([0x12, 16, 0x09, *bytes(8), 0x10, *bytes(6)])
_VALUE_AT, _TIME_AT = 3, 12
_EARLIEST_MS, _LATEST_MS = 2**35, 2**42 - 1


@dataclass(frozen=True)
class Samples:
    """One series: its labels, the name among them, and its samples by rising time in milliseconds."""

    labels: Mapping[str, str]
    times_ms: Sequence[int]
    values: Sequence[float]


def write(url: str, series: Iterable[Samples]) -> int:
    """Write them to the Prometheus at this address; returns the number of samples. Raises GlassboxError with its words if it refuses."""
    written = 0
    for batch in _batches(series):
        _post(url, b"".join(map(_encoded, batch)))
        written += sum(len(each.times_ms) for each in batch)
    return written


def _batches(series: Iterable[Samples]) -> Iterator[list[Samples]]:
    batch: list[Samples] = []
    samples = 0
    for each in series:
        batch.append(each)
        samples += len(each.times_ms)
        if samples >= _SAMPLES_AT_ONCE:
            yield batch
            batch, samples = [], 0
    if batch:
        yield batch


def _post(url: str, message: bytes) -> None:
    try:
        post(url, "/api/v1/write", _snappy(message), _HEADERS)
    except RefusedError as error:
        raise GlassboxError(f"Our own Prometheus refuses samples ({on_one_line(str(error))}).") from None


def _encoded(series: Samples) -> bytes:
    """Field 1 of a WriteRequest; labels must be sorted by name."""
    labels = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in sorted(series.labels.items())
        if value
    )
    return _field(1, labels + _samples(series.times_ms, series.values))


def _samples(times_ms: Sequence[int], values: Sequence[float]) -> bytes:
    """All samples at once, one byte of each after the other: a loop over millions of samples would take most of the time."""
    if times_ms and not (min(times_ms) >= _EARLIEST_MS and max(times_ms) <= _LATEST_MS):
        raise GlassboxError("A sample's time is not in this century: check the clocks of what was scraped.")
    body = bytearray(_SAMPLE * len(values))
    doubles = array("d", values)
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        doubles.byteswap()
    as_bytes = doubles.tobytes()
    for place in range(8):
        body[_VALUE_AT + place :: len(_SAMPLE)] = as_bytes[place::8]
    for place, column in enumerate(_columns(tuple(times_ms))):
        body[_TIME_AT + place :: len(_SAMPLE)] = column
    return bytes(body)


@lru_cache(maxsize=512)
def _columns(times_ms: tuple[int, ...]) -> tuple[bytes, ...]:
    """The six bytes of each time as a varint, one column per byte; cached, since the series of one target share their times."""
    return tuple(
        bytes([(time >> 7 * place) & 0x7F | (0x80 if place < 5 else 0) for time in times_ms]) for place in range(6)
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _snappy(content: bytes) -> bytes:
    """The content as one literal of Snappy's block format."""
    return _varint(len(content)) + b"\xfc" + struct.pack("<I", len(content) - 1) + content
