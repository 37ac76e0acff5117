"""Replicas: which one is the outlier?

Values of one replica are read from its raw series, which recording would double. The recorded number of running requests
shows which replicas there are.
"""

from collections.abc import Mapping

from dashboards.choices import JOB, REPLICA, REPLICA_MODEL
from dashboards.lines import BY_MODEL
from dashboards.steps import kv_cache_steps
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import comparison, stat, table, timeseries
from glassbox.board.style import NEUTRAL, RED, YELLOW, Steps
from glassbox.board.tables import DrillDown, Next
from glassbox.metrics import process, vllm
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import (
    age,
    avg_by,
    changes,
    count_by,
    first_by,
    group_by,
    instant,
    max_by,
    min_by,
    rate,
    ratio,
)
from glassbox.query.rules import Record
from glassbox.query.wording import percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import instances, signals
from recording_rules.levels import INSTANCE, TARGET

_SETTINGS = ("block_size", "num_gpu_blocks", "gpu_memory_utilization", "cache_dtype", "enable_prefix_caching")
# The diagnosis calls replicas uneven from here. A single one is always even, and so are all that hang.
_BALANCE_STEPS = Steps(NEUTRAL, ((signals.UNEVEN_FACTOR, YELLOW), (3, RED)))
_ONLY_ALL = "Choose all replicas: a single one is always its own mean."


def _of_replicas(per_target: Expr) -> Expr:
    """Values of processes that serve a model, under its name: unrelated processes use the same metric names."""
    served = first_by(TARGET, group_by(INSTANCE, instant(instances.RUNNING)))
    return max_by(TARGET, per_target).taking(("model_name",), served, on=TARGET)


def _chosen(source: Record | Expr) -> Expr:
    """The results for the chosen replicas of ours: unrelated processes use the same metric names, and some series have no model."""
    return instant(source) if isinstance(source, Record) else source.and_(instant(instances.RUNNING))


def _lines(source: Record | Expr) -> Expr:
    return max_by(INSTANCE, instant(source)) if isinstance(source, Record) else _chosen(source)


def _imbalance(source: Record | Expr) -> Expr:
    """Busiest replica over the mean one: 1 is even."""
    return ratio(max_by(BY_MODEL, _chosen(source)), avg_by(BY_MODEL, _chosen(source)))


_AGE = age(_of_replicas(instant(process.START_TIME)))
_CPU = _of_replicas(rate(process.CPU_SECONDS, "5m"))
_MEMORY = _of_replicas(instant(process.RESIDENT_MEMORY))
_RESTARTS = _of_replicas(changes(process.START_TIME, "1h")).measured_in(Unit.EVENTS)
_CACHES = group_by((*TARGET, "engine", *_SETTINGS), instant(vllm.CACHE_CONFIG_INFO)).and_(
    instant(instances.RUNNING), on=TARGET
)

_COLUMNS: Mapping[str, Expr] = {
    "Running": _lines(instances.RUNNING),
    "Waiting": _lines(instances.WAITING),
    "KV cache": _lines(instances.KV_CACHE_USAGE),
    "Requests/s": _lines(instances.REQUESTS),
    "Output": _lines(instances.GENERATION_TOKENS),
    "First token": _lines(instances.TIME_TO_FIRST_TOKEN),
    "End to end": _lines(instances.DURATION),
    "CPU": _CPU,
    "Memory": _MEMORY,
    "Age": _AGE,
}


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "replicas",
        "Replicas",
        question="Which replica is the outlier?",
        variables=(JOB, REPLICA_MODEL, REPLICA),
        leads_to=Next("gpu", "Its GPUs"),
        exempt_from=(
            ("fixed-window", "A replica is compared with its fleet, whose series are recorded over five minutes."),
        ),
        rows=(
            _summary(settings.thresholds),
            _table(settings.thresholds),
            _balance(),
            *_load(),
            _latency(),
            _processes(),
            _configuration(),
        ),
    )


def _summary(limits: Thresholds) -> Row:
    return Row(
        "",
        (
            stat(
                "Replicas",
                count_by((), instant(instances.RUNNING)),
                why="Processes that serve a model and report on it. One that answers scrapes without reporting raises InferenceTargetMute.",
            ),
            stat(
                "Imbalance",
                max_by((), _imbalance(instances.RUNNING)).measured_in(Unit.NONE),
                why=f"Running requests of the busiest replica over those of the mean one, for the worst model. Above {signals.UNEVEN_FACTOR:g}, the router does not balance. Few requests are never even.",
                steps=_BALANCE_STEPS,
                empty="Nothing runs",
            ),
            stat(
                "KV cache, fullest",
                max_by((), _chosen(instances.KV_CACHE_USAGE)),
                why=f"KV cache usage of the fullest replica. Above {percent(limits.kv_cache_high_ratio)} raises InferenceKVCacheNearlyFull.",
                steps=kv_cache_steps(limits),
            ),
            stat(
                "Youngest process",
                min_by((), _AGE),
                why="Time since the newest process started. If it is short without a deploy, something restarts: see Restarts below.",
            ),
            stat(
                "Cache configurations",
                count_by((), group_by(_SETTINGS, _CACHES)),
                why="Number of different KV cache settings in use. More than 1 within one model makes replicas unequal, and misleads a router that counts requests.",
            ),
        ),
    )


