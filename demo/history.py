"""Recorded series of GPUs over the hours before a scenario, so that queries with long windows have data at once."""

import time
from collections.abc import Mapping
from pathlib import Path

from demo.simulated_dcgm import MEMORY_MIB, identity
from glassbox.query.rules import Record
from glassbox.servers.blocks import sample, write_blocks
from recording_rules import gpu

SECONDS_PER_HOUR = 3600
_MEMORY_BYTES = MEMORY_MIB * 1024 * 1024
# GPUs that hold a model: one that does nothing, and what the simulated ones do on the mean (`demo/simulated_dcgm.py`).
_HELD = {gpu.MEMORY_USED: 0.9 * _MEMORY_BYTES, gpu.MEMORY_TOTAL: _MEMORY_BYTES}
IDLE: Mapping[Record, float] = {**_HELD, gpu.ACTIVITY: 0.0}
BUSY: Mapping[Record, float] = {**_HELD, gpu.ACTIVITY: 0.8, gpu.POWER: 520.0, gpu.SM_CLOCK: 1.98e9}


def write_gpus(
    data: Path,
    readings: Mapping[Record, float],
    *,
    instance: str,
    gpus: int,
    hours: int,
    step_seconds: int,
    gap_seconds: int = 0,
) -> None:
    """Fill Prometheus' data folder with GPUs that read the same for hours, up to a gap before now; raises GlassboxError."""
    lines = tuple(
        sample({"__name__": record.name, "job": "dcgm", "instance": instance, **identity(index)}, value)
        for record, value in readings.items()
        for index in range(gpus)
    )
    end = int(time.time()) - gap_seconds
    write_blocks({step_seconds: lines}, end - hours * SECONDS_PER_HOUR, end, data)
