"""The GPU loop against GPUs that fail on command."""

import logging
from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry

from glassbox_exporter.gpu import RETRY_SECONDS, GpuPoller
from glassbox_exporter.readings import Collection, GpuReading, GpusUnavailableError, Memory, Xids
from glassbox_exporter.registration import register
from tests.support.exporter_fakes import HandClock, samples, value

WAIT_SECONDS = 10.0
BUSY = GpuReading(87, Memory(61440.5, 81920), 412.25, 71, 1980, 2619, throttle_reasons=0)
TWO = Collection({"0": BUSY, "1": BUSY}, xids={"0": Xids(), "1": Xids()})
ONE_LOST = Collection({"0": BUSY}, {"1": "GPU is lost"}, {"0": Xids(), "1": Xids(1, 79)})


class ScriptedGpus:
    """Each collection is what `script` returns or raises."""

    name = "scripted"
    interval_seconds = 1.0

    def __init__(self, script: Callable[[], Collection]) -> None:
        self.script = script
        self.closed = 0

    def collect(self) -> Collection:
        return self.script()

    def close(self) -> None:
        self.closed += 1


def gone() -> Collection:
    raise GpusUnavailableError("Driver Not Loaded")


def poller_on(registry: CollectorRegistry, gpus: ScriptedGpus, clock: HandClock | None = None) -> GpuPoller:
    poller = GpuPoller(gpus, clock=clock or HandClock(), wall_clock=HandClock(1_700_000_000.0))
    register(registry, (poller,))
    return poller


def test_the_gauges_of_each_gpu(registry: CollectorRegistry) -> None:
    poller_on(registry, ScriptedGpus(lambda: TWO)).poll()
    for gpu_id in ("0", "1"):
        assert value(registry, "gpu_utilization_percent", gpu_id=gpu_id) == 87
        assert value(registry, "gpu_memory_used_mb", gpu_id=gpu_id) == 61440.5
        assert value(registry, "gpu_memory_total_mb", gpu_id=gpu_id) == 81920
        assert value(registry, "gpu_power_watts", gpu_id=gpu_id) == 412.25
        assert value(registry, "gpu_temperature_celsius", gpu_id=gpu_id) == 71
        assert value(registry, "gpu_sm_clock_mhz", gpu_id=gpu_id) == 1980
        assert value(registry, "gpu_memory_clock_mhz", gpu_id=gpu_id) == 2619
        assert value(registry, "gpu_read_errors_total", gpu_id=gpu_id) == 0
        assert value(registry, "gpu_xid_errors_total", gpu_id=gpu_id) == 0
        assert value(registry, "gpu_xid_last_code", gpu_id=gpu_id) == 0
    assert value(registry, "gpu_exporter_up") == 1
    assert value(registry, "gpu_exporter_last_success_timestamp_seconds") == 1_700_000_000


def test_each_reason_of_a_low_clock_is_a_series(registry: CollectorRegistry) -> None:
    """The mask also says idle (1) and display (0x100), which hold no work up."""
    hot = GpuReading(throttle_reasons=0x01 | 0x08 | 0x40 | 0x100)
    poller_on(registry, ScriptedGpus(lambda: Collection({"0": hot}))).poll()
    throttled = {
        dict(labels)["reason"]: n for (name, labels), n in samples(registry).items() if name == "gpu_throttled"
    }
    assert throttled == {
        "applications_clocks_setting": 0,
        "sw_power_cap": 0,
        "hw_slowdown": 1,
        "sync_boost": 0,
        "sw_thermal_slowdown": 0,
        "hw_thermal_slowdown": 1,
        "hw_power_brake_slowdown": 0,
    }