def _table(limits: Thresholds) -> Row:
    return row(
        "Side by side",
        comparison(
            "All replicas",
            _COLUMNS,
            why=f"One row per replica. Click its instance to see it alone. Means are over {span(instances.WINDOW)}. An empty cell means that the replica does not report the value: services have no KV cache, and vLLM with several API servers has no CPU and memory.",
            steps={"KV cache": kv_cache_steps(limits)},
            drill_down=DrillDown("instance", "replicas", REPLICA.name, keeping=(JOB, REPLICA_MODEL)),
            size=Size(height=9),
            empty="No replica",
        ),
    )


def _balance() -> Row:
    why = f"Busiest replica over the mean one, by model. 1 is even. {_ONLY_ALL}"
    return row(
        "Load balance",
        timeseries("Imbalance of running requests", _unitless(instances.RUNNING), why=why),
        timeseries("Imbalance of finished requests", _unitless(instances.REQUESTS), why=why),
        timeseries("Imbalance of output tokens", _unitless(instances.GENERATION_TOKENS), why=why),
    )


def _unitless(source: Record | Expr) -> Expr:
    # 100% would look like a good share.
    return _imbalance(source).measured_in(Unit.NONE)


def _load() -> tuple[Row, Row]:
    return (
        row(
            "Load",
            timeseries(
                "Running by replica",
                _lines(instances.RUNNING),
                many=True,
                why="Running requests. If one line is flat at --max-num-seqs while others are low, the router sends too much there.",
            ),
            timeseries(
                "Waiting by replica",
                _lines(instances.WAITING),
                many=True,
                why="Requests that wait for the engine. If one replica queues while others do not, the router is at fault, or the machine is slow.",
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "KV cache by replica",
                    _lines(instances.KV_CACHE_USAGE),
                    many=True,
                    why="Usage of the fullest cache of each replica. One above the others has longer requests or fewer blocks: compare Configuration.",
                    maximum=1,
                ),
                timeseries(
                    "Output tokens by replica",
                    _lines(instances.GENERATION_TOKENS),
                    many=True,
                    why="Generated tokens per second. Fewer than the others at the same number of running requests: the GPU may be slow. Compare its clock and temperature.",
                ),
            ),
        ),
    )


def _latency() -> Row:
    return row(
        "Latency",
        timeseries(
            "Time to first token by replica",
            _lines(instances.TIME_TO_FIRST_TOKEN),
            many=True,
            why=f"Mean over {span(instances.WINDOW)}, including queueing. A line above the others names the slow replica.",
        ),
        timeseries(
            "End to end by replica",
            _lines(instances.DURATION),
            many=True,
            why=f"Mean over {span(instances.WINDOW)}, from arrival to the end of the answer. The lengths of answers differ too, so compare the first token before you blame the machine.",
        ),
        timeseries(
            "Finished requests by replica",
            _lines(instances.REQUESTS),
            many=True,
            why="Finished requests per second. A replica that finishes none while others do is out of the router, or stuck.",
        ),
    )


def _processes() -> Row:
    return row(
        "Processes",
        timeseries(
            "CPU by replica",
            _CPU,
            many=True,
            why="CPU time of the API server's process, where 100% is one core. At 100%, the front end limits the engine: raise --api-server-count.",
        ),
        timeseries(
            "Memory by replica",
            _MEMORY,
            many=True,
            why="RAM of the API server's process. Endless growth leads to an OOM kill. Images in preprocessing cause steps.",
        ),
        timeseries(
            "Restarts by replica",
            _RESTARTS,
            many=True,
            why="Restarts within the hour at the same address. A pod that comes back under another name is a new replica instead: see Youngest process.",
        ),
    )


def _configuration() -> Row:
    return row(
        "Configuration",
        table(
            "KV-cache configuration",
            _CACHES,
            why="The settings that each engine was started with. Replicas of one model should not differ. Fewer blocks mean earlier queueing.",
            value=None,
        ),
    )
