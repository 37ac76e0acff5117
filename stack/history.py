"""A past for Prometheus: recorded series of the last hours, so that what looks far back has something to see at once."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from recording_rules import capacity, gpu
from stack.blocks import write_blocks
from stack.dcgm import MEMORY_MIB

SECONDS_PER_HOUR = 3600
BYTES_PER_MEBIBYTE = 1024 * 1024


def write_idle_gpus(data: Path, *, instance: str, gpus: int, hours: int, step_seconds: int) -> None:
    """Fill Prometheus' data folder with GPUs that held a model and did nothing until now; raises GlassboxError."""
    now = int(time.time())
    write_blocks({step_seconds: tuple(_idle(instance, gpus))}, now - hours * SECONDS_PER_HOUR, now, data)


def write_load(data: Path, requests_per_second: Mapping[str, float], *, hours: int, step_seconds: int) -> None:
    """Fill Prometheus' data folder with an even load of each job until now; raises GlassboxError."""
    lines = tuple(f'{capacity.REQUESTS.name}{{job="{job}"}} {rate}' for job, rate in requests_per_second.items())
    now = int(time.time())
    write_blocks({step_seconds: lines}, now - hours * SECONDS_PER_HOUR, now, data)


def _idle(instance: str, gpus: int) -> Iterator[str]:
    total_bytes = MEMORY_MIB * BYTES_PER_MEBIBYTE
    values = {gpu.ACTIVITY: 0.0, gpu.MEMORY_USED: 0.9 * total_bytes, gpu.MEMORY_TOTAL: total_bytes}
    for record, value in values.items():
        for index in range(gpus):
            yield f'{record.name}{{job="dcgm",instance="{instance}",gpu="{index}"}} {value}'
