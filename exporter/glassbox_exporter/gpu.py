"""The GPU series: one background thread reads, a scrape shows the last collection and never waits for a driver."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread
from time import monotonic, time

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from glassbox_exporter.readings import UNKNOWN_GPU, Collection, GpuBackend, GpuReading

logger = logging.getLogger(__name__)

# A driver call can hang for good when a GPU falls off the bus: readings this old are withheld.
STALE_AFTER_INTERVALS = 5
# A driver that is not there is asked again after this time: starting NVML can take seconds of processor time.
RETRY_SECONDS = 5.0
FIRST_COLLECTION_TIMEOUT_SECONDS = 1.0
CLOSE_TIMEOUT_SECONDS = 0.1

# Bits of nvmlClocksEventReason* (nvml.h), by nvidia-smi's names of them. An idle GPU's low clock, and clocks that follow
# a display, hold no work up, so they are left out.
THROTTLE_REASONS = {
    "applications_clocks_setting": 0x02,
    "sw_power_cap": 0x04,
    "hw_slowdown": 0x08,
    "sync_boost": 0x10,
    "sw_thermal_slowdown": 0x20,
    "hw_thermal_slowdown": 0x40,
    "hw_power_brake_slowdown": 0x80,
}

_GAUGES: tuple[tuple[str, str, Callable[[GpuReading], float | None]], ...] = (
    ("gpu_utilization_percent", "Share of time the GPU was busy, 0 to 100.", lambda gpu: gpu.utilization_percent),
    ("gpu_memory_used_mb", "GPU memory in use, in MiB.", lambda gpu: gpu.memory.used_mib),
    ("gpu_memory_total_mb", "GPU memory installed, in MiB.", lambda gpu: gpu.memory.total_mib),
    ("gpu_power_watts", "Power drawn by the GPU, in watts.", lambda gpu: gpu.power_watts),
    ("gpu_temperature_celsius", "Temperature of the GPU.", lambda gpu: gpu.temperature_celsius),
    ("gpu_sm_clock_mhz", "Clock of the multiprocessors, in MHz.", lambda gpu: gpu.sm_clock_mhz),
    ("gpu_memory_clock_mhz", "Clock of the memory, in MHz.", lambda gpu: gpu.memory_clock_mhz),
)


class GpuPoller(Collector):
    """Reads every GPU of `backend` every `interval_seconds` (None: the backend's default), and is the collector of the GPU series.

    A GPU whose reading fails has no gauges until it can be read again; the failure is counted in
    gpu_read_errors_total and logged once per run of failures. While none can be read gpu_exporter_up is 0.
    """

    def __init__(
        self,
        backend: GpuBackend,
        interval_seconds: float | None = None,
        clock: Callable[[], float] = monotonic,
        wall_clock: Callable[[], float] = time,
    ) -> None:
        self._backend = backend
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._wall_clock = wall_clock
        self._errors: Counter[str] = Counter()
        self._failing: dict[str, str] = {}
        self._unavailable = ""
        self._latest = Collection()
        self._collected_at = clock()
        self._last_success_at = 0.0
        self._stop = Event()
        self._collected = Event()
        self._thread = Thread(target=self._run, name="glassbox-gpu-poller", daemon=True)

    def start(self) -> None:
        """Go on in the background; returns after the first collection, or after a second where the driver is slow."""
        self._thread.start()
        self._collected.wait(FIRST_COLLECTION_TIMEOUT_SECONDS)

    def close(self) -> None:
        """Stop reading and let go of the driver; a driver call that hangs is left to hang."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_SECONDS)
        self._backend.close()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_SECONDS)

    def poll(self) -> None:
        """Read every GPU once."""
        # Any exception: one that ended the thread would freeze the series of every GPU.
        try:
            collection = self._backend.collect()
        except Exception as error:
            collection = Collection(xids=self._latest.xids)
            self._report_unavailable(str(error) or type(error).__name__)
        else:
            self._report(collection)
        self._errors.update(collection.failures.keys())
        if collection.readings:
            self._last_success_at = self._wall_clock()
        self._latest = collection
        self._collected_at = self._clock()
        self._collected.set()

    def describe(self) -> Iterator[Metric]:
        """The same, from which a registry learns the names."""
        return self.collect()

    def collect(self) -> Iterator[Metric]:
        """The series as last read."""
        latest = self._latest
        age_seconds = self._clock() - self._collected_at
        fresh = age_seconds <= STALE_AFTER_INTERVALS * self._pause_seconds()
        readings = latest.readings if fresh else {}
        yield GaugeMetricFamily("gpu_exporter_up", "1 while GPUs can be read, else 0.", value=bool(readings))
        yield GaugeMetricFamily(
            "gpu_exporter_last_success_timestamp_seconds",
            "Unix time of the last collection that read a GPU; 0: none yet.",
            value=self._last_success_at,
        )
        for name, meaning, value_of in _GAUGES:
            values = ((gpu_id, value_of(reading)) for gpu_id, reading in readings.items())
            yield _gauge(name, f"{meaning} Source: {self._backend.name}.", ("gpu_id",), (((i,), v) for i, v in values))
        yield from _throttling(readings.items())
        yield from _mig(readings.items())
        yield from _xids(latest)
        errors = CounterMetricFamily("gpu_read_errors", "GPU readings that failed.", labels=("gpu_id",))
        counts = self._errors.copy()
        for gpu_id in counts.keys() | latest.readings.keys():
            errors.add_metric((gpu_id,), counts[gpu_id])
        yield errors

    def _pause_seconds(self) -> float:
        pause = self._backend.interval_seconds if self._interval_seconds is None else self._interval_seconds
        return max(pause, RETRY_SECONDS) if self._unavailable else pause

    def _run(self) -> None:
        while not self._stop.is_set():
            began = self._clock()
            self.poll()
            self._stop.wait(max(0.0, began + self._pause_seconds() - self._clock()))

    def _report_unavailable(self, reason: str) -> None:
        if reason != self._unavailable:
            self._unavailable = reason
            logger.warning("GPUs cannot be read (%s); trying again.", reason)

    def _report(self, collection: Collection) -> None:
        if self._unavailable:
            self._unavailable = ""
            logger.info("GPUs can be read.")
        for gpu_id, reason in collection.failures.items():
            if gpu_id not in self._failing:
                which = "A GPU that is not named" if gpu_id == UNKNOWN_GPU else f"GPU {gpu_id}"
                logger.warning("%s cannot be read (%s); going on.", which, reason)
        for gpu_id in self._failing:
            if gpu_id in collection.readings:
                logger.info("GPU %s can be read again.", gpu_id)
        self._failing = dict(collection.failures)


