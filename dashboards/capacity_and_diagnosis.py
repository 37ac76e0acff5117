"""Capacity and diagnosis: scale out, tune the batch, fix the CPU, or do nothing?"""

from dashboards.choices import ENGINE_MODEL, GPU_INSTANCE, GPU_JOB, JOB, REPLICA_OF_MODEL
from dashboards.verdicts import IDLE_ADVICE, IDLE_WORDS, VERDICT_WORDS, meanings, verdict_panel
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import comparison, stat, timeline, timeseries
from glassbox.board.style import GREEN, RED, REFERENCE, YELLOW, Steps, Words
from glassbox.board.tables import DrillDown, Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import avg_by, instant, max_by, mean, min_by, over_time, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.settings.model import Settings, Thresholds
from recording_rules import capacity, diagnosis, engine, gpu, requests, signals, workload
from recording_rules.levels import MODEL, SERVED

_JOB = ("job",)
_NO_CAPACITY = "No capacity set"
_NOT_MEASURED = "Not measured"
_HOLDS = Words(((1, "holds", YELLOW),))
# A replica takes minutes to load its model: at a fifth it is time to start one.
_HEADROOM_STEPS = Steps(RED, ((0.05, YELLOW), (0.2, GREEN)))
_FORECAST_STEPS = Steps(GREEN, ((0.8, YELLOW), (0.95, RED)))


def _each(record: Record) -> Expr:
    return sum_by(SERVED, instant(record))


def _share(part: Record) -> Expr:
    """Of the time of finished requests."""
    return ratio(_each(part), _each(workload.REQUEST_TIME))


_QUEUE_SHARE = _share(engine.QUEUE_TIME.sum)
_FRONTEND_SHARE = _share(workload.FRONTEND_TIME)
_PREEMPTIONS = ratio(_each(workload.PREEMPTIONS), _each(workload.FINISHED)).measured_in(Unit.NONE)
_STEP_TOKENS = ratio(_each(workload.STEP_TOKENS), _each(workload.STEPS)).measured_in(Unit.TOKENS)
_KV_CACHE = max_by(SERVED, instant(engine.KV_CACHE_USAGE_MAX))
_LOAD, _LIMIT = sum_by(_JOB, instant(capacity.REQUESTS)), sum_by(_JOB, instant(capacity.CAPACITY))
_FORECAST = sum_by(_JOB, instant(capacity.FORECAST))

_EVIDENCE = {
    "Verdict": min_by(SERVED, instant(diagnosis.VERDICT)),
    "Running": _each(engine.RUNNING),
    "Waiting": _each(engine.WAITING),
    "Queue": _QUEUE_SHARE,
    "Front end": _FRONTEND_SHARE,
    "KV cache": _KV_CACHE,
    "Preemptions per request": _PREEMPTIONS,
    "Tokens per step": _STEP_TOKENS,
    "p95": requests.DURATION.quantile(0.95, SERVED),
    "Time per token": mean(_each(workload.TIME_PER_OUTPUT_TOKEN.sum), _each(workload.TIME_PER_OUTPUT_TOKEN.count)),
}


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    limits = settings.thresholds
    return dashboard(
        "capacity-and-diagnosis",
        "Capacity and diagnosis",
        question="Scale out, tune the batch, fix the CPU, or do nothing?",
        variables=(JOB, ENGINE_MODEL, REPLICA_OF_MODEL, GPU_JOB, GPU_INSTANCE),
        leads_to=Next("llm-serving", "Where the time goes"),
        rows=(_answer(), _evidence(limits), _course(settings), *_limits(limits), _headroom(), _idle()),
    )


def _answer() -> Row:
    return Row(
        "",
        (
            verdict_panel(
                "What to do about each model. The first of these that is true; the evidence is below.",
                Size(width=12, height=5),
            ),
            stat(
                "Headroom",
                min_by((), instant(capacity.HEADROOM)),
                why="Share of the measured capacity that is left, of the tightest service. Capacity is that of one replica, from the settings (jobs.capacity_requests_per_second), times the replicas that answer; a chosen replica narrows it as little as load and forecast, which are the service's too.",
                steps=_HEADROOM_STEPS,
                size=Size(height=5),
                empty=_NO_CAPACITY,
            ),
            stat(
                "Load in an hour",
                max_by((), ratio(_FORECAST, _LIMIT)),
                why="Share of the capacity that the load takes in an hour if the last six hours go on in a straight line, of the fullest service. Above 80 % start a replica now: its model takes minutes to load.",
                steps=_FORECAST_STEPS,
                size=Size(height=5),
                empty="No hour of history, or no capacity set",
            ),
        ),
    )


