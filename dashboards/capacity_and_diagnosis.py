"""Capacity and diagnosis: scale out, tune the batch, fix the CPU, or do nothing?"""

from dashboards.choices import ENGINE_MODEL, GPU_INSTANCE, GPU_JOB, JOB, REPLICA_OF_MODEL
from dashboards.lines import BY_JOB
from dashboards.states import NOT_MEASURED
from dashboards.verdicts import IDLE_WORDS, VERDICT_ADVICE, VERDICT_WORDS, verdict_panel
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import comparison, stat, table, timeline, timeseries
from glassbox.board.style import GREEN, RED, REFERENCE, YELLOW, Steps, Words
from glassbox.board.tables import DrillDown, Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.label_words import in_words
from glassbox.query.promql import avg_by, instant, max_by, mean, min_by, over_time, ratio, sum_by
from glassbox.query.rules import Record
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import capacity, diagnosis, engine, gpu, gpu_signals, known_models, requests, signals, workload
from recording_rules.levels import MODEL, SERVED
from recording_rules.signal_rule import SIGNAL

_NOT_KNOWN = "Not known"
_HOLDS = Words(((1, "yes", YELLOW),))
_MOST_WORDS = max(each.name.count("_") + 1 for each in signals.signals())
_CAPITALS = ("KV", "GPU")
# A replica takes minutes to load its model, so start one when a fifth of the capacity is left.
_HEADROOM_STEPS = Steps(RED, ((0.05, YELLOW), (0.2, GREEN)))
_FORECAST_HIGH_RATIO = 0.8
_FORECAST_STEPS = Steps(GREEN, ((_FORECAST_HIGH_RATIO, YELLOW), (0.95, RED)))


def _each(record: Record) -> Expr:
    return sum_by(SERVED, instant(record))


def _share(part: Record) -> Expr:
    """A share of the time of finished requests."""
    return ratio(_each(part), _each(workload.REQUEST_TIME))


_QUEUE_SHARE = _share(engine.QUEUE_TIME.sum)
_FRONTEND_SHARE = _share(workload.FRONTEND_TIME)
_PREEMPTIONS = ratio(_each(workload.PREEMPTIONS), _each(workload.FINISHED)).measured_in(Unit.NONE)
_STEP_TOKENS = ratio(_each(workload.STEP_TOKENS), _each(workload.STEPS)).measured_in(Unit.TOKENS)
_KV_CACHE = max_by(SERVED, instant(engine.KV_CACHE_USAGE_MAX))
_LOAD, _LIMIT = sum_by(BY_JOB, instant(capacity.REQUESTS)), sum_by(BY_JOB, instant(capacity.CAPACITY))
_FORECAST = sum_by(BY_JOB, instant(capacity.FORECAST))

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
        rows=(_answer(), _advice(), _evidence(limits), *_course(), *_limits(limits), _headroom(), _idle()),
    )


def _answer() -> Row:
    return Row(
        "",
        (
            verdict_panel(
                "The most urgent case that holds for each model. What to do about it, and the evidence, are below.",
                Size(width=12, height=5),
            ),
            stat(
                "Headroom",
                min_by((), instant(capacity.HEADROOM)),
                why="Share of the measured capacity that is left, for the service with the least. Capacity: jobs.capacity_requests_per_second of the settings times the replicas that answer. It is for the whole service, whatever replica is chosen. It is 0 at most while requests wait for capacity or get no answer, and not known while requests fail or without the setting.",
                steps=_HEADROOM_STEPS,
                size=Size(height=5),
                empty=_NOT_KNOWN,
            ),
            stat(
                "Load in an hour",
                max_by((), capacity.forecast_share()),
                why=f"Share of the capacity that the load will take in an hour, for the fullest service. It assumes that the {last(capacity.TREND_WINDOW)} continue in a straight line. A service without headroom now counts as full. Above {percent(_FORECAST_HIGH_RATIO)}, start a replica now: its model takes minutes to load. It needs {span(capacity.SHORTEST_TREND)} of history, and the capacity.",
                steps=_FORECAST_STEPS,
                size=Size(height=5),
                empty=_NOT_KNOWN,
            ),
        ),
    )


def _advice() -> Row:
    return row(
        "",
        table(
            "What to do",
            min_by(SERVED, instant(diagnosis.VERDICT)),
            why="What helps in the case that the verdict names. One model may need another step after it: the verdict then changes.",
            value="Advice",
            words=VERDICT_ADVICE,
            size=Size(width=24, height=7),
            empty="No model",
        ),
    )


def _evidence(limits: Thresholds) -> Row:
    return row(
        "Evidence",
        comparison(
            "Evidence by model",
            _EVIDENCE,
            why=f"The numbers behind the verdict. Queue and front end are shares of the time of finished requests. They count above {percent(limits.queue_share_ratio)} and {percent(limits.frontend_share_ratio)}. An empty cell means that the service does not report the value, or that no request finished. Latency covers finished requests only. If a replica is chosen, the numbers are its own; the verdict covers all replicas of its models. Click a model to see where its time goes.",
            words={"Verdict": VERDICT_WORDS},
            drill_down=DrillDown("model_name", "llm-serving", ENGINE_MODEL.name, keeping=(JOB,)),
            size=Size(width=24, height=7),
            empty="No model",
        ),
    )


