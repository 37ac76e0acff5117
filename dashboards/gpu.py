"""GPU: really busy, or merely not idle? For dcgm-exporter, our exporter, nvidia_gpu_exporter and AMD's; each shows what it reports."""

from dashboards.choices import GPU_INDEX, GPU_INSTANCE, GPU_JOB
from dashboards.lines import BY_GPU
from dashboards.states import NOT_MEASURED
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import stat, table, timeseries
from glassbox.board.style import GREEN, RED, REFERENCE, Steps, Words
from glassbox.board.tables import Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, count_by, instant, max_by, over_time, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Gpu, Settings
from recording_rules import gpu, gpu_signals
from recording_rules.gpu_conditions import APPLICATION_XIDS, OWN_MAXIMUM_WINDOW
from recording_rules.gpu_faults import NEW_XID

# A value that most cards do not report must not look like a quiet card.
# A single fault is a fault. Nothing else on this board has a value that is bad by itself.
_FAULTS = Steps(GREEN, ((1, RED),))
# Nobody knows whether there was no error, or nothing that reports codes.
_NO_CODE = "No code reported"
_NO_XID = Words(((0, "none", GREEN),))
_REMAPPING = Words(((0, "OK", GREEN), (1, "FAILED", RED)))


def _chosen(source: Record | Expr) -> Expr:
    """The results for the chosen GPUs. Raw series of two exporters lack the label `gpu`, so recorded readings select them."""
    return instant(source) if isinstance(source, Record) else source.and_(gpu.MEASURED)


def _each(source: Record | Expr) -> Expr:
    return max_by(BY_GPU, _chosen(source))


def _mean(source: Record | Expr) -> Expr:
    return avg_by((), _chosen(source))


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "gpu",
        "GPU",
        question="Are the GPUs really busy, or merely not idle? Are they healthy?",
        variables=(GPU_JOB, GPU_INSTANCE, GPU_INDEX),
        leads_to=Next("cost-and-energy", "What they cost"),
        exempt_from=(
            ("fixed-window", "Power from the energy counter comes from a recorded series, a mean of five minutes."),
        ),
        rows=(_verdict(), _state(), *_work(settings.gpu), _memory(), _power(), _clocks(settings.gpu), *_faults()),
    )


def _verdict() -> Row:
    """Whether they work."""
    return Row(
        "",
        (
            stat(
                "GPUs",
                count_by((), gpu.SEEN),
                why="GPUs that are measured now, whatever is measured of them. One fewer, while its exporter answers, raises GPULost. A card that two exporters measure counts twice.",
                empty=NOT_MEASURED,
            ),
            stat(
                "Not idle",
                _mean(gpu.UTILIZATION),
                why="Mean share of time with a kernel running. A low value proves that GPUs wait. 100% is seen on lightly loaded and on full servers alike.",
                empty=NOT_MEASURED,
            ),
            stat(
                "Computing",
                _mean(gpu.TENSOR_ACTIVE),
                why="Mean share of cycles in which the tensor pipe works. Prefill and image encoders drive it; decoding hardly does.",
                empty=NOT_MEASURED,
            ),
            stat(
                "Moving data",
                _mean(gpu.DRAM_ACTIVE),
                why="Mean share of cycles in which memory moves data. Decoding drives it. Low here and under Computing, but high under Not idle: the GPU is busy in name only.",
                empty=NOT_MEASURED,
            ),
        ),
    )


def _state() -> Row:
    """What they hold and draw, and whether they are well."""
    return Row(
        "",
        (
            stat(
                "Memory used",
                ratio(sum_by((), instant(gpu.MEMORY_USED)), sum_by((), instant(gpu.MEMORY_TOTAL))),
                why="Share of all GPU memory in use. vLLM reserves its share at start, so about 90% is normal and says nothing about load.",
                empty=NOT_MEASURED,
            ),
            stat(
                "Power, all",
                sum_by((), instant(gpu.POWER)),
                why="Power that all GPUs draw together.",
                empty=NOT_MEASURED,
            ),
            stat(
                "New XID, 1 h",
                count_by((), over_time("last", NEW_XID, "1h")).or_(count_by((), instant(gpu.XID_LAST)) * 0),
                why="GPUs with a new XID code within the hour. Above 0, the table below names the code; see GPUNewXid. dcgm-exporter from 4.5 on reports no code before the first error.",
                steps=_FAULTS,
                empty=_NO_CODE,
                may_be_empty=True,
            ),
            stat(
                "Row remap failures",
                sum_by((), _chosen(gpu.ROW_REMAPPING)).measured_in(Unit.NONE),
                why="GPUs that could not replace a broken row of their memory. Above 0, drain them; see GPURowRemapFailure.",
                steps=_FAULTS,
                empty=NOT_MEASURED,
            ),
        ),
    )