def _evidence(limits: Thresholds) -> Row:
    return row(
        "Evidence",
        comparison(
            "Evidence by model",
            _EVIDENCE,
            why="The numbers that the verdict weighs. Queue and front end are shares of the time of finished requests; "
            f"above {limits.queue_share_ratio:.0%} and {limits.frontend_share_ratio:.0%} they count. "
            "An empty cell means that the service does not tell. With a replica chosen the numbers are its own, and the verdict is that of its models. Click a model to see where its time goes.",
            words={"Verdict": VERDICT_WORDS},
            drill_down=DrillDown("model_name", "llm-serving", ENGINE_MODEL.name, keeping=(JOB,)),
            size=Size(width=24, height=7),
        ),
    )


def _course(settings: Settings) -> Row:
    return row(
        "Over time",
        timeline(
            "Verdict over time",
            min_by(SERVED, instant(diagnosis.VERDICT)),
            words=VERDICT_WORDS,
            why="When trouble began, and as what. The signals beside it say why.",
            size=Size(width=9, height=14),
            empty="No model",
        ),
        timeline(
            "Signals",
            max_by((*SERVED, "signal"), instant(signals.SIGNAL)).equals(1),
            words=_HOLDS,
            why="Each observation as long as it holds; one that never held in this time has no line. Those that raise an alert do so only after the alert's time."
            f"\n\n{meanings()}",
            size=Size(width=15, height=14),
            empty="No signal",
        ),
    )


def _limits(limits: Thresholds) -> tuple[Row, Row]:
    return (
        row(
            "What limits",
            timeseries(
                "Share of time outside the engine",
                {"queue": _QUEUE_SHARE, "front end": _FRONTEND_SHARE},
                many=True,
                why=f"Queue above {limits.queue_share_ratio:.0%}: more arrives than is served. Front end above {limits.frontend_share_ratio:.0%}: the CPU or downloads limit, and more GPUs do not help.",
                maximum=1,
            ),
            timeseries(
                "GPU activity, mean and busiest",
                {"mean": avg_by((), instant(gpu.ACTIVITY)), "busiest": max_by((), instant(gpu.ACTIVITY))},
                why="Low while requests wait: something in front of the GPU limits. High says nothing alone: light and full load look alike.",
                maximum=1,
                empty=_NOT_MEASURED,
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Batch",
                    {"running": _each(engine.RUNNING), "waiting": _each(engine.WAITING)},
                    many=True,
                    why="Running flat while requests wait is a batch limit (--max-num-seqs) or memory; both rising is load.",
                ),
                timeseries(
                    "Tokens per step",
                    _STEP_TOKENS,
                    why="Tokens that one engine step works on. Near --max-num-batched-tokens prefill fills the step: raise it, or scale out.",
                ),
            ),
        ),
    )


def _headroom() -> Row:
    return row(
        "Capacity",
        timeseries(
            "Load and capacity",
            {"load": _LOAD, "capacity": _LIMIT, "load in an hour": _FORECAST},
            lines={"capacity": REFERENCE},
            why="Requests each second that are served, that can be served, and that the trend of six hours expects in an hour. Without capacities in the settings there is no such line.",
        ),
        timeseries(
            "Headroom over time",
            min_by(_JOB, instant(capacity.HEADROOM)),
            why="Below 0 a service serves more than was measured: measure its replicas again.",
            minimum=None,
            maximum=1,
            size=Size(width=5),
            empty=_NO_CAPACITY,
        ),
        timeseries(
            "Running, and what Little's law expects",
            {"running": _each(engine.RUNNING), "expected": _inside()},
            many=True,
            size=Size(width=12),
            why="Requests in the engine are arrivals each second times the seconds each stays (Little 1961). Far apart for long, the load is not steady, or requests are lost without being counted as finished.",
        ),
    )


def _inside() -> Expr:
    """Seconds that finished requests spent in the engine, each second: how many are there on average."""
    inside = _each(workload.REQUEST_TIME) - _each(engine.QUEUE_TIME.sum) - _each(workload.FRONTEND_TIME)
    return inside.measured_in(engine.RUNNING.unit)


def _idle() -> Row:
    working = over_time("avg", signals.SIGNAL, "1h", signal="working").and_(instant(signals.KNOWN), on=MODEL)
    return row(
        "Why is the GPU idle?",
        timeline(
            "Idle cause",
            max_by(SERVED, instant(diagnosis.IDLE_CAUSE)),
            words=IDLE_WORDS,
            why=f"Why even the busiest GPU is active less than 20 % of the time. The first of these that is true.\n\n{IDLE_ADVICE}",
            empty="No model",
        ),
        timeseries(
            "Share of the hour without work",
            (max_by(SERVED, working) * -1 + 1).measured_in(Unit.RATIO),
            why="Share of the last hour without a request for five minutes. A model that sleeps through its nights can share a GPU, or be scaled to zero.",
            maximum=1,
        ),
    )
