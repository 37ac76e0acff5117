"""A simulated dcgm-exporter: made-up readings under the names, types and labels of the catalogue, for machines without a GPU.

What happens is a scenario: a plain function from the seconds since the start and a GPU's readings to its readings then.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import pi, sin

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.replay import TEXT_FORMAT
from glassbox.metrics import CATALOGUE, dcgm
from glassbox.metrics.types import Metric
from glassbox.servers.background import served
from glassbox_exporter.simulated import LAG_CYCLES

Readings = Mapping[Metric, float]
# None: the GPU is gone, and its exporter continues with the others.
Scenario = Callable[[float, int, Readings], Readings | None]

CYCLE_SECONDS = 120.0
MEMORY_MIB = 81920.0
RESERVED_MIB = 600.0
FULL_CLOCK_MEGAHERTZ = 1980.0
MILLIJOULES_PER_JOULE = 1000.0


def healthy(seconds: float, gpu: int) -> Readings:
    """A GPU under load that swings with a period of two minutes; the same on every run."""
    swing = sin(2 * pi * (seconds / CYCLE_SECONDS - gpu * LAG_CYCLES))
    used_mib = 0.9 * MEMORY_MIB
    load: dict[Metric, float] = {
        dcgm.GPU_UTIL: float(round(88 + 10 * swing)),
        dcgm.GR_ENGINE_ACTIVE: 0.8 + 0.1 * swing,
        dcgm.PIPE_TENSOR_ACTIVE: 0.25 + 0.1 * swing,
        dcgm.DRAM_ACTIVE: 0.55 + 0.2 * swing,
        dcgm.MEM_COPY_UTIL: float(round(60 + 20 * swing)),
        dcgm.FB_USED: used_mib,
        dcgm.FB_RESERVED: RESERVED_MIB,
        dcgm.FB_FREE: MEMORY_MIB - used_mib - RESERVED_MIB,
        dcgm.POWER_USAGE: 520.0 + 150.0 * swing,
        dcgm.GPU_TEMP: float(round(58 + 8 * swing)),
        dcgm.MEMORY_TEMP: float(round(66 + 8 * swing)),
        dcgm.SM_CLOCK: FULL_CLOCK_MEGAHERTZ,
        dcgm.MEM_CLOCK: 2619.0,
        dcgm.PCIE_TX: 4e8 + 2e8 * swing,
        dcgm.PCIE_RX: 9e8 + 3e8 * swing,
        dcgm.PCIE_REPLAY: float(seconds // 600),
    }
    return dict.fromkeys(CATALOGUE["dcgm"], 0.0) | load


def xid(seconds: float, gpu: int, readings: Readings, *, code: int, on_gpu: int, from_seconds: float) -> Readings:
    """The driver reports this code once, and it stays the last one."""
    return {**readings, dcgm.XID_ERRORS: float(code)} if gpu == on_gpu and seconds >= from_seconds else readings


def throttled(seconds: float, gpu: int, readings: Readings, *, on_gpu: int, from_seconds: float) -> Readings:
    """Heat halves the clock; the GPU stays busy and draws less."""
    if gpu != on_gpu or seconds < from_seconds:
        return readings
    hot: dict[Metric, float] = {
        dcgm.GPU_TEMP: 92.0,
        dcgm.SM_CLOCK: FULL_CLOCK_MEGAHERTZ / 2,
        dcgm.POWER_USAGE: 260.0,
        dcgm.GPU_UTIL: 98.0,
        dcgm.GR_ENGINE_ACTIVE: 0.97,
    }
    return {**readings, **hot}


def lost(seconds: float, gpu: int, readings: Readings, *, on_gpu: int, from_seconds: float) -> Readings | None:
    """The GPU falls off the bus."""
    return None if gpu == on_gpu and seconds >= from_seconds else readings


def idle(_seconds: float, _gpu: int, readings: Readings) -> Readings:
    """Every GPU holds a model in memory and does nothing."""
    nothing = (dcgm.GPU_UTIL, dcgm.GR_ENGINE_ACTIVE, dcgm.PIPE_TENSOR_ACTIVE, dcgm.DRAM_ACTIVE, dcgm.MEM_COPY_UTIL)
    quiet: dict[Metric, float] = {
        dcgm.POWER_USAGE: 75.0,
        dcgm.SM_CLOCK: 345.0,
        dcgm.GPU_TEMP: 34.0,
        dcgm.PCIE_TX: 0.0,
        dcgm.PCIE_RX: 0.0,
    }
    return {**readings, **dict.fromkeys(nothing, 0.0), **quiet}


def starved(_seconds: float, _gpu: int, readings: Readings) -> Readings:
    """Every GPU waits for work most of the time."""
    little: dict[Metric, float] = {
        **dict.fromkeys((dcgm.GR_ENGINE_ACTIVE, dcgm.PIPE_TENSOR_ACTIVE, dcgm.DRAM_ACTIVE), 0.12),
        **dict.fromkeys((dcgm.GPU_UTIL, dcgm.MEM_COPY_UTIL), 12.0),
        dcgm.POWER_USAGE: 140.0,
    }
    return {**readings, **little}


class SimulatedDcgm:
    """GPUs under scenarios, which are applied in order; energy is the integral of the power that was read."""

    def __init__(self, *scenarios: Scenario, gpus: int = 2, clock: Callable[[], float] = time.monotonic) -> None:
        self._scenarios = scenarios
        self._clock = clock
        self._start = clock()
        self._read_at = 0.0
        self._energy_millijoules = dict.fromkeys(range(gpus), 0.0)

    def exposition(self) -> str:
        """What /metrics answers now, in Prometheus' text format."""
        readings = self._read()
        lines: list[str] = []
        for metric in CATALOGUE["dcgm"]:
            lines += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind.value}")
            lines += (_line(metric, gpu, values[metric]) for gpu, values in readings.items())
        return "\n".join(lines) + "\n"

    def samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """The same as names, labels and values."""
        readings = self._read()
        for metric in CATALOGUE["dcgm"]:
            for gpu, values in readings.items():
                yield metric.name, _labels(metric, gpu, values[metric]), values[metric]

    def _read(self) -> dict[int, Readings]:
        seconds = self._clock() - self._start
        passed_seconds, self._read_at = seconds - self._read_at, seconds
        there = {gpu: now for gpu in self._energy_millijoules if (now := self._readings(seconds, gpu)) is not None}
        for gpu, readings in there.items():
            self._energy_millijoules[gpu] += readings[dcgm.POWER_USAGE] * passed_seconds * MILLIJOULES_PER_JOULE
        return {gpu: {**now, dcgm.TOTAL_ENERGY: self._energy_millijoules[gpu]} for gpu, now in there.items()}

    def _readings(self, seconds: float, gpu: int) -> Readings | None:
        readings: Readings | None = healthy(seconds, gpu)
        for scenario in self._scenarios:
            readings = scenario(seconds, gpu, readings) if readings is not None else None
        return readings


