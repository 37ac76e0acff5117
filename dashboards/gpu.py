"""GPU: really busy, or only not idle? For dcgm-exporter, our exporter and nvidia_gpu_exporter; each shows what it knows."""

from dashboards.choices import GPU_INDEX, GPU_INSTANCE, GPU_JOB
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import stat, table, timeseries
from glassbox.board.style import GREEN, RED, REFERENCE, Steps, Words
from glassbox.board.tables import Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, changes, count_by, instant, max_by, over_time, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.settings.model import Settings
from recording_rules import gpu

_BOARD = ("instance", "gpu")

# What most cards do not report must not look like a quiet card.
_NOT_MEASURED = "Not measured"
# A fault is a fault from the first one on; everything else on this board has no bad value by itself.
_FAULTS = Steps(GREEN, ((1, RED),))
_NO_XID = Words(((0, "none", GREEN),))
_REMAPPING = Words(((0, "OK", GREEN), (1, "FAILED", RED)))


def _chosen(source: Record | Expr) -> Expr:
    """Of a query, the GPUs that are chosen: raw series of two exporters lack the label `gpu`, so the recorded memory picks them."""
    return instant(source) if isinstance(source, Record) else source.and_(instant(gpu.MEMORY_USED))


def _each(source: Record | Expr) -> Expr:
    return max_by(_BOARD, _chosen(source))


def _mean(source: Record | Expr) -> Expr:
    return avg_by((), _chosen(source))


def build(_settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "gpu",
        "GPU",
        question="Are the GPUs really busy, or only not idle? Are they healthy?",
        variables=(GPU_JOB, GPU_INSTANCE, GPU_INDEX),
        leads_to=Next("cost-and-energy", "What they cost"),
        rows=(_verdict(), *_work(), _memory(), _power(), _clocks(), *_faults()),
    )


def _verdict() -> Row:
    return Row(
        "",
        (
            stat(
                "GPUs",
                count_by((), instant(gpu.MEMORY_USED)),
                why="GPUs that are measured now. One fewer while its exporter answers raises GPULost.",
                empty="None",
            ),
            stat(
                "Not idle",
                _mean(gpu.UTILIZATION),
                why="Mean share of time with a kernel running. Low proves waiting GPUs; 100 % is seen on lightly loaded and on full servers alike.",
                empty=_NOT_MEASURED,
            ),
            stat(
                "Computing",
                _mean(gpu.TENSOR_ACTIVE),
                why="Mean share of cycles in which the tensor pipe works. Prefill and image encoders drive it; decoding hardly does.",
                empty=_NOT_MEASURED,
            ),
            stat(
                "Moving data",
                _mean(gpu.DRAM_ACTIVE),
                why="Mean share of cycles in which memory moves data. Decoding drives it. Low here and under Computing, high under Not idle: busy in name only.",
                empty=_NOT_MEASURED,
            ),
            stat(
                "Memory used",
                ratio(sum_by((), instant(gpu.MEMORY_USED)), sum_by((), instant(gpu.MEMORY_TOTAL))),
                why="Share of all GPU memory in use. vLLM reserves its share at start, so about 90 % is normal and tells nothing about load.",
                empty=_NOT_MEASURED,
            ),
            stat(
                "Power, all",
                sum_by((), instant(gpu.POWER)),
                why="Power drawn by all GPUs together.",
                empty=_NOT_MEASURED,
            ),
            stat(
                "XID changes, 1 h",
                sum_by((), changes(gpu.XID_LAST, "1h")),
                why="How often a GPU's last XID code became another one within the hour. Above 0 the table below names the code; see GPUNewXid.",
                steps=_FAULTS,
                empty=_NOT_MEASURED,
            ),
            stat(
                "Row remap failures",
                sum_by((), _chosen(gpu.ROW_REMAPPING)).measured_in(Unit.NONE),
                why="GPUs that could not replace a broken row of their memory. Above 0 drain them; see GPURowRemapFailure.",
                steps=_FAULTS,
                empty=_NOT_MEASURED,
            ),
        ),
    )


