"""GPUs, whichever exporter measures them: dcgm-exporter, our exporter, nvidia_gpu_exporter, AMD's or that of ROCm SMI. Impossible readings are left out.

MIG slices of one GPU are one GPU: their memory is added up, of everything else the largest value counts.

Only what alerts and fleet boards read is recorded. The rest are queries of the GPU board for the chosen GPUs: a
recorded series for each GPU would double a raw one. Only dcgm-exporter reports profiling, PCIe and row counts.
"""

from collections.abc import Callable
from functools import reduce

from glassbox.metrics import amd_exporter as amd
from glassbox.metrics import dcgm, scrape, service
from glassbox.metrics import nvidia_gpu_exporter as smi
from glassbox.metrics import rocm_smi_exporter as rocm
from glassbox.metrics.types import HONORED_POD, Counter, Gauge, Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import (
    count_by,
    first_by,
    group_by,
    instant,
    max_by,
    most,
    over_steps,
    over_time,
    rate,
    sum_by,
    with_label,
)
from glassbox.query.rules import Record, RecordGroup
from glassbox.query.selectors import Matcher, differs, regex
from recording_rules.gpu_bounds import possible
from recording_rules.levels import GPU, JOB, SLOT, TARGET
from recording_rules.targets import BRIDGE

GROUP = RecordGroup("gpu")

_BYTES_PER_MEBIBYTE = 1024 * 1024
_HERTZ_PER_MEGAHERTZ = 1_000_000
_MILLIJOULES_PER_JOULE = 1000
ENERGY_WINDOW = "5m"


def of_exporter(gpus: Expr) -> Expr:
    """The series with their exporter's labels where these tell services apart: whoever uses a GPU, it is the same one.

    With honorLabels dcgm-exporter's and AMD's series have the namespace of the pod that has the GPU.
    """
    return gpus.of_its_target(instant(scrape.UP, job=regex(".+")), of_others=HONORED_POD, on=TARGET)


def _each_gpu(*sources: Expr) -> Expr:
    """One series for each GPU: the largest possible reading of its sources, which name their series differently."""
    return max_by(GPU, reduce(Expr.or_, map(possible, sources)))


def _whole(memory: Expr) -> Expr:
    """Memory of each GPU: the sum of its MIG slices, where only these are measured.

    A slice that several processes share is exposed once for each.
    """
    slices = max_by((*GPU, dcgm.SLICE), memory.filtered({dcgm.SLICE: differs("")}))
    return max_by(GPU, memory.filtered({dcgm.SLICE: ""})).or_(sum_by(GPU, slices))


def _ours(gauge: Gauge) -> Expr:
    """Our exporter's series under the label `gpu`."""
    return with_label("gpu", instant(gauge), copied_from="gpu_id")


def _dcgm(gauge: Gauge, **matchers: str | Matcher) -> Expr:
    return of_exporter(instant(gauge, **matchers))


def amd_by_uuid(series: Expr) -> Expr:
    """AMD's series under the labels `gpu` and `UUID`, where the exporter is configured to tell the latter."""
    by_uuid = with_label("UUID", series, copied_from="gpu_uuid")
    return with_label("gpu", by_uuid, copied_from="gpu_id")


def _amd(gauge: Gauge, **matchers: str | Matcher) -> Expr:
    return of_exporter(amd_by_uuid(instant(gauge, **matchers)))


def _rocm(gauge: Gauge, **matchers: str | Matcher) -> Expr:
    """ROCm SMI's series under the label `UUID`. Boards without an id of their own share a short one, such as -1."""
    return with_label("UUID", instant(gauge, **matchers), copied_from="uid", pattern="(.{8,})")


def _smi(series: Expr) -> Expr:
    """nvidia_gpu_exporter's series under the label `gpu`: the GPU's index, or its uuid where the exporter reports no index."""
    by_uuid = (*TARGET, "uuid")
    # A new driver, or a second Prometheus, makes a second series of the same GPU for a while.
    return _numbered(series.taking(("index",), first_by(by_uuid, instant(smi.GPU_INFO)), on=by_uuid))


def _numbered(indexed: Expr) -> Expr:
    by_uuid = with_label("UUID", with_label("gpu", indexed, copied_from="uuid"), copied_from="uuid")
    return with_label("gpu", by_uuid, copied_from="index")


def of_model(name: str) -> Expr:
    """1 for each GPU of this model, named as nvidia-smi or AMD's exporters do. Our exporter does not report models."""
    # A GPU that shares its host's memory reports none of its own.
    from_dcgm = _dcgm(dcgm.FB_USED, modelName=name).or_(_dcgm(dcgm.GPU_TEMP, modelName=name))
    from_amd = _amd(amd.TOTAL_VRAM, card_model=name)
    from_smi, from_rocm = _numbered(instant(smi.GPU_INFO, name=name)), _rocm(rocm.GPU_MEM_TOTAL, modelName=name)
    return group_by(GPU, from_dcgm.or_(from_smi).or_(from_amd).or_(from_rocm))


