"""GPUs through NVML, the library of the NVIDIA driver: opening it, and again when it or a GPU comes back."""

import ctypes
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pynvml

from glassbox_exporter.nvml_reading import is_divided, read
from glassbox_exporter.readings import Collection, GpusUnavailableError, Xids

logger = logging.getLogger(__name__)

# The driver's own list: NVML keeps to the GPUs that were there when it was initialised.
DRIVER_GPUS = Path("/proc/driver/nvidia/gpus")
# Reading a folder takes as long as reading two GPUs, so not every collection looks.
LOOK_EVERY_COLLECTIONS = 10
# One collection takes at most so many events, so that a storm of them cannot hold it up.
MAX_EVENTS = 64
# A GPU that was reset is found again by initialising NVML anew, which is not free: after so many failed collections.
REOPEN_AFTER_FAILURES = 60
CLOSE_TIMEOUT_SECONDS = 0.1


class NvmlUnusableError(GpusUnavailableError):
    """The library is missing, or does not match the loaded driver: nvidia-smi may still work."""


@dataclass(frozen=True)
class _Device:
    handle: Any
    divided: bool


class NvmlGpus:
    """Every GPU the driver shows, MIG slices included.

    NVML is initialised by the first collection, and anew after one that could read nothing or when GPUs come or go.
    A GPU keeps its `gpu_id`, its first NVML index, for as long as this object lives, and no other card gets it: one
    that falls off the bus renumbers the indices.
    """

    name = "nvml"
    interval_seconds = 1.0

    def __init__(self) -> None:
        self._using = Lock()
        self._devices: dict[str, _Device] | None = None
        self._unopened: dict[str, str] = {}
        self._gpu_ids: dict[str, str] = {}
        self._collections = 0
        self._shown = self._listed = 0
        self._failed_collections = 0
        self._events: Any = None
        self._xids: dict[str, Xids] = {}

    def collect(self) -> Collection:
        """Read every GPU; raises GpusUnavailableError without a driver or a GPU."""
        with self._using:
            try:
                return self._collect()
            except pynvml.NVMLError as error:
                self._shut_down()
                raise _unavailable(error) from error

    def close(self) -> None:
        """Release NVML, unless a call of it hangs."""
        if not self._using.acquire(timeout=CLOSE_TIMEOUT_SECONDS):
            logger.warning("A GPU reading has not returned; its driver handle is left open.")
            return
        try:
            self._shut_down()
        finally:
            self._using.release()

    def _collect(self) -> Collection:
        if self._devices is not None and self._gpus_changed():
            self._shut_down()
        devices = self._devices if self._devices is not None else self._open()
        self._note_events(devices)
        readings, failures = {}, dict(self._unopened)
        for gpu_id, device in devices.items():
            try:
                readings[gpu_id] = read(device.handle, divided=device.divided)
            except pynvml.NVMLError as error:
                failures[gpu_id] = str(error)
        self._failed_collections = self._failed_collections + 1 if failures else 0
        if not readings or self._failed_collections >= REOPEN_AFTER_FAILURES:
            self._shut_down()
        return Collection(readings, failures, dict(self._xids))

    def _gpus_changed(self) -> bool:
        self._collections += 1
        if self._collections % LOOK_EVERY_COLLECTIONS == 0 and _listed_gpus() != self._listed:
            return True
        return bool(pynvml.nvmlDeviceGetCount() != self._shown)

    def _open(self) -> dict[str, _Device]:
        pynvml.nvmlInit()
        self._devices, self._failed_collections = {}, 0
        self._shown, self._listed = pynvml.nvmlDeviceGetCount(), _listed_gpus()
        if not self._shown:
            self._shut_down()
            raise GpusUnavailableError("the driver shows no GPU")
        failed: dict[int, str] = {}
        for index in range(self._shown):
            try:
                handle = pynvml.nvmlDeviceGetHandleByIndex(index)
                self._devices[self._gpu_id(index, pynvml.nvmlDeviceGetUUID(handle))] = _Device(
                    handle, is_divided(handle)
                )
            except pynvml.NVMLError as error:
                failed[index] = str(error)
        self._unopened = {str(index): reason for index, reason in failed.items() if str(index) not in self._devices}
        self._listen(self._devices)
        return self._devices

    def _gpu_id(self, index: int, uuid: str) -> str:
        if uuid not in self._gpu_ids:
            taken = set(self._gpu_ids.values())
            free = (str(number) for number in (index, *range(len(taken) + 1)) if str(number) not in taken)
            self._gpu_ids[uuid] = next(free)
        return self._gpu_ids[uuid]

    def _listen(self, devices: dict[str, _Device]) -> None:
        """Subscribe to XID errors, which not every GPU and no Windows driver reports."""
        with suppress(pynvml.NVMLError):
            self._events = pynvml.nvmlEventSetCreate()
            for gpu_id, device in devices.items():
                with suppress(pynvml.NVMLError):
                    supported = pynvml.nvmlDeviceGetSupportedEventTypes(device.handle)
                    if supported & pynvml.nvmlEventTypeXidCriticalError:
                        pynvml.nvmlDeviceRegisterEvents(
                            device.handle, pynvml.nvmlEventTypeXidCriticalError, self._events
                        )
                        self._xids.setdefault(gpu_id, Xids())

    def _note_events(self, devices: dict[str, _Device]) -> None:
        """Count what has happened since the last collection, without waiting for more."""
        if self._events is None:
            return
        # A timeout says that there are no more; a lost GPU's own reading shows any other failure.
        with suppress(pynvml.NVMLError):
            for _ in range(MAX_EVENTS):
                event = pynvml.nvmlEventSetWait_v2(self._events, 0)
                gpu_ids = {_address(device.handle): gpu_id for gpu_id, device in devices.items()}
                gpu_id = gpu_ids.get(_address(event.device))
                if gpu_id is not None and event.eventType == pynvml.nvmlEventTypeXidCriticalError:
                    self._xids[gpu_id] = Xids(self._xids[gpu_id].count + 1, event.eventData)

    def _shut_down(self) -> None:
        if self._devices is None:
            return
        self._devices = None
        if self._events is not None:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlEventSetFree(self._events)
            self._events = None
        with suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _listed_gpus() -> int:
    try:
        return sum(1 for _ in DRIVER_GPUS.iterdir())
    except OSError:
        return 0


def _address(handle: Any) -> int | None:
    return ctypes.cast(handle, ctypes.c_void_p).value


def _unavailable(error: pynvml.NVMLError) -> GpusUnavailableError:
    unusable = (
        pynvml.NVMLError_LibraryNotFound,
        pynvml.NVMLError_FunctionNotFound,
        pynvml.NVMLError_LibRmVersionMismatch,
    )
    return NvmlUnusableError(str(error)) if isinstance(error, unusable) else GpusUnavailableError(str(error))
