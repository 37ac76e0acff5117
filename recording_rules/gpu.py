"""GPUs, whoever measures them: dcgm-exporter, our exporter or nvidia_gpu_exporter. MIG slices of one GPU count once.

Profiling, XID, PCIe and row counts come from dcgm-exporter alone.
"""

from functools import reduce

from kit.expr import Expr
from kit.promql import changes, group_by, increase, instant, max_by, rate, with_label
from kit.rules import Record, RecordGroup
from metrics import dcgm, service
from metrics import nvidia_gpu_exporter as smi
from metrics.types import Gauge, Unit
from recording_rules.levels import GPU, TARGET

_BYTES_PER_MEBIBYTE = 1024 * 1024
_HERTZ_PER_MEGAHERTZ = 1_000_000
_MILLIJOULES_PER_JOULE = 1000


def _each_gpu(*sources: Expr) -> Expr:
    """One series for each GPU, from whichever source measures it."""
    return max_by(GPU, reduce(Expr.or_, sources))


def _ours(gauge: Gauge) -> Expr:
    """Our exporter's series under the label `gpu`."""
    return with_label("gpu", instant(gauge), copied_from="gpu_id")


def _smi(series: Expr) -> Expr:
    """nvidia_gpu_exporter's series under the label `gpu`: the GPU's index, or its uuid where the exporter tells no index."""
    return _numbered(series.taking(("index",), instant(smi.GPU_INFO), on=(*TARGET, "uuid")))


def _numbered(indexed: Expr) -> Expr:
    return with_label("gpu", with_label("gpu", indexed, copied_from="uuid"), copied_from="index")


def of_model(name: str) -> Expr:
    """1 for each GPU whose exporter calls its model so, as nvidia-smi does; our exporter tells no models."""
    from_dcgm = instant(dcgm.FB_USED, modelName=name)
    return group_by(GPU, from_dcgm.or_(_numbered(instant(smi.GPU_INFO, name=name))))


def _ratio(percent: Expr) -> Expr:
    return (percent / 100).measured_in(Unit.RATIO)


def _bytes(mebibytes: Expr) -> Expr:
    return (mebibytes * _BYTES_PER_MEBIBYTE).measured_in(Unit.BYTES)


def _profiled(gauge: Gauge) -> Expr:
    return _each_gpu(instant(gauge))


_USED_AND_FREE = instant(dcgm.FB_USED) + instant(dcgm.FB_FREE)
_INSTALLED = (_USED_AND_FREE + instant(dcgm.FB_RESERVED)).or_(_USED_AND_FREE)
_WATTS_OF_DCGM = (rate(dcgm.TOTAL_ENERGY, "5m") / _MILLIJOULES_PER_JOULE).measured_in(Unit.WATTS)