def _work(limits: Gpu) -> tuple[Row, Row]:
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
                why=f"Means over the chosen GPUs. Not idle far above both others: small batches or many short kernels, and a larger batch costs little. Moving data above {percent(gpu_signals.MEMORY_BOUND_RATIO)}: decoding is near its limit.",
                maximum=1,
                empty=NOT_MEASURED,
            ),
            timeseries(
                "Utilisation by GPU",
                _each(gpu.UTILIZATION),
                why="Share of time with a kernel running. A GPU below its peers in a tensor-parallel group waits for them, or for its CPU.",
                maximum=1,
                empty=NOT_MEASURED,
            ),
            timeseries(
                "Engine active by GPU",
                _each(gpu.ENGINE_ACTIVE),
                why=f"Share of time in which the compute engine is active, from profiling. Below {percent(limits.idle_while_queueing_ratio)} while requests wait raises GPUIdleWhileQueueing.",
                maximum=1,
                empty=NOT_MEASURED,
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Tensor pipe by GPU",
                    _each(gpu.TENSOR_ACTIVE),
                    why="Share of cycles in which the tensor pipe works. It is high under prefill-heavy work such as OCR. A low value while decoding is normal.",
                    maximum=1,
                    empty=NOT_MEASURED,
                ),
                timeseries(
                    "Memory bandwidth by GPU",
                    _each(gpu.DRAM_ACTIVE),
                    why=f"Share of cycles in which memory moves data. Above {percent(gpu_signals.MEMORY_BOUND_RATIO)}, decoding is bound by it: run fewer requests in a batch, quantise the weights, or add GPUs.",
                    maximum=1,
                    empty=NOT_MEASURED,
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
            empty=NOT_MEASURED,
        ),
        timeseries(
            "GPU memory",
            {"used": _each(gpu.MEMORY_USED), "total": _each(gpu.MEMORY_TOTAL)},
            lines={"total": REFERENCE},
            why="The same in bytes. 0 used on a host that should serve: the model is not loaded.",
            empty=NOT_MEASURED,
        ),
    )


def _power() -> Row:
    return row(
        "Power and heat",
        timeseries(
            "Power by GPU",
            _each(gpu.POWER),
            why="Power at the time of each reading. Flat at its maximum: the board is at its power limit, which is normal under full load.",
            empty=NOT_MEASURED,
        ),
        timeseries(
            "Power by energy counter",
            _each(gpu.ENERGY),
            why=f"Mean power over {span(gpu.ENERGY_WINDOW)} from the board's energy counter. It includes peaks between two readings, so it is what you pay for.",
            empty=NOT_MEASURED,
        ),
        timeseries(
            "Temperature",
            _each(gpu.TEMPERATURE),
            why="Each card slows down at its own temperature (nvidia-smi -q -d TEMPERATURE). Rising at equal power: check fans, dust or a hot aisle.",
            empty=NOT_MEASURED,
        ),
    )


def _clocks(limits: Gpu) -> Row:
    own_maximum = max_by(BY_GPU, over_time("max", gpu.SM_CLOCK, OWN_MAXIMUM_WINDOW))
    return row(
        "Clocks",
        timeseries(
            "SM clock",
            _each(gpu.SM_CLOCK),
            why="Clock of the multiprocessors. Idle cards clock down, so read it together with utilisation.",
            empty=NOT_MEASURED,
        ),
        timeseries(
            "SM clock, share of its own maximum",
            ratio(_each(gpu.SM_CLOCK), own_maximum),
            why=f"Share of the highest clock of the same card within the {last(OWN_MAXIMUM_WINDOW)}. Below {percent(limits.throttled_clock_ratio)} while busy, and without full power, raises GPUThrottling.",
            maximum=1,
            empty=NOT_MEASURED,
        ),
    )


def _faults() -> tuple[Row, Row]:
    return (
        row(
            "Faults",
            table(
                "Last XID",
                _each(gpu.XID_LAST),
                why=f"Code of the last driver error of each GPU, however old. NVIDIA's XID list explains it. {', '.join(map(str, APPLICATION_XIDS[:-1]))} and {APPLICATION_XIDS[-1]} are mostly the program's fault.",
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
                    why="Memory rows that were replaced by spare ones. A few in a card's life are normal. Repeated ones announce a failure.",
                    empty=NOT_MEASURED,
                ),
                timeseries(
                    "PCIe replays",
                    _each(gpu.PCIE_REPLAYS),
                    why="Packets sent again. A steady rate means a bad slot, riser or cable, and a slower bus.",
                    empty=NOT_MEASURED,
                ),
                timeseries(
                    "PCIe traffic",
                    {"sent": _each(gpu.PCIE_SENT), "received": _each(gpu.PCIE_RECEIVED)},
                    why="Bytes per second between GPU and host. High without tensor-parallel peers on PCIe: weights or KV cache are moved to the host.",
                    empty=NOT_MEASURED,
                ),
            ),
        ),
    )
