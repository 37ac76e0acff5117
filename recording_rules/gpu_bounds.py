"""What a GPU, and the KV cache in its memory, can report at all. Readings outside are errors, and count for nothing.

What exporters write for a field without a value is far outside: DCGM's blanks are 2147483632, 140737488355328 and
9223372036854775792 or a little more (dcgm_structs.h), NVML's are 2^32 - 1 and 2^64 - 1 (nvml.h). Wrong samples of dcgm-exporter
were between them (its issues 312 and 418). So each bound only has to be above every board that is sold or announced, with room
for its successors. NaN is within no bounds.
"""

from collections.abc import Mapping

from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr, binary

# In each unit: the smallest and the largest value.
BOUNDS: Mapping[Unit, tuple[float, float]] = {
    # Two counters make a share, and a busy GPU may come out a little above 1.
    Unit.RATIO: (0, 1.01),
    # 16 TiB; the largest package announced holds 1 TB.
    Unit.BYTES: (0, 16 * 1024**4),
    Unit.MEBIBYTES: (0, 16 * 1024**2),
    # The largest package announced draws 3.6 kW.
    Unit.WATTS: (0, 5000),
    # Boards shut down near 105 degrees.
    Unit.CELSIUS: (0, 150),
    # Boost clocks end near 3 GHz.
    Unit.HERTZ: (0, 5e9),
    Unit.BOOLEAN: (0, 1),
    # XID codes: NVIDIA's list ends below 200.
    Unit.NONE: (0, 9999),
    # Rows replaced within an hour: a board has a few hundred spare ones.
    Unit.EVENTS: (0, 10_000),
    # PCIe packets sent again: a link that repeats so many moves nothing.
    Unit.EVENTS_PER_SECOND: (0, 1e6),
    # PCIe 7.0 with 16 lanes moves 0.25 TB/s in each direction.
    Unit.BYTES_PER_SECOND: (0, 1e12),
}


def possible(readings: Expr) -> Expr:
    """The readings that there can be, by their unit."""
    smallest, largest = BOUNDS[readings.shape.unit]
    return binary(readings >= smallest, "<=", largest)