def _ratio(percent: Expr) -> Expr:
    return (percent / 100).measured_in(Unit.RATIO)


def _bytes(mebibytes: Expr) -> Expr:
    return (mebibytes * _BYTES_PER_MEBIBYTE).measured_in(Unit.BYTES)


def _hertz(megahertz: Expr) -> Expr:
    return (megahertz * _HERTZ_PER_MEGAHERTZ).measured_in(Unit.HERTZ)


def _rows_of_hour(counter: Counter) -> Expr:
    """By how much a count that the board itself keeps grew, whatever labels its series had before.

    An error ends the pod that has the GPU, and the series with it; the next one begins with what the error has added.
    """
    count = max_by(GPU, of_exporter(possible(most(counter, BRIDGE).measured_in(Unit.EVENTS))))
    return count - over_steps("min", count, "1h", "1m")


def _profiled(gauge: Gauge) -> Expr:
    return _each_gpu(_dcgm(gauge))


def _installed() -> Expr:
    """Memory of each GPU: used, free and, where it is reported, reserved.

    Each is added up of its own: with time slicing dcgm-exporter from 4.5.3 on reports what each pod uses beside what the GPU has
    free (its `internal/pkg/transformation/process_metrics.go`).
    """
    used_and_free = _whole(_dcgm(dcgm.FB_USED)) + _whole(_dcgm(dcgm.FB_FREE))
    return (used_and_free + _whole(possible(_dcgm(dcgm.FB_RESERVED)))).or_(used_and_free)


_WATTS_OF_DCGM = (of_exporter(rate(dcgm.TOTAL_ENERGY, ENERGY_WINDOW)) / _MILLIJOULES_PER_JOULE).measured_in(Unit.WATTS)

# Share of time with a kernel running: low proves an idle GPU, high proves little.
UTILIZATION = _each_gpu(
    # Of MIG slices it is not measured, and some releases of dcgm-exporter say 0 (its issue 216).
    _ratio(_dcgm(dcgm.GPU_UTIL, **{dcgm.SLICE: ""})),
    _ratio(_ours(service.GPU_UTILIZATION)),
    _smi(instant(smi.UTILIZATION_GPU)),
    _ratio(_amd(amd.GFX_ACTIVITY)),
    _ratio(_rocm(rocm.GPU_UTIL)),
)
# Share of time in which the compute engine is active: a finer duty cycle.
ENGINE_ACTIVE = _profiled(dcgm.GR_ENGINE_ACTIVE)
# Share of cycles in which the tensor pipe works: prefill and image encoders.
TENSOR_ACTIVE = _profiled(dcgm.PIPE_TENSOR_ACTIVE)
# Share of cycles in which the memory moves data: decoding is bound by it.
DRAM_ACTIVE = _profiled(dcgm.DRAM_ACTIVE)
# Mean power over 5 minutes from the board's energy counter, which misses nothing between two scrapes.
ENERGY = _each_gpu(_WATTS_OF_DCGM, _smi(rate(smi.ENERGY, ENERGY_WINDOW).measured_in(Unit.WATTS)))
_OTHER_TEMPERATURES = (
    _ours(service.GPU_TEMPERATURE),
    _smi(instant(smi.TEMPERATURE)),
    _amd(amd.JUNCTION_TEMPERATURE),
    _amd(amd.EDGE_TEMPERATURE),
    _rocm(rocm.TEMP),
)
TEMPERATURE = _each_gpu(_dcgm(dcgm.GPU_TEMP), *_OTHER_TEMPERATURES)
# 1 when the board could not replace a broken row of its memory, 0 otherwise.
ROW_REMAPPING = _each_gpu(_dcgm(dcgm.ROW_REMAP_FAILURE), _smi(instant(smi.REMAPPED_ROWS_FAILURE)))
# Memory rows replaced within the hour after errors that could not, or could, be corrected.
UNCORRECTABLE_ROWS = _rows_of_hour(dcgm.UNCORRECTABLE_REMAPPED_ROWS)
CORRECTABLE_ROWS = _rows_of_hour(dcgm.CORRECTABLE_REMAPPED_ROWS)
# PCIe packets sent again per second, and bytes per second from and to the GPU.
PCIE_REPLAYS = _each_gpu(of_exporter(rate(dcgm.PCIE_REPLAY, "5m")))
PCIE_SENT = _profiled(dcgm.PCIE_TX)
PCIE_RECEIVED = _profiled(dcgm.PCIE_RX)

