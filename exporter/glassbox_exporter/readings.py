"""What GPUs report: one collection of readings, from any backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from glassbox_exporter.errors import ExporterError

# The `gpu_id` of a failure of which it is not known which card it means.
UNKNOWN_GPU = "unknown"


class GpusUnavailableError(ExporterError):
    """No GPU can be read now; the text is the reason."""


class Memory(NamedTuple):
    """MiB of a GPU or of a MIG slice; None for what it does not report."""

    used_mib: float | None = None
    total_mib: float | None = None


class GpuReading(NamedTuple):
    """One reading of one GPU; None for what this model of GPU does not report.

    `throttle_reasons` is NVML's mask of what holds the clocks down; `mig` is by "GPU instance/compute instance".
    """

    utilization_percent: float | None = None
    memory: Memory = Memory()
    power_watts: float | None = None
    temperature_celsius: float | None = None
    sm_clock_mhz: float | None = None
    memory_clock_mhz: float | None = None
    throttle_reasons: int | None = None
    mig: Mapping[str, Memory] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Xids:
    """XID errors of one GPU since the exporter started: how many, and the code of the last, 0 before the first."""

    count: int = 0
    last_code: int = 0


@dataclass(frozen=True, slots=True)
class Collection:
    """One look at all GPUs, by `gpu_id`: what was read, why some were not, and XIDs of those that report them."""

    readings: Mapping[str, GpuReading] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    xids: Mapping[str, Xids] = field(default_factory=dict)


class GpuBackend(Protocol):
    """A way to read GPUs."""

    @property
    def name(self) -> str:
        """What the gauges call their source."""

    @property
    def interval_seconds(self) -> float:
        """How often to read where nobody says otherwise."""

    def collect(self) -> Collection:
        """Read every GPU there is; raises GpusUnavailableError where that is none, and anything else when it failed."""

    def close(self) -> None:
        """Let go of the driver; may be called while another thread collects."""