def test_mig_slices_are_series_of_their_own(registry: CollectorRegistry) -> None:
    gpu = GpuReading(memory=Memory(300, 1000), mig={"1/0": Memory(100, 500), "2/0": Memory(200, 500)})
    poller_on(registry, ScriptedGpus(lambda: Collection({"0": gpu}))).poll()
    assert value(registry, "gpu_mig_memory_used_mb", gpu_id="0", mig_id="2/0") == 200
    assert value(registry, "gpu_mig_memory_total_mb", gpu_id="0", mig_id="1/0") == 500
    assert value(registry, "gpu_memory_used_mb", gpu_id="0") == 300
    assert value(registry, "gpu_utilization_percent", gpu_id="0") is None


def test_a_failed_gpu_is_counted_and_absent_while_the_other_goes_on(registry: CollectorRegistry) -> None:
    gpus = ScriptedGpus(lambda: TWO)
    poller = poller_on(registry, gpus)
    poller.poll()
    gpus.script = lambda: ONE_LOST
    poller.poll()
    poller.poll()
    assert value(registry, "gpu_utilization_percent", gpu_id="1") is None
    assert value(registry, "gpu_memory_used_mb", gpu_id="1") is None
    assert value(registry, "gpu_utilization_percent", gpu_id="0") == 87
    assert value(registry, "gpu_read_errors_total", gpu_id="1") == 2
    assert value(registry, "gpu_read_errors_total", gpu_id="0") == 0
    # The code that says why it is lost stays.
    assert value(registry, "gpu_xid_last_code", gpu_id="1") == 79
    assert value(registry, "gpu_exporter_up") == 1
    gpus.script = lambda: TWO
    poller.poll()
    assert value(registry, "gpu_utilization_percent", gpu_id="1") == 87
    assert value(registry, "gpu_read_errors_total", gpu_id="1") == 2


def test_a_run_of_failures_is_logged_once_and_its_end_too(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="glassbox_exporter.gpu")
    gpus = ScriptedGpus(lambda: ONE_LOST)
    poller = poller_on(registry, gpus)
    for script in (lambda: ONE_LOST, lambda: ONE_LOST, lambda: TWO, gone, gone, lambda: TWO):
        gpus.script = script
        poller.poll()
    assert caplog.messages == [
        "GPU 1 cannot be read (GPU is lost); going on.",
        "GPU 1 can be read again.",
        "GPUs cannot be read (Driver Not Loaded); trying again.",
        "GPUs can be read.",
    ]


def test_a_driver_that_goes_and_comes_back_shows_in_the_scrape(registry: CollectorRegistry) -> None:
    gpus = ScriptedGpus(gone)
    poller = poller_on(registry, gpus)
    seen = []
    for script in (gone, lambda: TWO, gone, lambda: TWO):
        gpus.script = script
        poller.poll()
        seen.append((value(registry, "gpu_exporter_up"), value(registry, "gpu_memory_used_mb", gpu_id="0")))
    assert seen == [(0, None), (1, 61440.5), (0, None), (1, 61440.5)]


def test_xid_errors_are_remembered_while_the_driver_is_away(registry: CollectorRegistry) -> None:
    gpus = ScriptedGpus(lambda: ONE_LOST)
    poller = poller_on(registry, gpus)
    poller.poll()
    gpus.script = gone
    for _ in range(2):
        poller.poll()
    assert value(registry, "gpu_exporter_up") == 0
    assert value(registry, "gpu_xid_errors_total", gpu_id="1") == 1
    assert value(registry, "gpu_xid_last_code", gpu_id="1") == 79


def test_before_the_first_success_its_time_is_zero_and_then_it_stays(registry: CollectorRegistry) -> None:
    gpus = ScriptedGpus(gone)
    poller = poller_on(registry, gpus)
    poller.poll()
    assert value(registry, "gpu_exporter_last_success_timestamp_seconds") == 0
    for script in (lambda: TWO, gone):
        gpus.script = script
        poller.poll()
    assert value(registry, "gpu_exporter_last_success_timestamp_seconds") == 1_700_000_000


