"""The NVML backend against a made-up driver: no GPU is needed."""

import threading
from pathlib import Path

import pynvml
import pytest

from glassbox_exporter import nvml
from glassbox_exporter.nvml import (
    LOOK_EVERY_COLLECTIONS,
    MAX_EVENTS,
    REOPEN_AFTER_FAILURES,
    NvmlGpus,
    NvmlUnusableError,
)
from glassbox_exporter.readings import Collection, GpuReading, GpusUnavailableError, Memory, Xids
from tests.support.fake_nvml import FakeDriver, FakeGpu

WAIT_SECONDS = 10.0
READING = GpuReading(73, Memory(61440.5, 81920), 412.25, 71, 1980, 2619, 0x4)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDriver:
    made_up = FakeDriver()
    for name, function in made_up.functions().items():
        monkeypatch.setattr(pynvml, name, function)
    monkeypatch.setattr(nvml, "DRIVER_GPUS", tmp_path)
    return made_up


def collect_for_a_while(gpus: NvmlGpus) -> Collection:
    """As often as it takes to look at the driver's list again."""
    return [gpus.collect() for _ in range(LOOK_EVERY_COLLECTIONS)][-1]


def test_readings_are_in_percent_mebibytes_watts_degrees_and_megahertz(driver: FakeDriver) -> None:
    collected = NvmlGpus().collect()
    assert collected.readings == {"0": READING, "1": READING}
    assert collected.failures == {}
    assert collected.xids == {"0": Xids(0, 0), "1": Xids(0, 0)}