_Values = Iterable[tuple[tuple[str, ...], float | None]]
_Readings = Iterable[tuple[str, GpuReading]]


def _gauge(name: str, meaning: str, labels: tuple[str, ...], values: _Values) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, meaning, labels=labels)
    for label_values, value in values:
        if value is not None:
            gauge.add_metric(label_values, value)
    return gauge


def _throttling(readings: _Readings) -> Iterator[Metric]:
    values = (
        ((gpu_id, reason), bool(reading.throttle_reasons & bit))
        for gpu_id, reading in readings
        if reading.throttle_reasons is not None
        for reason, bit in THROTTLE_REASONS.items()
    )
    meaning = "1 while this holds the GPU's clocks down, else 0; named as nvidia-smi's clocks_event_reasons."
    yield _gauge("gpu_throttled", meaning, ("gpu_id", "reason"), values)


def _mig(readings: _Readings) -> Iterator[Metric]:
    slices = [
        ((gpu_id, mig_id), memory) for gpu_id, reading in readings for mig_id, memory in sorted(reading.mig.items())
    ]
    labels = ("gpu_id", "mig_id")
    used = ((ids, memory.used_mib) for ids, memory in slices)
    yield _gauge("gpu_mig_memory_used_mb", "Memory in use by a MIG slice, in MiB.", labels, used)
    total = ((ids, memory.total_mib) for ids, memory in slices)
    yield _gauge("gpu_mig_memory_total_mb", "Memory of a MIG slice, in MiB.", labels, total)


def _xids(latest: Collection) -> Iterator[Metric]:
    count = CounterMetricFamily("gpu_xid_errors", "XID errors since the exporter started.", labels=("gpu_id",))
    last = GaugeMetricFamily("gpu_xid_last_code", "Code of the last XID error, 0 before the first.", labels=("gpu_id",))
    for gpu_id, xids in latest.xids.items():
        count.add_metric((gpu_id,), xids.count)
        last.add_metric((gpu_id,), xids.last_code)
    yield count
    yield last