def test_a_reading_the_gpu_does_not_have_is_absent_and_no_error(registry: CollectorRegistry) -> None:
    poller_on(registry, ScriptedGpus(lambda: Collection({"0": GpuReading(memory=Memory(100, 200))}))).poll()
    of_gpu = {name: n for (name, labels), n in samples(registry).items() if ("gpu_id", "0") in labels}
    assert of_gpu == {"gpu_memory_used_mb": 100, "gpu_memory_total_mb": 200, "gpu_read_errors_total": 0}


def test_readings_are_withheld_once_the_driver_hangs(registry: CollectorRegistry, clock: HandClock) -> None:
    poller_on(registry, ScriptedGpus(lambda: TWO), clock).poll()
    clock.advance(5.0)
    assert value(registry, "gpu_utilization_percent", gpu_id="0") == 87
    assert value(registry, "gpu_exporter_up") == 1
    clock.advance(0.1)
    assert value(registry, "gpu_utilization_percent", gpu_id="0") is None
    assert value(registry, "gpu_exporter_up") == 0


@pytest.mark.parametrize(
    ("own_seconds", "chosen_seconds", "script", "pause_seconds"),
    [
        (1.0, None, lambda: TWO, 1.0),
        (1.0, 0.25, lambda: TWO, 0.25),
        (1.0, None, gone, RETRY_SECONDS),
        # Starting nvidia-smi more often than where it works would be worse than waiting.
        (15.0, None, gone, 15.0),
        (1.0, 60.0, gone, 60.0),
        (15.0, 2.0, gone, RETRY_SECONDS),
    ],
)
def test_a_missing_driver_is_asked_more_seldom_and_never_more_often(
    own_seconds: float, chosen_seconds: float | None, script: Callable[[], Collection], pause_seconds: float
) -> None:
    gpus = ScriptedGpus(script)
    gpus.interval_seconds = own_seconds
    poller = GpuPoller(gpus, chosen_seconds, clock=HandClock())
    poller.poll()
    assert poller._pause_seconds() == pause_seconds


def test_the_running_loop_outlives_any_failure_and_stops_when_told(registry: CollectorRegistry) -> None:
    """The thread itself: a first look that fails as nobody expected, then readings, until close()."""
    read_again = Event()

    def outcomes() -> Iterator[Collection]:
        yield ONE_LOST
        while True:
            yield TWO
            read_again.set()

    script = outcomes()
    gpus = ScriptedGpus(lambda: next(script))
    poller = GpuPoller(gpus, interval_seconds=0.005)
    register(registry, (poller,))
    poller.start()
    assert read_again.wait(WAIT_SECONDS)
    poller.close()
    assert value(registry, "gpu_read_errors_total", gpu_id="1") == 1
    assert not poller._thread.is_alive()
    assert gpus.closed == 1


def test_an_exception_that_nobody_expected_does_not_end_the_thread(registry: CollectorRegistry) -> None:
    def broken() -> Collection:
        raise ZeroDivisionError

    gpus = ScriptedGpus(broken)
    poller = poller_on(registry, gpus)
    poller.poll()
    assert value(registry, "gpu_exporter_up") == 0
    gpus.script = lambda: TWO
    poller.poll()
    assert value(registry, "gpu_exporter_up") == 1


def test_the_first_reading_is_there_as_soon_as_start_returns(registry: CollectorRegistry) -> None:
    poller = GpuPoller(ScriptedGpus(lambda: TWO), interval_seconds=3600)
    register(registry, (poller,))
    poller.start()
    try:
        assert value(registry, "gpu_power_watts", gpu_id="0") == 412.25
    finally:
        poller.close()


def test_a_driver_that_hangs_holds_up_neither_start_nor_scrape_nor_close(registry: CollectorRegistry) -> None:
    release = Event()

    def hang() -> Collection:
        release.wait(WAIT_SECONDS)
        return TWO

    poller = GpuPoller(ScriptedGpus(hang))
    register(registry, (poller,))
    began = monotonic()
    poller.start()
    assert value(registry, "gpu_exporter_up") == 0
    poller.close()
    assert monotonic() - began < WAIT_SECONDS / 2
    release.set()
