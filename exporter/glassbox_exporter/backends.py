"""The ways to read GPUs, by name."""

import logging
from shutil import which
from typing import Literal

from glassbox_exporter.errors import ExporterError
from glassbox_exporter.nvidia_smi import NvidiaSmiGpus
from glassbox_exporter.nvml import NvmlGpus, NvmlUnusableError
from glassbox_exporter.readings import Collection, GpuBackend
from glassbox_exporter.simulated import SimulatedGpus

logger = logging.getLogger(__name__)

BackendName = Literal["nvml", "nvidia-smi", "simulated", "none"]
BACKENDS: tuple[BackendName, ...] = ("nvml", "nvidia-smi", "simulated", "none")


class NvmlOrNvidiaSmi:
    """NVML, and nvidia-smi for as long as NVML's library is missing, or another version's than the driver's.

    The second comes after a driver's update: the library that this process has loaded stays the old one, and only a
    new process loads the new one.
    """

    def __init__(self, nvml: GpuBackend, nvidia_smi: GpuBackend, program: str = "nvidia-smi") -> None:
        self._nvml = nvml
        self._nvidia_smi = nvidia_smi
        self._program = program
        self._used = nvml

    @property
    def name(self) -> str:
        return self._used.name

    @property
    def interval_seconds(self) -> float:
        return self._used.interval_seconds

    def collect(self) -> Collection:
        """Read every GPU through NVML, else through nvidia-smi."""
        try:
            collection = self._nvml.collect()
        except NvmlUnusableError as error:
            if which(self._program) is None:
                raise
            self._use(self._nvidia_smi, str(error))
            return self._nvidia_smi.collect()
        self._use(self._nvml, "it can be used again")
        return collection

    def close(self) -> None:
        self._nvidia_smi.close()
        self._nvml.close()

    def _use(self, backend: GpuBackend, reason: str) -> None:
        if backend is not self._used:
            logger.warning("GPUs are read through %s now (NVML: %s).", backend.name, reason)
            self._used = backend


def open_backend(name: str, gpu_count: int | None = None) -> GpuBackend | None:
    """The backend of that name, None for "none"; `gpu_count` is how many GPUs "simulated" makes up (default 1).

    Nothing is read yet, so that a machine whose driver comes later can be watched already.
    """
    match name:
        case "nvml":
            return NvmlOrNvidiaSmi(NvmlGpus(), NvidiaSmiGpus())
        case "nvidia-smi":
            return NvidiaSmiGpus()
        case "simulated":
            logger.warning("The GPU values of this exporter are simulated.")
            return SimulatedGpus(gpu_count or 1)
        case _:
            return None


def check_backend(name: str, gpu_count: int | None) -> None:
    """Raise ExporterError for an unknown name, or a count that does not go with it."""
    if name not in BACKENDS:
        raise ExporterError(f'Backend "{name}" is unknown: choose one of {", ".join(BACKENDS)}.')
    if gpu_count is not None and name != "simulated":
        raise ExporterError(f"A GPU count works with simulated GPUs only, not with {name}: remove it.")
    if gpu_count is not None and gpu_count < 1:
        raise ExporterError(f"GPU count {gpu_count} is too small: simulate at least 1, or choose --backend none.")
