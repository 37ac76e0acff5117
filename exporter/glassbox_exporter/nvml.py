"""GPUs through NVML, the library of the NVIDIA driver."""

from collections.abc import Callable
from typing import Any

import pynvml

from glassbox_exporter.errors import ExporterError
from glassbox_exporter.gpu import GpuReading

BYTES_PER_MIB = 2**20
MILLIWATTS_PER_WATT = 1000


class NvmlGpus:
    """Every GPU the driver shows, by its NVML index; handles are opened once.

    Raises ExporterError when there is no driver or no GPU.
    """

    name = "nvml"

    def __init__(self) -> None:
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise _unreadable(str(error)) from error
        try:
            self._handles = _open_handles()
        except ExporterError:
            pynvml.nvmlShutdown()
            raise
        self.gpu_ids = tuple(self._handles)

    def read(self, gpu_id: str) -> GpuReading:
        """Read one GPU; raises pynvml.NVMLError when the driver refuses."""
        handle = self._handles[gpu_id]
        utilization = _if_supported(pynvml.nvmlDeviceGetUtilizationRates, handle)
        memory = _if_supported(pynvml.nvmlDeviceGetMemoryInfo, handle)
        power_milliwatts = _if_supported(pynvml.nvmlDeviceGetPowerUsage, handle)
        return GpuReading(
            utilization_percent=None if utilization is None else utilization.gpu,
            memory_used_mib=None if memory is None else memory.used / BYTES_PER_MIB,
            memory_total_mib=None if memory is None else memory.total / BYTES_PER_MIB,
            power_watts=None if power_milliwatts is None else power_milliwatts / MILLIWATTS_PER_WATT,
        )

    def close(self) -> None:
        """Release NVML."""
        pynvml.nvmlShutdown()


def _open_handles() -> dict[str, Any]:
    try:
        count = pynvml.nvmlDeviceGetCount()
        handles = {str(index): pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)}
    except pynvml.NVMLError as error:
        raise _unreadable(str(error)) from error
    if not handles:
        raise _unreadable("the driver shows none")
    return handles


def _if_supported(query: Callable[[Any], Any], handle: Any) -> Any:
    """What `query` says, or None where this GPU (a MIG slice, a vGPU, some desktop cards) has no such reading."""
    try:
        return query(handle)
    except pynvml.NVMLError_NotSupported:
        return None


def _unreadable(reason: str) -> ExporterError:
    return ExporterError(
        f"No NVIDIA GPU can be read here ({reason}): install the driver, or choose --gpu simulated or --gpu none."
    )
