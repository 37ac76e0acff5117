"""rocm-smi-exporter of PyPI, 0.0.1a14 (its `metrics.py`, `wrapper.py` and `rocm_smi.py`; port 9001): AMD GPUs, as rocm_smi_lib reads them.

Names follow dcgm-exporter's. What a board does not report is -1. Without `--no-ignore-non-k8s-metrics` and
`--no-resolve-k8s-dev-alloc` it reports only GPUs that a pod has, and keeps the last readings under each pod that had one: so it must
be run with both, and its pods are not read. The readings of a board that is gone stay, too, until it is restarted.
"""

from glassbox.metrics.types import Gauge, Unit

_GPU = ("gpu", "uid", "pci_bus_id", "modelName")


def _gauge(name: str, unit: Unit, text: str) -> Gauge:
    return Gauge(
        name=f"ROCM_SMI_DEV_{name}",
        unit=unit,
        labels=_GPU,
        help=text,
        often_absent="-1 where the board has no such reading",
    )


GPU_UTIL = _gauge("GPU_UTIL", Unit.PERCENT, "Share of time with the graphics engine in use, 0..100.")
GPU_MEM_USED = _gauge("GPU_MEM_USED", Unit.BYTES, "Memory in use.")
GPU_MEM_TOTAL = _gauge("GPU_MEM_TOTAL", Unit.BYTES, "Memory of the board.")
CUR_POWER = _gauge("CUR_POWER", Unit.WATTS, "Power drawn by the socket.")
AVG_POWER = _gauge("AVG_POWER", Unit.WATTS, "Mean power drawn within the last moments.")
TEMP = _gauge("TEMP", Unit.CELSIUS, "Temperature of the hottest spot.")
SCLK = _gauge("SCLK", Unit.MEGAHERTZ, "Clock of the compute engines.")
