"""A past for Prometheus: recorded GPU series of the last hours, so that an alert on long idleness needs no long wait."""

import time
from collections.abc import Iterator
from pathlib import Path

from recording_rules import gpu
from stack.blocks import write_blocks
from stack.dcgm import MEMORY_MIB

SECONDS_PER_HOUR = 3600
BYTES_PER_MEBIBYTE = 1024 * 1024


def write_idle_gpus(data: Path, *, instance: str, gpus: int, hours: int, step_seconds: int) -> None:
    """Fill Prometheus' data folder with GPUs that held a model and did nothing until now; raises GlassboxError."""
    now = int(time.time())
    write_blocks({step_seconds: tuple(_idle(instance, gpus))}, now - hours * SECONDS_PER_HOUR, now, data)


def _idle(instance: str, gpus: int) -> Iterator[str]:
    total_bytes = MEMORY_MIB * BYTES_PER_MEBIBYTE
    values = {gpu.ACTIVITY: 0.0, gpu.MEMORY_USED: 0.9 * total_bytes, gpu.MEMORY_TOTAL: total_bytes}
    for record, value in values.items():
        for index in range(gpus):
            yield f'{record.name}{{job="dcgm",instance="{instance}",gpu="{index}"}} {value}'
