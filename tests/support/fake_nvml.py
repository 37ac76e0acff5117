"""A made-up NVIDIA driver: the functions of the real `pynvml` module at their documented signatures.

Its structures, constants and exception classes stay the real ones, and so do handles, which are pointers.
"""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pynvml

MIB = 2**20
_SLICE_HANDLES = 0x100000


@dataclass
class FakeGpu:
    uuid: str
    utilization: int = 73
    used_mib: float = 61440.5
    reasons: int = 0x4
    mig: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Slices by NVML's index: GPU instance and used MiB."""
    mig_enabled: bool = False


class FakeDriver:
    """GPUs in the order of their NVML indices; `failures` are codes by function, or by function and uuid."""

    def __init__(self, gpus: int = 2) -> None:
        self.gpus = [FakeGpu(f"GPU-{number}") for number in range(gpus)]
        self.failures: dict[str | tuple[str, str], int] = {}
        self.calls: list[str] = []
        self.events: list[tuple[str, int]] = []
        self._probed: list[FakeGpu] = []

    def functions(self) -> dict[str, Callable[..., Any]]:
        found = {
            "nvmlInit": self._init,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetCount": lambda: len(self._probed),
            "nvmlDeviceGetHandleByIndex": lambda index: self._handle(self._probed[index]),
            "nvmlDeviceGetUUID": lambda handle: self._gpu(handle).uuid,
            "nvmlDeviceGetMigMode": lambda handle: [int(self._gpu(handle).mig_enabled), 0],
            "nvmlDeviceGetUtilizationRates": self._utilization,
            "nvmlDeviceGetMemoryInfo": self._memory,
            "nvmlDeviceGetPowerUsage": lambda handle: 412_250,
            "nvmlDeviceGetTemperature": lambda handle, sensor: 71,
            "nvmlDeviceGetClockInfo": lambda handle, kind: {1: 1980, 2: 2619}[kind],
            "nvmlDeviceGetCurrentClocksEventReasons": lambda handle: self._gpu(handle).reasons,
            "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: self._gpu(handle).reasons,
            "nvmlDeviceGetMaxMigDeviceCount": lambda handle: 7,
            "nvmlDeviceGetMigDeviceHandleByIndex": self._slice,
            "nvmlDeviceGetGpuInstanceId": lambda part: self._gpu(part).mig[self._slice_of(part)][0],
            "nvmlDeviceGetComputeInstanceId": lambda part: 0,
            "nvmlEventSetCreate": lambda: "event set",
            "nvmlEventSetFree": lambda event_set: None,
            "nvmlDeviceGetSupportedEventTypes": lambda handle: pynvml.nvmlEventTypeXidCriticalError | 1,
            "nvmlDeviceRegisterEvents": lambda handle, kinds, event_set: None,
            "nvmlEventSetWait_v2": self._event,
        }
        return {name: self._watched(name, function) for name, function in found.items()}

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.calls.append(name)
            code = self.failures.get(name)
            if code is None and arguments and isinstance(arguments[0], pynvml.c_nvmlDevice_t):
                code = self.failures.get((name, self._gpu(arguments[0]).uuid))
            if code is not None:
                raise pynvml.NVMLError(code)
            return function(*arguments)

        return call

    def _init(self) -> None:
        self._probed = list(self.gpus)

    def _handle(self, gpu: FakeGpu, part: int = 0) -> Any:
        address = 0x1000 * (int(gpu.uuid.removeprefix("GPU-")) + 1) + _SLICE_HANDLES * part
        return ctypes.cast(address, pynvml.c_nvmlDevice_t)

    def _gpu(self, handle: Any) -> FakeGpu:
        number = self._address(handle) % _SLICE_HANDLES // 0x1000 - 1
        return next(gpu for gpu in self._probed if gpu.uuid == f"GPU-{number}")

    def _slice_of(self, handle: Any) -> int:
        return self._address(handle) // _SLICE_HANDLES - 1

    def _address(self, handle: Any) -> int:
        return ctypes.cast(handle, ctypes.c_void_p).value or 0

    def _slice(self, handle: Any, index: int) -> Any:
        if index not in self._gpu(handle).mig:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return self._handle(self._gpu(handle), index + 1)

    def _utilization(self, handle: Any) -> Any:
        if self._gpu(handle).mig_enabled:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return pynvml.c_nvmlUtilization_t(gpu=self._gpu(handle).utilization, memory=20)

    def _memory(self, handle: Any) -> Any:
        gpu, part = self._gpu(handle), self._slice_of(handle)
        total, used = (10240, gpu.mig[part][1]) if part >= 0 else (81920, gpu.used_mib)
        return pynvml.c_nvmlMemory_t(total=total * MIB, free=0, used=int(used * MIB))

    def _event(self, event_set: str, timeout_milliseconds: int) -> Any:
        assert timeout_milliseconds == 0
        if not self.events:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_TIMEOUT)
        uuid, code = self.events.pop(0)
        gpu = next(gpu for gpu in self._probed if gpu.uuid == uuid)
        return pynvml.c_nvmlEventData_t(
            device=self._handle(gpu), eventType=pynvml.nvmlEventTypeXidCriticalError, eventData=code
        )
