"""GPUs, whoever measures them: dcgm-exporter or our exporter. MIG slices of one GPU count once."""

from kit.expr import Expr
from kit.promql import instant, max_by, with_label
from kit.rules import Record, RecordGroup
from metrics import dcgm, service
from metrics.types import Gauge, Unit
from recording_rules.levels import GPU

_BYTES_PER_MEBIBYTE = 1024 * 1024


def _either(from_dcgm: Expr, from_service: Gauge) -> Expr:
    """Both exporters' series under the label `gpu`."""
    return max_by(GPU, from_dcgm.or_(with_label("gpu", instant(from_service), copied_from="gpu_id")))


_USED_AND_FREE = instant(dcgm.FB_USED) + instant(dcgm.FB_FREE)

UTILIZATION = Record(
    "gpu:utilization_ratio:max",
    (_either(instant(dcgm.GPU_UTIL), service.GPU_UTILIZATION) / 100).measured_in(Unit.RATIO),
    "Share of time with a kernel running: low proves an idle GPU, high proves little.",
)
MEMORY_USED = Record(
    "gpu:memory_used_bytes:max",
    (_either(instant(dcgm.FB_USED), service.GPU_MEMORY_USED) * _BYTES_PER_MEBIBYTE).measured_in(Unit.BYTES),
    "Memory in use; flat under vLLM, which reserves its KV cache at start.",
)
MEMORY_TOTAL = Record(
    "gpu:memory_total_bytes:max",
    (
        _either((_USED_AND_FREE + instant(dcgm.FB_RESERVED)).or_(_USED_AND_FREE), service.GPU_MEMORY_TOTAL)
        * _BYTES_PER_MEBIBYTE
    ).measured_in(Unit.BYTES),
    "Memory of the board.",
)
POWER = Record("gpu:power_watts:max", _either(instant(dcgm.POWER_USAGE), service.GPU_POWER), "Power drawn.")

GROUP = RecordGroup("gpu", (UTILIZATION, MEMORY_USED, MEMORY_TOTAL, POWER))