def test_nvml_is_opened_once_however_often_gpus_are_read(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    for _ in range(5):
        gpus.collect()
    gpus.close()
    assert driver.calls.count("nvmlInit") == 1
    assert driver.calls.count("nvmlDeviceGetHandleByIndex") == 2
    assert driver.calls.count("nvmlDeviceGetPowerUsage") == 10
    assert driver.calls.count("nvmlEventSetFree") == 1
    assert driver.calls.count("nvmlShutdown") == 1


@pytest.mark.parametrize(
    "code", [pynvml.NVML_ERROR_NOT_SUPPORTED, pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_NO_PERMISSION]
)
def test_what_a_gpu_does_not_have_is_none(driver: FakeDriver, code: int) -> None:
    for name in ("UtilizationRates", "MemoryInfo", "Temperature", "ClockInfo", "MigMode", "SupportedEventTypes"):
        driver.failures[f"nvmlDeviceGet{name}"] = code
    collected = NvmlGpus().collect()
    assert collected.readings["0"] == GpuReading(power_watts=412.25, throttle_reasons=0x4)
    assert collected.xids == {}


def test_drivers_before_535_tell_throttling_under_another_name(driver: FakeDriver) -> None:
    driver.failures["nvmlDeviceGetCurrentClocksEventReasons"] = pynvml.NVML_ERROR_FUNCTION_NOT_FOUND
    assert NvmlGpus().collect().readings["0"].throttle_reasons == 0x4


def test_one_lost_gpu_leaves_the_other(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.failures["nvmlDeviceGetMemoryInfo", "GPU-0"] = pynvml.NVML_ERROR_GPU_IS_LOST
    collected = gpus.collect()
    assert (collected.readings, collected.failures) == ({"1": READING}, {"0": "GPU is lost"})
    driver.failures.clear()
    assert gpus.collect().readings == {"0": READING, "1": READING}
    assert driver.calls.count("nvmlInit") == 1


def test_a_gpu_that_cannot_be_opened_is_a_failure_and_is_tried_again(driver: FakeDriver) -> None:
    driver.failures["nvmlDeviceGetUUID", "GPU-1"] = pynvml.NVML_ERROR_GPU_IS_LOST
    gpus = NvmlGpus()
    assert gpus.collect().failures == {"1": "GPU is lost"}
    driver.failures.clear()
    for _ in range(REOPEN_AFTER_FAILURES):
        collected = gpus.collect()
    assert (sorted(collected.readings), collected.failures) == (["0", "1"], {})
    assert driver.calls.count("nvmlInit") == 2


def test_a_gpu_keeps_its_number_when_another_falls_off_the_bus(driver: FakeDriver, tmp_path: Path) -> None:
    """NVML numbers what is left anew; the one that was 1 must not appear as 0, and no other card as the one that was 0."""
    driver.gpus[1].utilization = 11
    gpus = NvmlGpus()
    gpus.collect()
    del driver.gpus[0]
    (tmp_path / "the driver lists another number of GPUs").touch()
    collected = collect_for_a_while(gpus)
    assert {gpu_id: reading.utilization_percent for gpu_id, reading in collected.readings.items()} == {"1": 11}
    driver.gpus = [FakeGpu("GPU-7", utilization=77), *driver.gpus]
    (tmp_path / "and again").touch()
    collected = collect_for_a_while(gpus)
    assert {gpu_id: reading.utilization_percent for gpu_id, reading in collected.readings.items()} == {"2": 77, "1": 11}


def test_a_gpu_that_is_added_is_found(driver: FakeDriver, tmp_path: Path) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.gpus.append(FakeGpu("GPU-2"))
    assert sorted(collect_for_a_while(gpus).readings) == ["0", "1"]
    (tmp_path / "0000:41:00.0").touch()
    assert sorted(collect_for_a_while(gpus).readings) == ["0", "1", "2"]


def test_xid_errors_are_counted_by_gpu_without_waiting_for_one(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.events = [("GPU-1", 31), ("GPU-1", 79), ("GPU-0", 13)]
    assert gpus.collect().xids == {"0": Xids(1, 13), "1": Xids(2, 79)}
    assert gpus.collect().xids == {"0": Xids(1, 13), "1": Xids(2, 79)}


def test_the_xid_of_a_gpu_that_fell_off_the_bus_is_told_though_it_cannot_be_read(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.events = [("GPU-1", 79)]
    for name in ("UUID", "UtilizationRates", "MemoryInfo", "PowerUsage"):
        driver.failures[f"nvmlDeviceGet{name}", "GPU-1"] = pynvml.NVML_ERROR_GPU_IS_LOST
    collected = gpus.collect()
    assert collected.failures == {"1": "GPU is lost"}
    assert collected.xids["1"] == Xids(1, 79)


def test_xid_errors_are_remembered_while_the_driver_is_away(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.events = [("GPU-1", 79)]
    gpus.collect()
    driver.failures = {"nvmlDeviceGetCount": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}
    with pytest.raises(GpusUnavailableError):
        gpus.collect()
    driver.failures = {}
    assert gpus.collect().xids == {"0": Xids(), "1": Xids(1, 79)}


def test_a_storm_of_events_does_not_hold_a_collection_up(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.events = [("GPU-0", 31)] * 1000
    assert gpus.collect().xids["0"] == Xids(MAX_EVENTS, 31)


def test_a_driver_without_events_reads_on(driver: FakeDriver) -> None:
    driver.failures["nvmlEventSetCreate"] = pynvml.NVML_ERROR_NOT_SUPPORTED
    collected = NvmlGpus().collect()
    assert sorted(collected.readings) == ["0", "1"]
    assert collected.xids == {}


def test_mig_slices_have_memory_and_their_gpu_the_rest(driver: FakeDriver) -> None:
    driver.gpus[0] = FakeGpu("GPU-0", mig_enabled=True, mig={0: (7, 100), 3: (9, 200)})
    reading = NvmlGpus().collect().readings["0"]
    assert reading.mig == {"7/0": Memory(100, 10240), "9/0": Memory(200, 10240)}
    assert (reading.utilization_percent, reading.power_watts) == (None, 412.25)
    assert reading.memory == Memory(61440.5, 81920)


def test_a_container_that_may_see_one_slice_alone_has_its_memory(
    driver: FakeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver.gpus[0] = FakeGpu("GPU-0", mig_enabled=True, mig={2: (7, 100)})
    denied = pynvml.NVMLError(pynvml.NVML_ERROR_NO_PERMISSION)
    whole = pynvml.nvmlDeviceGetMemoryInfo

    def of_slices_only(handle):
        if driver._slice_of(handle) < 0:
            raise denied
        return whole(handle)

    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", of_slices_only)
    assert NvmlGpus().collect().readings["0"].memory == Memory(100, 10240)


@pytest.mark.parametrize(
    ("failing", "code", "reason", "kind"),
    [
        ("nvmlInit", pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "NVML Shared Library Not Found", NvmlUnusableError),
        ("nvmlInit", pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "RM has detected.*mismatch", NvmlUnusableError),
        ("nvmlInit", pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "Driver Not Loaded", GpusUnavailableError),
        ("nvmlDeviceGetCount", pynvml.NVML_ERROR_UNKNOWN, "Unknown Error", GpusUnavailableError),
    ],
)
def test_no_usable_driver_is_told_and_tried_anew(
    driver: FakeDriver, failing: str, code: int, reason: str, kind: type[Exception]
) -> None:
    gpus = NvmlGpus()
    driver.failures = {failing: code}
    for _ in range(2):
        with pytest.raises(GpusUnavailableError, match=reason) as caught:
            gpus.collect()
        assert type(caught.value) is kind
    driver.failures = {}
    assert sorted(gpus.collect().readings) == ["0", "1"]


def test_a_driver_that_is_lost_while_running_is_opened_anew_when_it_is_back(driver: FakeDriver) -> None:
    gpus = NvmlGpus()
    gpus.collect()
    driver.failures = {"nvmlDeviceGetUtilizationRates": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}
    assert gpus.collect().failures == {"0": "Driver Not Loaded", "1": "Driver Not Loaded"}
    assert driver.calls[-1] == "nvmlShutdown"
    driver.failures = {"nvmlInit": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}
    with pytest.raises(GpusUnavailableError, match="Driver Not Loaded"):
        gpus.collect()
    driver.failures = {}
    assert sorted(gpus.collect().readings) == ["0", "1"]


def test_a_driver_without_gpus_is_released_and_asked_again(driver: FakeDriver) -> None:
    there, driver.gpus = driver.gpus, []
    gpus = NvmlGpus()
    with pytest.raises(GpusUnavailableError, match="the driver shows no GPU"):
        gpus.collect()
    assert driver.calls[-1] == "nvmlShutdown"
    driver.gpus = there
    assert sorted(gpus.collect().readings) == ["0", "1"]


def test_closing_while_a_call_hangs_leaves_the_driver_open(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, release = threading.Event(), threading.Event()

    def hang(handle: object) -> int:
        hangs.set()
        release.wait(WAIT_SECONDS)
        return 0

    monkeypatch.setattr(pynvml, "nvmlDeviceGetPowerUsage", hang)
    gpus = NvmlGpus()
    thread = threading.Thread(target=gpus.collect)
    thread.start()
    assert hangs.wait(WAIT_SECONDS)
    gpus.close()
    assert "nvmlShutdown" not in driver.calls
    release.set()
    thread.join(WAIT_SECONDS)
