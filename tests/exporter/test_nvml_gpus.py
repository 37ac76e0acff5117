"""The NVML backend against a made-up driver.

No GPU is needed: the functions of the real `pynvml` module are replaced at their documented signatures, while its
own structures and exception classes stay.
"""

from collections.abc import Callable

import pynvml
import pytest

from glassbox_exporter import ExporterError
from glassbox_exporter.gpu import GpuReading
from glassbox_exporter.nvml import NvmlGpus

MIB = 2**20


class Driver:
    """Two GPUs, and a note of every call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failures: dict[str, int] = {}
        self.gpu_count = 2

    def answer(self, name: str, result: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            self.calls.append(name)
            if name in self.failures:
                raise pynvml.NVMLError(self.failures[name])
            return result(*arguments)

        return call


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    made_up = Driver()
    results: dict[str, Callable[..., object]] = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: made_up.gpu_count,
        "nvmlDeviceGetHandleByIndex": lambda index: f"handle {index}",
        "nvmlDeviceGetUtilizationRates": lambda handle: pynvml.c_nvmlUtilization_t(gpu=73, memory=20),
        "nvmlDeviceGetMemoryInfo": lambda handle: pynvml.c_nvmlMemory_t(
            total=81920 * MIB, free=20480 * MIB, used=61440 * MIB + MIB // 2
        ),
        "nvmlDeviceGetPowerUsage": lambda handle: 412_250,
    }
    for name, result in results.items():
        monkeypatch.setattr(pynvml, name, made_up.answer(name, result))
    return made_up


def test_readings_are_in_percent_mebibytes_and_watts(driver: Driver) -> None:
    gpus = NvmlGpus()
    assert gpus.gpu_ids == ("0", "1")
    assert gpus.read("1") == GpuReading(
        utilization_percent=73, memory_used_mib=61440.5, memory_total_mib=81920, power_watts=412.25
    )


def test_handles_are_opened_once_however_often_gpus_are_read(driver: Driver) -> None:
    gpus = NvmlGpus()
    for _ in range(5):
        gpus.read("0")
        gpus.read("1")
    gpus.close()
    assert driver.calls.count("nvmlInit") == 1
    assert driver.calls.count("nvmlDeviceGetHandleByIndex") == 2
    assert driver.calls.count("nvmlDeviceGetPowerUsage") == 10
    assert driver.calls.count("nvmlShutdown") == 1


def test_what_a_gpu_does_not_support_is_none(driver: Driver) -> None:
    driver.failures = {"nvmlDeviceGetUtilizationRates": pynvml.NVML_ERROR_NOT_SUPPORTED}
    assert NvmlGpus().read("0") == GpuReading(None, 61440.5, 81920, 412.25)


def test_any_other_failure_of_a_reading_is_raised(driver: Driver) -> None:
    driver.failures = {"nvmlDeviceGetMemoryInfo": pynvml.NVML_ERROR_GPU_IS_LOST}
    with pytest.raises(pynvml.NVMLError, match="GPU is lost"):
        NvmlGpus().read("0")


@pytest.mark.parametrize(
    ("failing", "code", "reason"),
    [
        ("nvmlInit", pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "NVML Shared Library Not Found"),
        ("nvmlInit", pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "Driver Not Loaded"),
        ("nvmlDeviceGetHandleByIndex", pynvml.NVML_ERROR_NO_PERMISSION, "Insufficient Permissions"),
    ],
)
def test_no_usable_driver_is_one_sentence_that_names_the_way_out(
    driver: Driver, failing: str, code: int, reason: str
) -> None:
    driver.failures = {failing: code}
    with pytest.raises(ExporterError) as caught:
        NvmlGpus()
    assert str(caught.value) == (
        f"No NVIDIA GPU can be read here ({reason}): install the driver, or choose --gpu simulated or --gpu none."
    )
    assert driver.calls.count("nvmlShutdown") == (0 if failing == "nvmlInit" else 1)


def test_a_driver_without_gpus_is_refused_and_released(driver: Driver) -> None:
    driver.gpu_count = 0
    with pytest.raises(ExporterError, match="the driver shows none"):
        NvmlGpus()
    assert driver.calls[-1] == "nvmlShutdown"
