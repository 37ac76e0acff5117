"""The GPU series: one background thread reads, a scrape shows the last reading."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from types import MappingProxyType
from typing import Protocol

from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

# A driver call can hang for good when a GPU falls off the bus: readings this old are withheld.
STALE_AFTER_INTERVALS = 5
CLOSE_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class GpuReading:
    """What one GPU showed at one moment; None for what this model of GPU does not report."""

    utilization_percent: float | None
    memory_used_mib: float | None
    memory_total_mib: float | None
    power_watts: float | None


class GpuBackend(Protocol):
    """A way to read GPUs."""

    @property
    def name(self) -> str:
        """What the gauges call their source."""

    @property
    def gpu_ids(self) -> Sequence[str]:
        """The `gpu_id` label of each GPU there is."""

    def read(self, gpu_id: str) -> GpuReading:
        """Read one GPU; any exception means that this reading failed."""

    def close(self) -> None:
        """Let go of the driver."""


_GAUGES: tuple[tuple[str, str, Callable[[GpuReading], float | None]], ...] = (
    ("gpu_utilization_percent", "Share of time the GPU was busy, 0 to 100.", lambda gpu: gpu.utilization_percent),
    ("gpu_memory_used_mb", "GPU memory in use, in MiB.", lambda gpu: gpu.memory_used_mib),
    ("gpu_memory_total_mb", "GPU memory installed, in MiB.", lambda gpu: gpu.memory_total_mib),
    ("gpu_power_watts", "Power drawn by the GPU, in watts.", lambda gpu: gpu.power_watts),
)


class GpuPoller:
    """Reads every GPU of `backend` each `interval_seconds`, and is the collector of the GPU gauges.

    A GPU whose reading fails has no gauges until it can be read again; the failure is counted in
    gpu_read_errors_total and logged once per run of failures.
    """

    def __init__(
        self, backend: GpuBackend, interval_seconds: float = 1.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._backend = backend
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._errors = Counter("gpu_read_errors_total", "GPU readings that failed.", ("gpu_id",), registry=None)
        self._failing: set[str] = set()
        self._readings: Mapping[str, GpuReading] = MappingProxyType({})
        self._read_at = clock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="glassbox-gpu-poller", daemon=True)
        for gpu_id in backend.gpu_ids:
            self._errors.labels(gpu_id)

    @property
    def collectors(self) -> tuple[Collector, Collector]:
        """What to put into a registry."""
        return self, self._errors

    def start(self) -> None:
        """Take the first reading, then go on in the background."""
        self.poll()
        self._thread.start()

    def close(self) -> None:
        """Stop reading and let go of the driver."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_SECONDS)
        if self._thread.is_alive():
            logger.warning("A GPU reading has not returned; its driver handle is left open.")
            return
        self._backend.close()

    def poll(self) -> None:
        """Read every GPU once."""
        readings = {gpu_id: self._read(gpu_id) for gpu_id in self._backend.gpu_ids}
        self._readings = {gpu_id: reading for gpu_id, reading in readings.items() if reading is not None}
        self._read_at = self._clock()

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, without values."""
        for name, meaning, _ in _GAUGES:
            yield GaugeMetricFamily(name, f"{meaning} Source: {self._backend.name}.", labels=("gpu_id",))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges as last read."""
        fresh = self._clock() - self._read_at <= STALE_AFTER_INTERVALS * self._interval_seconds
        readings = self._readings if fresh else {}
        for gauge, (_, _, value_of) in zip(self.describe(), _GAUGES, strict=True):
            for gpu_id, reading in readings.items():
                value = value_of(reading)
                if value is not None:
                    gauge.add_metric((gpu_id,), value)
            yield gauge

    def _run(self) -> None:
        due = self._clock() + self._interval_seconds
        while not self._stop.wait(max(0.0, due - self._clock())):
            self.poll()
            due = max(due + self._interval_seconds, self._clock())

    def _read(self, gpu_id: str) -> GpuReading | None:
        # Any exception: one that ended the thread would freeze the gauges of every GPU.
        try:
            reading = self._backend.read(gpu_id)
        except Exception as error:
            self._report_failure(gpu_id, error)
            return None
        if gpu_id in self._failing:
            self._failing.remove(gpu_id)
            logger.info("GPU %s can be read again.", gpu_id)
        return reading

    def _report_failure(self, gpu_id: str, error: Exception) -> None:
        self._errors.labels(gpu_id).inc()
        if gpu_id not in self._failing:
            self._failing.add(gpu_id)
            logger.warning("GPU %s cannot be read (%s: %s); going on.", gpu_id, type(error).__name__, error)
