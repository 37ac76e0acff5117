"""A past for Prometheus: recorded GPU series of the last hours as blocks, so that alerts on long idleness need no long wait."""

import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from kit.errors import GlassboxError
from metrics.types import Unit
from pipeline.promtool import find
from recording_rules import gpu
from stack.dcgm import MEMORY_MIB

SECONDS_PER_HOUR = 3600
BYTES_PER_MEBIBYTE = 1024 * 1024
# promtool takes a minute where it takes long.
TIMEOUT_SECONDS = 120


def write_idle_gpus(data: Path, *, instance: str, gpus: int, hours: int, step_seconds: int) -> None:
    """Blocks in Prometheus' data folder: GPUs that held a model and did nothing until now. Raises GlassboxError."""
    data.mkdir(parents=True, exist_ok=True)
    text = data.parent / "history.om"
    text.write_text("\n".join(_openmetrics(instance, gpus, hours, step_seconds)) + "\n", encoding="utf-8")
    done = subprocess.run(
        [find("promtool"), "tsdb", "create-blocks-from", "openmetrics", text, data],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise GlassboxError(f"promtool cannot write {data} ({done.stderr.strip()}): free some disk space.")
    text.unlink()


def _openmetrics(instance: str, gpus: int, hours: int, step_seconds: int) -> Iterator[str]:
    now = int(time.time()) // step_seconds * step_seconds
    moments = range(now - hours * SECONDS_PER_HOUR, now, step_seconds)
    for record, value in (
        (gpu.ACTIVITY, 0.0),
        (gpu.MEMORY_USED, 0.9 * MEMORY_MIB * BYTES_PER_MEBIBYTE),
        (gpu.MEMORY_TOTAL, MEMORY_MIB * BYTES_PER_MEBIBYTE),
    ):
        assert record.unit in (Unit.RATIO, Unit.BYTES)
        yield f"# TYPE {record.name} gauge"
        yield from _samples(record.name, instance, gpus, value, moments)
    yield "# EOF"


def _samples(name: str, instance: str, gpus: int, value: float, moments: Iterable[int]) -> Iterator[str]:
    for index in range(gpus):
        labels = f'job="dcgm",instance="{instance}",gpu="{index}"'
        yield from (f"{name}{{{labels}}} {value} {moment}" for moment in moments)
