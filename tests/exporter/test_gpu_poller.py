"""The GPU loop against GPUs that fail on command."""

import logging
from collections.abc import Callable, Iterator
from threading import Event

import pytest
from prometheus_client import CollectorRegistry

from glassbox_exporter.gpu import GpuPoller, GpuReading
from glassbox_exporter.registration import register
from tests.exporter.exporter_fakes import HandClock, value

WAIT_SECONDS = 10.0
BUSY = GpuReading(utilization_percent=87, memory_used_mib=61440.5, memory_total_mib=81920, power_watts=412.25)


class ScriptedGpus:
    """Two GPUs; each reading is what `script` says, an exception among it."""

    name = "scripted"
    gpu_ids = ("0", "1")

    def __init__(self, script: Callable[[str], GpuReading | Exception]) -> None:
        self.script = script
        self.closed = 0

    def read(self, gpu_id: str) -> GpuReading:
        outcome = self.script(gpu_id)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def close(self) -> None:
        self.closed += 1


def poller_on(registry: CollectorRegistry, gpus: ScriptedGpus, clock: HandClock | None = None) -> GpuPoller:
    poller = GpuPoller(gpus, interval_seconds=1.0, clock=clock or HandClock())
    register(registry, poller.collectors)
    return poller


def only_gpu_1_lost(gpu_id: str) -> GpuReading | Exception:
    return RuntimeError("GPU is lost") if gpu_id == "1" else BUSY


def test_the_four_gauges_of_each_gpu(registry: CollectorRegistry) -> None:
    poller_on(registry, ScriptedGpus(lambda _: BUSY)).poll()
    for gpu_id in ("0", "1"):
        assert value(registry, "gpu_utilization_percent", gpu_id=gpu_id) == 87
        assert value(registry, "gpu_memory_used_mb", gpu_id=gpu_id) == 61440.5
        assert value(registry, "gpu_memory_total_mb", gpu_id=gpu_id) == 81920
        assert value(registry, "gpu_power_watts", gpu_id=gpu_id) == 412.25


def test_the_error_counter_of_each_gpu_exists_at_zero(registry: CollectorRegistry) -> None:
    poller_on(registry, ScriptedGpus(lambda _: BUSY))
    assert [value(registry, "gpu_read_errors_total", gpu_id=gpu_id) for gpu_id in ("0", "1")] == [0, 0]


def test_a_failed_gpu_is_counted_and_absent_while_the_other_goes_on(registry: CollectorRegistry) -> None:
    gpus = ScriptedGpus(lambda _: BUSY)
    poller = poller_on(registry, gpus)
    poller.poll()
    gpus.script = only_gpu_1_lost
    poller.poll()
    poller.poll()
    assert value(registry, "gpu_utilization_percent", gpu_id="1") is None
    assert value(registry, "gpu_memory_used_mb", gpu_id="1") is None
    assert value(registry, "gpu_utilization_percent", gpu_id="0") == 87
    assert value(registry, "gpu_read_errors_total", gpu_id="1") == 2
    assert value(registry, "gpu_read_errors_total", gpu_id="0") == 0
    gpus.script = lambda _: BUSY
    poller.poll()
    assert value(registry, "gpu_utilization_percent", gpu_id="1") == 87
    assert value(registry, "gpu_read_errors_total", gpu_id="1") == 2


def test_a_run_of_failures_is_logged_once_and_its_end_too(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="glassbox_exporter.gpu")
    gpus = ScriptedGpus(only_gpu_1_lost)
    poller = poller_on(registry, gpus)
    for _ in range(3):
        poller.poll()
    gpus.script = lambda _: BUSY
    poller.poll()
    assert caplog.messages == [
        "GPU 1 cannot be read (RuntimeError: GPU is lost); going on.",
        "GPU 1 can be read again.",
    ]


def test_a_reading_the_gpu_does_not_have_is_absent_and_no_error(registry: CollectorRegistry) -> None:
    poller_on(registry, ScriptedGpus(lambda _: GpuReading(None, 100, 200, None))).poll()
    assert value(registry, "gpu_utilization_percent", gpu_id="0") is None
    assert value(registry, "gpu_power_watts", gpu_id="0") is None
    assert value(registry, "gpu_memory_used_mb", gpu_id="0") == 100
    assert value(registry, "gpu_read_errors_total", gpu_id="0") == 0


def test_readings_are_withheld_once_the_driver_hangs(registry: CollectorRegistry, clock: HandClock) -> None:
    poller_on(registry, ScriptedGpus(lambda _: BUSY), clock).poll()
    clock.advance(5.0)
    assert value(registry, "gpu_utilization_percent", gpu_id="0") == 87
    clock.advance(0.1)
    assert value(registry, "gpu_utilization_percent", gpu_id="0") is None


def test_the_running_loop_outlives_failures_and_stops_when_told(registry: CollectorRegistry) -> None:
    """The thread itself: a first failing second, then readings, until close()."""
    read_again = Event()

    def outcomes() -> Iterator[GpuReading | Exception]:
        yield OSError("driver restarting")
        while True:
            yield BUSY
            read_again.set()

    script = outcomes()
    gpus = ScriptedGpus(lambda gpu_id: next(script) if gpu_id == "0" else BUSY)
    poller = GpuPoller(gpus, interval_seconds=0.005)
    register(registry, poller.collectors)
    poller.start()
    assert read_again.wait(WAIT_SECONDS)
    poller.close()
    assert value(registry, "gpu_read_errors_total", gpu_id="0") == 1
    assert not poller._thread.is_alive()
    assert gpus.closed == 1


def test_the_first_reading_is_there_as_soon_as_start_returns(registry: CollectorRegistry) -> None:
    poller = GpuPoller(ScriptedGpus(lambda _: BUSY), interval_seconds=3600)
    register(registry, poller.collectors)
    poller.start()
    try:
        assert value(registry, "gpu_power_watts", gpu_id="0") == 412.25
    finally:
        poller.close()