def _work() -> tuple[Row, Row]:
    return (
        row(
            "Really busy?",
            timeseries(
                "Busy, or only not idle",
                {
                    "not idle": _mean(gpu.UTILIZATION),
                    "computing": _mean(gpu.TENSOR_ACTIVE),
                    "moving data": _mean(gpu.DRAM_ACTIVE),
                },
                why="Means over the chosen GPUs. Not idle far above both others: small batches or many short kernels; a larger batch costs little. Moving data near 100 %: decoding is at its limit.",
                maximum=1,
                empty=_NOT_MEASURED,
            ),
            timeseries(
                "Utilisation by GPU",
                _each(gpu.UTILIZATION),
                why="Share of time with a kernel running. One GPU of a tensor-parallel group below its peers waits for them or for its CPU.",
                maximum=1,
                empty=_NOT_MEASURED,
            ),
            timeseries(
                "Engine active by GPU",
                _each(gpu.ENGINE_ACTIVE),
                why="Share of time the compute engine is active, from profiling. Below 40 % while requests wait raises GPUIdleWhileQueueing.",
                maximum=1,
                empty=_NOT_MEASURED,
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Tensor pipe by GPU",
                    _each(gpu.TENSOR_ACTIVE),
                    why="Share of cycles in which the tensor pipe works. High under prefill-heavy work such as OCR; low while decoding is normal.",
                    maximum=1,
                    empty=_NOT_MEASURED,
                ),
                timeseries(
                    "Memory bandwidth by GPU",
                    _each(gpu.DRAM_ACTIVE),
                    why="Share of cycles in which memory moves data. Above 80 % decoding is bound by it: fewer requests in a batch, quantised weights, or more GPUs.",
                    maximum=1,
                    empty=_NOT_MEASURED,
                ),
            ),
        ),
    )


def _memory() -> Row:
    used = ratio(_each(gpu.MEMORY_USED), _each(gpu.MEMORY_TOTAL))
    return row(
        "Memory",
        timeseries(
            "GPU memory, share used",
            used,
            why="Flat under vLLM, which reserves its KV cache at start. Growth under PyTorch ends in an out-of-memory error.",
            maximum=1,
            empty=_NOT_MEASURED,
        ),
        timeseries(
            "GPU memory",
            {"used": _each(gpu.MEMORY_USED), "total": _each(gpu.MEMORY_TOTAL)},
            lines={"total": REFERENCE},
            why="The same in bytes. Used at 0 on a host that should serve: the model is not loaded.",
            empty=_NOT_MEASURED,
        ),
    )


def _power() -> Row:
    return row(
        "Power and heat",
        timeseries(
            "Power by GPU",
            _each(gpu.POWER),
            why="Power at the moment of each reading. Flat at its maximum: the board is at its power limit, which is normal under full load.",
            empty=_NOT_MEASURED,
        ),
        timeseries(
            "Power by energy counter",
            _each(gpu.ENERGY),
            why="Mean power of 5 minutes from the board's energy counter: what is paid for, peaks between two readings included.",
            empty=_NOT_MEASURED,
        ),
        timeseries(
            "Temperature",
            _each(gpu.TEMPERATURE),
            why="Each card slows down at a temperature of its own (nvidia-smi -q -d TEMPERATURE). Rising at equal power: fans, dust or a hot aisle.",
            empty=_NOT_MEASURED,
        ),
    )


def _clocks() -> Row:
    own_maximum = max_by(_BOARD, over_time("max", gpu.SM_CLOCK, "1d"))
    return row(
        "Clocks",
        timeseries(
            "SM clock",
            _each(gpu.SM_CLOCK),
            why="Clock of the multiprocessors. Idle cards clock down, so judge it together with utilisation.",
            empty=_NOT_MEASURED,
        ),
        timeseries(
            "SM clock, share of its own maximum",
            ratio(_each(gpu.SM_CLOCK), own_maximum),
            why="Of the highest clock of the same card within a day. Below 70 % while busy, and without full power, raises GPUThrottling.",
            maximum=1,
            empty=_NOT_MEASURED,
        ),
    )


def _faults() -> tuple[Row, Row]:
    return (
        row(
            "Faults",
            table(
                "Last XID",
                _each(gpu.XID_LAST),
                why="Code of the last driver error of each GPU, however old. NVIDIA's XID list says what it means; 13, 31 and 43 are mostly the program's fault.",
                value="XID",
                words=_NO_XID,
            ),
            table(
                "Row remapping",
                _each(gpu.ROW_REMAPPING),
                why="FAILED: the board has broken memory and no spare row for it. Drain it and ask for a replacement.",
                value="Remapping",
                words=_REMAPPING,
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Rows remapped within 1 h",
                    {
                        "uncorrectable": _each(gpu.UNCORRECTABLE_ROWS),
                        "correctable": _each(gpu.CORRECTABLE_ROWS),
                    },
                    why="Memory rows replaced by spare ones. Some in a card's life are normal; repeated ones announce a failure.",
                    empty=_NOT_MEASURED,
                ),
                timeseries(
                    "PCIe replays",
                    _each(gpu.PCIE_REPLAYS),
                    why="Packets sent again. A steady rate means a bad slot, riser or cable, and a slower bus.",
                    empty=_NOT_MEASURED,
                ),
                timeseries(
                    "PCIe traffic",
                    {"sent": _each(gpu.PCIE_SENT), "received": _each(gpu.PCIE_RECEIVED)},
                    why="Bytes each second between GPU and host. High without tensor-parallel peers on PCIe: weights or KV cache are moved to the host.",
                    empty=_NOT_MEASURED,
                ),
            ),
        ),
    )
