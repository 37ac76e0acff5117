"""ROCm/device-metrics-exporter (its `pkg/amdgpu/gpuagent/gpuagent_gpu_metrics.go` and docs/configuration/metricslist.md; port 5000): AMD GPUs.

Which fields it exposes is configured, and so is a prefix of all names (`MetricsFieldPrefix`), which must stay empty here. What
a board does not report is 2^32 - 1 or missing. A partition of a board has a `gpu_id` of its own.
"""

from glassbox.metrics.types import POD_LABELS, Gauge, Unit

_GPU = ("gpu_id", "card_model")
_OFTEN_ABSENT = "only where the board, its mode and the exporter's configuration have the field"


def _gauge(name: str, unit: Unit, text: str, *labels: str) -> Gauge:
    return Gauge(
        name=f"gpu_{name}",
        unit=unit,
        labels=(*_GPU, *labels),
        optional_labels=("gpu_uuid", *POD_LABELS),
        help=text,
        often_absent=_OFTEN_ABSENT,
    )


GFX_ACTIVITY = _gauge(
    "gfx_activity", Unit.PERCENT, "Share of time with the graphics engine in use, 0..100; the first partition's only."
)
USED_VRAM = _gauge("used_vram", Unit.MEBIBYTES, "Memory in use.")
TOTAL_VRAM = _gauge("total_vram", Unit.MEBIBYTES, "Memory of the board.")
PACKAGE_POWER = _gauge(
    "package_power", Unit.WATTS, "Power drawn by the socket (MI3xx); 0 for partitions but the first."
)
AVERAGE_PACKAGE_POWER = _gauge("average_package_power", Unit.WATTS, "Mean power drawn by the socket (MI2xx, Radeon).")
POWER_USAGE = _gauge("power_usage", Unit.WATTS, "Power drawn; 0 for partitions but the first.")
JUNCTION_TEMPERATURE = _gauge("junction_temperature", Unit.CELSIUS, "Temperature of the hottest spot (MI3xx).")
EDGE_TEMPERATURE = _gauge("edge_temperature", Unit.CELSIUS, "Temperature at the edge (MI2xx).")
CLOCK = _gauge(
    "clock", Unit.MEGAHERTZ, "Clock; `clock_type` is system for the compute engines.", "clock_type", "clock_index"
)
