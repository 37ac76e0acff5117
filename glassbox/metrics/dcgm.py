"""dcgm-exporter's default set (its `etc/default-counters.csv`, 4.x; port 9400, collected every 30 s by default).

`Hostname` may become `hostname` in later releases, so no query reads it. Boards without profiling counters lack the PROF fields.
Only a field without a value is left out (`internal/pkg/collector/gpu_collector.go`): counts and flags that the driver keeps are 0
from the start on, and an XID is an event, so that it has no value before the first one. In Kubernetes a series also has the names
of the pod and container that have the GPU, so that with another pod it is another series.
"""

from glassbox.metrics.types import POD_LABELS, Counter, Gauge, Unit

# The MIG slice, on the series of a GPU that is divided.
SLICE = "GPU_I_ID"
_OPTIONAL = (SLICE, *POD_LABELS)
_GPU = ("gpu", "UUID", "pci_bus_id", "device", "modelName", "Hostname")
_PROFILING = "needs a data-centre GPU with the profiling module, and dcgm-exporter 4.x"


def _gauge(name: str, unit: Unit, text: str, often_absent: str = "") -> Gauge:
    return Gauge(
        name=f"DCGM_FI_{name}", unit=unit, labels=_GPU, optional_labels=_OPTIONAL, help=text, often_absent=often_absent
    )


def _counter(name: str, unit: Unit, text: str, often_absent: str = "") -> Counter:
    return Counter(
        name=f"DCGM_FI_{name}", unit=unit, labels=_GPU, optional_labels=_OPTIONAL, help=text, often_absent=often_absent
    )


SM_CLOCK = _gauge("DEV_SM_CLOCK", Unit.MEGAHERTZ, "SM clock.")
MEM_CLOCK = _gauge("DEV_MEM_CLOCK", Unit.MEGAHERTZ, "Memory clock.")
MEMORY_TEMP = _gauge("DEV_MEMORY_TEMP", Unit.CELSIUS, "Memory temperature; about 9.2e18 on boards without the sensor.")
GPU_TEMP = _gauge("DEV_GPU_TEMP", Unit.CELSIUS, "GPU temperature.")
POWER_USAGE = _gauge("DEV_POWER_USAGE", Unit.WATTS, "Power drawn by the board.")
TOTAL_ENERGY = _counter("DEV_TOTAL_ENERGY_CONSUMPTION", Unit.MILLIJOULES, "Energy since the driver was loaded.")
PCIE_REPLAY = _counter("DEV_PCIE_REPLAY_COUNTER", Unit.EVENTS, "PCIe retries.")
GPU_UTIL = _gauge(
    "DEV_GPU_UTIL", Unit.PERCENT, "Share of time with a kernel running, 0..100: a duty cycle, not the work done."
)
MEM_COPY_UTIL = _gauge("DEV_MEM_COPY_UTIL", Unit.PERCENT, "Share of time with memory traffic, 0..100.")
ENC_UTIL = _gauge("DEV_ENC_UTIL", Unit.PERCENT, "Video encoder use.")
DEC_UTIL = _gauge("DEV_DEC_UTIL", Unit.PERCENT, "Video decoder use.")
# The code is a label too, so that another code is another series: neither `changes` nor `increase` of it ever sees one.
XID_ERRORS = Gauge(
    name="DCGM_FI_DEV_XID_ERRORS",
    unit=Unit.NONE,
    labels=(*_GPU, "err_code", "err_msg"),
    optional_labels=_OPTIONAL,
    help="Code of the last XID error: a code, never a count.",
    often_absent="before the first XID error, from 4.5 on",
)
FB_FREE = _gauge("DEV_FB_FREE", Unit.MEBIBYTES, "Free framebuffer memory.")
FB_USED = _gauge(
    "DEV_FB_USED", Unit.MEBIBYTES, "Used framebuffer memory; flat under vLLM, which reserves its KV cache at start."
)
FB_RESERVED = _gauge("DEV_FB_RESERVED", Unit.MEBIBYTES, "Memory the driver keeps for itself.", "only from 4.4 on")
UNCORRECTABLE_REMAPPED_ROWS = _counter(
    "DEV_UNCORRECTABLE_REMAPPED_ROWS", Unit.EVENTS, "Rows remapped for uncorrectable errors."
)
CORRECTABLE_REMAPPED_ROWS = _counter(
    "DEV_CORRECTABLE_REMAPPED_ROWS", Unit.EVENTS, "Rows remapped for correctable errors."
)
ROW_REMAP_FAILURE = _gauge("DEV_ROW_REMAP_FAILURE", Unit.BOOLEAN, "1 when remapping of rows has failed.")
NVLINK_BANDWIDTH = _counter("DEV_NVLINK_BANDWIDTH_TOTAL", Unit.EVENTS, "NVLink traffic over all lanes.")
VGPU_LICENSE = _gauge("DEV_VGPU_LICENSE_STATUS", Unit.BOOLEAN, "vGPU license status.")
GR_ENGINE_ACTIVE = _gauge(
    "PROF_GR_ENGINE_ACTIVE", Unit.RATIO, "Share of time the graphics or compute engine is active.", _PROFILING
)
PIPE_TENSOR_ACTIVE = _gauge(
    "PROF_PIPE_TENSOR_ACTIVE", Unit.RATIO, "Share of cycles the tensor pipe is active.", _PROFILING
)
DRAM_ACTIVE = _gauge("PROF_DRAM_ACTIVE", Unit.RATIO, "Share of cycles the memory interface moves data.", _PROFILING)
PCIE_TX = _gauge("PROF_PCIE_TX_BYTES", Unit.BYTES_PER_SECOND, "PCIe bytes sent per second: already a rate.", _PROFILING)
PCIE_RX = _gauge(
    "PROF_PCIE_RX_BYTES", Unit.BYTES_PER_SECOND, "PCIe bytes received per second: already a rate.", _PROFILING
)