ACTIVITY = Record(
    "gpu:activity_ratio:max",
    ENGINE_ACTIVE.or_(UTILIZATION),
    "Share of time in which the GPU is active: its compute engine where profiling measures it, else any kernel.",
)
MEMORY_USED = Record(
    "gpu:memory_used_bytes:max",
    _each_gpu(
        _whole(_bytes(_dcgm(dcgm.FB_USED))),
        _bytes(_ours(service.GPU_MEMORY_USED)),
        _smi(instant(smi.MEMORY_USED)),
        _bytes(_amd(amd.USED_VRAM)),
        _rocm(rocm.GPU_MEM_USED),
    ),
    "Memory in use. It is flat under vLLM, which reserves its KV cache at start. GPUs that share their host's memory report none.",
)
MEMORY_TOTAL = Record(
    "gpu:memory_total_bytes:max",
    # A board without memory of its own may report 0.
    _each_gpu(
        _bytes(_installed()),
        _bytes(_ours(service.GPU_MEMORY_TOTAL)),
        _smi(instant(smi.MEMORY_TOTAL)),
        _bytes(_amd(amd.TOTAL_VRAM)),
        _rocm(rocm.GPU_MEM_TOTAL),
    )
    > 0,
    "Memory of the board, or of its MIG slices.",
)
POWER = Record(
    "gpu:power_watts:max",
    _each_gpu(
        _dcgm(dcgm.POWER_USAGE),
        _ours(service.GPU_POWER),
        _smi(instant(smi.POWER_DRAW)),
        *map(_amd, (amd.PACKAGE_POWER, amd.AVERAGE_PACKAGE_POWER, amd.POWER_USAGE)),
        *map(_rocm, (rocm.CUR_POWER, rocm.AVG_POWER)),
    ),
    "Power drawn.",
)
SM_CLOCK = Record(
    "gpu:sm_clock_hertz:max",
    _each_gpu(
        _hertz(_dcgm(dcgm.SM_CLOCK)),
        _hertz(_ours(service.GPU_SM_CLOCK)),
        _smi(instant(smi.SM_CLOCK)),
        _hertz(_amd(amd.CLOCK, clock_type="system")),
        _hertz(_rocm(rocm.SCLK)),
    ),
    "Clock of the multiprocessors.",
)
XID_LAST = Record(
    "gpu:xid_last_code:max",
    _each_gpu(_dcgm(dcgm.XID_ERRORS), _ours(service.GPU_XID_LAST_CODE)),
    "Code of the last XID error, 0 for none: a single series, whatever the code. dcgm-exporter from 4.5 on has none before the first error.",
)
ROW_REMAP_FAILURE = Record(
    "gpu:row_remap_failure:max",
    ROW_REMAPPING > 0,
    "GPUs that could not replace a broken row of their memory. There is no series for healthy GPUs.",
)

# What is left out first need not be compared.
_HEAT_ALONE = _each_gpu(_dcgm(dcgm.GPU_TEMP).unless(instant(MEMORY_USED), on=SLOT), *_OTHER_TEMPERATURES)
OTHER_READING = Record(
    "gpu:other_reading:group",
    group_by(
        GPU,
        instant(ACTIVITY).or_(instant(POWER)).or_(instant(SM_CLOCK)).or_(_HEAT_ALONE).unless(instant(MEMORY_USED)),
    ),
    "1 for GPUs that report no memory, but activity, power, a clock or heat. There is no series for other GPUs.",
)

# Either shows that a GPU is there: one that shares its host's memory reports none. Every sign more is read as often.
# Codes of errors show nothing, since our exporter keeps those of a GPU that has gone.
SIGNS = (MEMORY_USED, OTHER_READING)


def any_sign(read: Callable[[Record], Expr]) -> Expr:
    """A series for each GPU of which the reading finds any sign, whatever its value."""
    return reduce(Expr.or_, map(read, SIGNS)).measured_in(Unit.NONE)


def _lately(record: Record) -> Expr:
    return over_time("last", record, BRIDGE)


def _of_targets(readings: Expr) -> Expr:
    """Readings of exporters that Prometheus knows, whether they answer or not; services are not the only ones."""
    return readings.and_(instant(scrape.UP, job=regex(".+")), on=TARGET)


def bridged(record: Record) -> Expr:
    """The newest value of a recorded series, across failed scrapes and wrong readings, as long as its exporter is a target.

    Where Prometheus has no `up` of the exporter, as for federated series, it is the value of the moment.
    """
    return instant(record).or_(_of_targets(_lately(record)))


# A series for each GPU that is measured at the moment, and the same across failed scrapes; the last forgets what has gone late.
MEASURED = any_sign(instant)
MEASURED_BY = Record("job:gpus_measured:count", count_by(JOB, MEASURED), "GPUs that the targets of a job measure now.")
THERE = MEASURED.or_(_of_targets(any_sign(_lately)))
SEEN = MEASURED.or_(any_sign(_lately))