def identity(gpu: int) -> dict[str, str]:
    """The labels by which a card is known, wherever it is scraped."""
    return {"gpu": str(gpu), "UUID": f"GPU-00000000-0000-0000-0000-{gpu:012d}"}


def _line(metric: Metric, gpu: int, value: float) -> str:
    body = ",".join(f'{name}="{text}"' for name, text in _labels(metric, gpu, value).items())
    return f"{metric.name}{{{body}}} {value}"


def _labels(metric: Metric, gpu: int, value: float) -> dict[str, str]:
    labels = {
        **identity(gpu),
        "pci_bus_id": f"00000000:{gpu + 1:02X}:00.0",
        "device": f"nvidia{gpu}",
        "modelName": "Simulated GPU",
        "Hostname": "simulated",
        "err_code": f"{value:.0f}",
        "err_msg": "Simulated error" if value else "No Error",
    }
    return {name: labels[name] for name in metric.labels}


@contextmanager
def simulated_dcgm(*scenarios: Scenario, gpus: int = 2) -> Iterator[str]:
    """Serve /metrics on a free port of loopback and yield the server's URL."""
    exporter = SimulatedDcgm(*scenarios, gpus=gpus)

    async def metrics(_request: Request) -> Response:
        return Response(exporter.exposition(), media_type=TEXT_FORMAT)

    with served(Starlette(routes=[Route("/metrics", metrics)])) as url:
        yield url
