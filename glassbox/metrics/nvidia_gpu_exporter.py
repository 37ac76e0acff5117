"""utkuozdemir/nvidia_gpu_exporter (its docs/METRICS.md; port 9835): what nvidia-smi reports, also on cards without profiling counters.

Names follow nvidia-smi's query fields, so a card or driver that lacks a field lacks the series. XID errors are counted by its
NVML backend only, from the first event on and without a last code, so they are not read here.
"""

from glassbox.metrics.types import Counter, Gauge, Unit

_GPU = ("uuid",)
_BY_CARD = "only where the card and its driver report the field"


def _gauge(name: str, unit: Unit, text: str) -> Gauge:
    return Gauge(name=f"nvidia_smi_{name}", unit=unit, labels=_GPU, help=text, often_absent=_BY_CARD)


GPU_INFO = Gauge(
    name="nvidia_smi_gpu_info",
    unit=Unit.NONE,
    labels=("uuid", "index", "name", "driver_version", "pci_bus_id"),
    help="Always 1; says what a uuid stands for. Old releases lack `index`.",
)
UTILIZATION_GPU = _gauge(
    "utilization_gpu_ratio", Unit.RATIO, "Share of time with a kernel running, 0..1: a duty cycle, not the work done."
)
MEMORY_USED = _gauge("memory_used_bytes", Unit.BYTES, "Memory in use.")
MEMORY_TOTAL = _gauge("memory_total_bytes", Unit.BYTES, "Memory of the board.")
POWER_DRAW = _gauge("power_draw_watts", Unit.WATTS, "Power drawn by the board.")
TEMPERATURE = _gauge("temperature_gpu", Unit.CELSIUS, "GPU temperature.")
SM_CLOCK = _gauge("clocks_current_sm_clock_hz", Unit.HERTZ, "SM clock.")
REMAPPED_ROWS_FAILURE = _gauge("remapped_rows_failure", Unit.BOOLEAN, "1 when remapping of rows has failed.")
ENERGY = Counter(
    name="nvidia_smi_energy_joules_total",
    unit=Unit.JOULES,
    labels=_GPU,
    help="Energy since the driver was loaded.",
    often_absent="only from its NVML backend, on Volta and later",
)