def _course() -> tuple[Row, Row]:
    """Over the whole width, since Grafana gives the names of bands two fifths of a panel, and names of models are long."""
    return (
        row(
            "Over time",
            timeline(
                "Verdict over time",
                min_by(SERVED, instant(diagnosis.VERDICT)),
                words=VERDICT_WORDS,
                why="When trouble began, and what kind it was. The signals below show why.",
                size=Size(width=24, height=7),
                empty="No model",
            ),
        ),
        Row(
            "",
            (
                timeline(
                    "Signals",
                    _signals(),
                    words=_HOLDS,
                    why="Each signal of each model for as long as it holds. A signal that never held in this time has no line. A signal that also raises an alert does so only after the alert's waiting time. What each means is in docs/verdict.md.",
                    size=Size(width=24, height=14),
                    empty="No signal",
                ),
            ),
        ),
    )


def _signals() -> Expr:
    """The signals that hold, in words."""
    held = max_by((*SERVED, "signal"), instant(SIGNAL)).equals(1)
    return in_words("signal", held, most_words=_MOST_WORDS, capitals=_CAPITALS)


def _limits(limits: Thresholds) -> tuple[Row, Row]:
    return (
        row(
            "What limits",
            timeseries(
                "Share of time outside the engine",
                {"queue": _QUEUE_SHARE, "front end": _FRONTEND_SHARE},
                many=True,
                why=f"Queue above {percent(limits.queue_share_ratio)}: more requests arrive than are served. Front end above {percent(limits.frontend_share_ratio)}: the CPU or downloads are the limit, and more GPUs do not help. Both are shares of the time of finished requests: there is no line where none finishes.",
                maximum=1,
            ),
            timeseries(
                "GPU activity, mean and busiest",
                {"mean": avg_by((), instant(gpu.ACTIVITY)), "busiest": max_by((), instant(gpu.ACTIVITY))},
                why="Low while requests wait: the limit is something before the GPU. A high value alone proves nothing: it is the same under light and full load.",
                maximum=1,
                empty=NOT_MEASURED,
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Batch",
                    {"running": _each(engine.RUNNING), "waiting": _each(engine.WAITING)},
                    many=True,
                    why="Running flat while requests wait: the batch limit (--max-num-seqs) or memory holds them back. Both rising: the load grows.",
                ),
                timeseries(
                    "Tokens per step",
                    _STEP_TOKENS,
                    why="Tokens that one engine step works on. Near --max-num-batched-tokens, prefill fills the step: raise the limit, or scale out.",
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
            why=f"Requests per second: what is finished, what can be served, and what the trend of the {last(capacity.TREND_WINDOW)} predicts for an hour from now. There is no capacity line unless the settings give capacities. Load counts what finishes: below its capacity, a service may still be full. Then its headroom is 0.",
        ),
        timeseries(
            "Headroom over time",
            min_by(BY_JOB, instant(capacity.HEADROOM)),
            why="0: requests wait for capacity or get no answer, or no target answers. Below 0, a service serves more than was measured. Measure its replicas again.",
            minimum=None,
            maximum=1,
            size=Size(width=5),
            empty=_NOT_KNOWN,
        ),
        timeseries(
            "Running, and what Little's law expects",
            {"running": _each(engine.RUNNING), "expected": _inside()},
            many=True,
            size=Size(width=12),
            why="Requests in the engine are arrivals per second times the seconds that each stays (Little 1961). If the lines stay far apart, the load is not steady, or requests are lost without being counted as finished.",
        ),
    )


def _inside() -> Expr:
    """Seconds that finished requests spent in the engine, per second: how many are there on average."""
    inside = _each(workload.REQUEST_TIME) - _each(engine.QUEUE_TIME.sum) - _each(workload.FRONTEND_TIME)
    return inside.measured_in(engine.RUNNING.unit)


def _idle() -> Row:
    served = instant(known_models.KNOWN).unless(signals.down.holds, on=MODEL)
    working = over_time("avg", SIGNAL, "1h", signal="working").and_(served, on=MODEL)
    return row(
        "Why is the GPU idle?",
        timeline(
            "Idle cause",
            max_by(SERVED, instant(diagnosis.IDLE_CAUSE)),
            words=IDLE_WORDS,
            why=f"Why even the busiest GPU is active less than {percent(gpu_signals.GPU_UNUSED_RATIO)} of the time. The first case that holds is shown. What to do about each is in docs/verdict.md.",
            size=Size(width=16),
            empty="No model",
        ),
        timeseries(
            "Share of the hour without work",
            (max_by(SERVED, working) * -1 + 1).measured_in(Unit.RATIO),
            why=f"Share of the last hour in which no request ran or waited for {span(signals.WINDOW)} or longer. A model that has no work at night can share a GPU, or be scaled to zero. A model that is down has no line.",
            maximum=1,
        ),
    )
