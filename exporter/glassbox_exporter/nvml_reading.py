"""What NVML reports about one GPU, in the exporter's units (nvml.h; functions as in NVIDIA's own binding, nvidia-ml-py)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pynvml

from glassbox_exporter.readings import GpuReading, Memory

BYTES_PER_MIB = 2**20
MILLIWATTS_PER_WATT = 1000

_NOT_THERE = (pynvml.NVMLError_NotSupported, pynvml.NVMLError_FunctionNotFound, pynvml.NVMLError_NoPermission)


def read(handle: Any, *, divided: bool) -> GpuReading:
    """What NVML reports about a GPU now; `divided` is the result of `is_divided`. Raises pynvml.NVMLError."""
    utilization = _if_there(pynvml.nvmlDeviceGetUtilizationRates, handle)
    power_milliwatts = _if_there(pynvml.nvmlDeviceGetPowerUsage, handle)
    mig = _slices(handle) if divided else {}
    return GpuReading(
        utilization_percent=None if utilization is None else utilization.gpu,
        memory=_memory(handle) or _sum(mig),
        power_watts=None if power_milliwatts is None else power_milliwatts / MILLIWATTS_PER_WATT,
        temperature_celsius=_if_there(pynvml.nvmlDeviceGetTemperature, handle, pynvml.NVML_TEMPERATURE_GPU),
        sm_clock_mhz=_if_there(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM),
        memory_clock_mhz=_if_there(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_MEM),
        throttle_reasons=_if_there(_throttle_reasons, handle),
        mig=mig,
    )


def _memory(handle: Any) -> Memory | None:
    memory = _if_there(pynvml.nvmlDeviceGetMemoryInfo, handle)
    return memory and Memory(memory.used / BYTES_PER_MIB, memory.total / BYTES_PER_MIB)


def _sum(mig: dict[str, Memory]) -> Memory:
    """What of a GPU its visible slices have: all that a container without the whole GPU's privileges may see."""
    if not mig:
        return Memory()
    return Memory(
        sum(memory.used_mib or 0 for memory in mig.values()), sum(memory.total_mib or 0 for memory in mig.values())
    )


def is_divided(handle: Any) -> bool:
    """Whether the GPU is in MIG mode, which does not change while it is in use."""
    mode = _if_there(pynvml.nvmlDeviceGetMigMode, handle)
    return mode is not None and mode[0] == pynvml.NVML_DEVICE_MIG_ENABLE


def _slices(handle: Any) -> dict[str, Memory]:
    """The slices of a GPU, which come and go while it runs; NVML gives them memory and no utilisation."""
    slices = {}
    for index in range(_if_there(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        with suppress(pynvml.NVMLError_NotFound):
            part = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, index)
            ids = pynvml.nvmlDeviceGetGpuInstanceId(part), pynvml.nvmlDeviceGetComputeInstanceId(part)
            slices[f"{ids[0]}/{ids[1]}"] = _memory(part) or Memory()
    return slices


def _throttle_reasons(handle: Any) -> int:
    try:
        reasons: int = pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle)
    except pynvml.NVMLError_FunctionNotFound:
        # Its name in drivers before 535.
        reasons = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return reasons


def _if_there(query: Callable[..., Any], *arguments: Any) -> Any:
    """What `query` says, or None where this GPU (a MIG-enabled one, a vGPU, some desktop cards) or driver has no such reading."""
    try:
        return query(*arguments)
    except _NOT_THERE:
        return None