UTILIZATION = Record(
    "gpu:utilization_ratio:max",
    _each_gpu(
        _ratio(instant(dcgm.GPU_UTIL)), _ratio(_ours(service.GPU_UTILIZATION)), _smi(instant(smi.UTILIZATION_GPU))
    ),
    "Share of time with a kernel running: low proves an idle GPU, high proves little.",
)
MEMORY_USED = Record(
    "gpu:memory_used_bytes:max",
    _each_gpu(_bytes(instant(dcgm.FB_USED)), _bytes(_ours(service.GPU_MEMORY_USED)), _smi(instant(smi.MEMORY_USED))),
    "Memory in use; flat under vLLM, which reserves its KV cache at start.",
)
MEMORY_TOTAL = Record(
    "gpu:memory_total_bytes:max",
    _each_gpu(_bytes(_INSTALLED), _bytes(_ours(service.GPU_MEMORY_TOTAL)), _smi(instant(smi.MEMORY_TOTAL))),
    "Memory of the board.",
)
POWER = Record(
    "gpu:power_watts:max",
    _each_gpu(instant(dcgm.POWER_USAGE), _ours(service.GPU_POWER), _smi(instant(smi.POWER_DRAW))),
    "Power drawn.",
)
ENERGY = Record(
    "gpu:energy_watts:rate5m",
    _each_gpu(_WATTS_OF_DCGM, _smi(rate(smi.ENERGY, "5m").measured_in(Unit.WATTS))),
    "Mean power over 5 minutes from the board's energy counter, which misses nothing between two scrapes.",
)
TEMPERATURE = Record(
    "gpu:temperature_celsius:max", _each_gpu(instant(dcgm.GPU_TEMP), _smi(instant(smi.TEMPERATURE))), "GPU temperature."
)
SM_CLOCK = Record(
    "gpu:sm_clock_hertz:max",
    _each_gpu(
        (instant(dcgm.SM_CLOCK) * _HERTZ_PER_MEGAHERTZ).measured_in(Unit.HERTZ),
        _smi(instant(smi.SM_CLOCK)),
    ),
    "Clock of the multiprocessors.",
)
ENGINE_ACTIVE = Record(
    "gpu:engine_active_ratio:max",
    _profiled(dcgm.GR_ENGINE_ACTIVE),
    "Share of time the compute engine is active: a finer duty cycle.",
)
ACTIVITY = Record(
    "gpu:activity_ratio:max",
    instant(ENGINE_ACTIVE).or_(instant(UTILIZATION)),
    "Share of time the GPU works: its compute engine where that is profiled, else any kernel.",
)
TENSOR_ACTIVE = Record(
    "gpu:tensor_active_ratio:max",
    _profiled(dcgm.PIPE_TENSOR_ACTIVE),
    "Share of cycles the tensor pipe works: prefill and image encoders.",
)
DRAM_ACTIVE = Record(
    "gpu:dram_active_ratio:max",
    _profiled(dcgm.DRAM_ACTIVE),
    "Share of cycles the memory moves data: decoding is bound by it.",
)
XID_LAST = Record(
    "gpu:xid_last_code:max", _each_gpu(instant(dcgm.XID_ERRORS)), "Code of the last XID error, 0 for none."
)
# Of the recorded series, since dcgm-exporter makes a new series for each code, which as such never changes.
XID_CHANGES = Record(
    "gpu:xid_changes:changes10m", changes(XID_LAST, "10m"), "How often the last XID code became another one."
)
ROW_REMAP_FAILURE = Record(
    "gpu:row_remap_failure:max",
    _each_gpu(instant(dcgm.ROW_REMAP_FAILURE), _smi(instant(smi.REMAPPED_ROWS_FAILURE))),
    "1 when the board could not replace a broken row of its memory.",
)
UNCORRECTABLE_ROWS = Record(
    "gpu:uncorrectable_remapped_rows:increase1h",
    _each_gpu(increase(dcgm.UNCORRECTABLE_REMAPPED_ROWS, "1h")),
    "Memory rows replaced within the hour after errors that could not be corrected.",
)
CORRECTABLE_ROWS = Record(
    "gpu:correctable_remapped_rows:increase1h",
    _each_gpu(increase(dcgm.CORRECTABLE_REMAPPED_ROWS, "1h")),
    "Memory rows replaced within the hour after errors that could be corrected.",
)
PCIE_REPLAYS = Record(
    "gpu:pcie_replays:rate5m", _each_gpu(rate(dcgm.PCIE_REPLAY, "5m")), "PCIe packets sent again each second."
)
PCIE_SENT = Record(
    "gpu:pcie_sent_bytes_per_second:max", _profiled(dcgm.PCIE_TX), "Bytes each second from the GPU over PCIe."
)
PCIE_RECEIVED = Record(
    "gpu:pcie_received_bytes_per_second:max", _profiled(dcgm.PCIE_RX), "Bytes each second to the GPU over PCIe."
)

GROUP = RecordGroup(
    "gpu",
    (
        UTILIZATION,
        MEMORY_USED,
        MEMORY_TOTAL,
        POWER,
        ENERGY,
        TEMPERATURE,
        SM_CLOCK,
        ENGINE_ACTIVE,
        ACTIVITY,
        TENSOR_ACTIVE,
        DRAM_ACTIVE,
        XID_LAST,
        XID_CHANGES,
        ROW_REMAP_FAILURE,
        UNCORRECTABLE_ROWS,
        CORRECTABLE_ROWS,
        PCIE_REPLAYS,
        PCIE_SENT,
        PCIE_RECEIVED,
    ),
)
