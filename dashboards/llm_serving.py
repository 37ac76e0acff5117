"""LLM serving: are users served well, and if not, where does the time go?"""

from dashboards import states
from dashboards.choices import ENGINE_MODEL, GPU_INSTANCE, GPU_JOB, JOB, LINES, REPLICA_OF_MODEL
from dashboards.latency import distributions, latency, phases
from dashboards.lines import BY_GPU, BY_MODEL
from dashboards.states import or_down, or_idle, or_trouble
from dashboards.steps import kv_cache_steps
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.grid import Size
from glassbox.board.panels import stat, table, timeseries
from glassbox.board.style import GREEN, NEUTRAL, PERCENTILES, RED, YELLOW, Line
from glassbox.board.tables import Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import group_by, instant, max_by, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import abandoned, engine, gpu, requests, workload
from recording_rules.conditions import PREEMPTION_WINDOW_SECONDS, PREEMPTIONS_NOTABLE

_LENGTH_LINES = {name: PERCENTILES[name] for name in ("average", "p50", "p95")}
_NO_LENGTH = "Not reported, or not of the chosen lines"
_REASONS = {
    "stop": Line(GREEN),
    "length": Line(YELLOW),
    "repetition": Line("orange"),
    "error": Line(RED),
    "abort": Line(NEUTRAL),
}


def build(settings: Settings) -> Dashboard:
    """The dashboard."""
    return dashboard(
        "llm-serving",
        "LLM serving",
        question="Are users served well, and if not, where does the time go?",
        variables=(JOB, ENGINE_MODEL, REPLICA_OF_MODEL, GPU_JOB, GPU_INSTANCE),
        leads_to=Next("replicas", "Compare the replicas"),
        rows=(
            _now(settings.thresholds),
            _engines(),
            *latency(settings),
            distributions(),
            phases(),
            _scheduler(),
            _lost_work(settings.thresholds),
            _throughput(),
            _ends(settings.thresholds),
            _requests(),
            _gpu(),
        ),
    )


def _now(limits: Thresholds) -> Row:
    return row(
        "",
        stat(
            "Requests",
            or_trouble(sum_by((), instant(requests.REQUESTS))),
            why=f"Finished requests per second over the {last(requests.WINDOW)}. {states.meanings(states.ANSWERED)}",
            words=states.words(states.ANSWERED),
        ),
        stat(
            "First token p95",
            or_idle(engine.TIME_TO_FIRST_TOKEN.quantile(0.95, ()), engine.TIME_TO_FIRST_TOKEN.count),
            why=f"95% of requests got their first token within this time, including queueing. It says nothing of their ends. {states.meanings(states.STARTED)}",
            words=states.words(states.STARTED),
        ),
        stat(
            "Output",
            or_down(sum_by((), instant(engine.GENERATION_TOKENS))),
            why="Generated tokens per second, all models. Tokens of answers that callers give up count too.",
            words=states.words(states.ALIVE),
        ),
        stat(
            "Waiting now",
            or_down(sum_by((), instant(engine.WAITING))),
            words=states.words(states.ALIVE),
            why="Requests that no engine works on yet. Short bursts are normal. Growth is not.",
        ),
        stat(
            "KV cache, fullest",
            or_down(max_by((), instant(engine.KV_CACHE_USAGE_MAX))),
            words=states.words(states.ALIVE),
            why=f"KV cache usage of the fullest engine. Above {percent(limits.kv_cache_high_ratio)} raises InferenceKVCacheNearlyFull.",
            steps=kv_cache_steps(limits),
        ),
    )


def _engines() -> Row:
    served = instant(engine.RUNNING).or_(instant(requests.REQUESTS)).or_(instant(engine.GENERATION_TOKENS))
    return Row(
        "",
        (
            table(
                "Engines",
                group_by(("job", *BY_MODEL, "inference_engine", "model_version"), served),
                why="Which inference engine, of which version, serves what is shown. No name: vLLM, or a service beside our exporter, whose targets lack the label inference_engine. What an engine does not report is said in the description of each panel. If a replica is chosen, the numbers are its own.",
                value=None,
                size=Size(width=24, height=4),
                empty="No model",
            ),
        ),
    )


def _scheduler() -> Row:
    return row(
        "Scheduler",
        timeseries(
            "Requests in the engine",
            {
                "running": sum_by(BY_MODEL, instant(engine.RUNNING)),
                "waiting": sum_by(BY_MODEL, instant(engine.WAITING)),
            },
            many=True,
            why="Waiting that keeps growing means that more requests arrive than are served. If running is flat at its limit, raise --max-num-seqs or add replicas.",
        ),
        timeseries(
            "Waiting by reason",
            {
                "capacity": sum_by(BY_MODEL, instant(engine.WAITING_FOR_CAPACITY)),
                "deferred": sum_by(BY_MODEL, instant(workload.DEFERRED)),
            },
            many=True,
            why="Capacity: the engines are full. Deferred: an adapter or a KV transfer is not ready, and more capacity does not help. Before vLLM 0.20, all requests count as capacity.",
            stacked=True,
        ),
        timeseries(
            "KV cache usage",
            {
                "fullest": max_by(BY_MODEL, instant(engine.KV_CACHE_USAGE_MAX)),
                "mean": max_by(BY_MODEL, instant(engine.KV_CACHE_USAGE_AVG)),
            },
            many=True,
            why="Share of cache blocks in use. If it is full and requests wait or are preempted, memory limits the batch.",
            maximum=1,
        ),
    )


def _lost_work(limits: Thresholds) -> Row:
    return row(
        "",
        timeseries(
            "Preemptions",
            sum_by(BY_MODEL, instant(engine.PREEMPTIONS)),
            why=f"Requests per second that are preempted: pushed out of the batch, and their work is done again. More than {limits.preemptions_per_request:g} per finished request is too many.",
        ),
        timeseries(
            "Preemptions per finished request",
            _share(workload.PREEMPTIONS, workload.FINISHED).measured_in(Unit.NONE),
            why=f"Over {span(PREEMPTION_WINDOW_SECONDS)}. Above {limits.preemptions_per_request:g} raises InferencePreemptionThrash. There is no value where none finishes: then {PREEMPTIONS_NOTABLE} preemptions raise it. For comparison, a healthy run measured in public had 0.07.",
        ),
        timeseries(
            "Refused requests",
            sum_by((*BY_MODEL, "reason"), instant(workload.ADMISSION_REJECTIONS)),
            many=True,
            why="Requests refused with status 503 because the queue is at its limit. Always 0 unless a limit is set. vLLM reports them since 0.32.",
        ),
    )


def _throughput() -> Row:
    return row(
        "Throughput",
        timeseries(
            "Tokens",
            {
                "input": sum_by(BY_MODEL, instant(engine.PROMPT_TOKENS)),
                "output": sum_by(BY_MODEL, instant(engine.GENERATION_TOKENS)),
            },
            many=True,
            why="Input and output tokens per second. Low output with running requests raises InferenceThroughputLow.",
        ),
        timeseries(
            "Tokens per engine step",
            _share(workload.STEP_TOKENS, workload.STEPS).measured_in(Unit.TOKENS),
            why="Mean batch of a step. Near --max-num-batched-tokens: prefill is the limit. Near the number of running requests: decode is the limit. The value is too low where a server has several API processes, since each of them counts the step.",
        ),
        timeseries(
            "Finished requests by reason",
            requests.by_reason(sum_by(("finished_reason",), instant(requests.REQUESTS_FINISHED))),
            why="stop: a complete answer. length: cut off at the limit. error: failed in the engine. repetition: ended because it ran in a loop. Requests that callers give up are in none of them.",
            lines=_REASONS,
            stacked=True,
        ),
    )


def _ends(limits: Thresholds) -> Row:
    return row(
        "",
        timeseries(
            "Started, finished and given up",
            {
                "started": sum_by(BY_MODEL, abandoned.STARTED),
                "finished": sum_by(BY_MODEL, abandoned.FINISHED),
                "given up": sum_by(BY_MODEL, instant(abandoned.ABANDONED)),
            },
            many=True,
            why=f"Requests per second with a first token, with an end, and with neither an end nor work left on them: their callers gave up. Up to {percent(limits.abandoned_share_ratio)} of the started ones count as 0, since some callers press stop. Those given up in the queue are in no line. Nothing finished while requests start raises InferenceNothingAnswered.",
        ),
    )


def _requests() -> Row:
    return row(
        "Requests",
        timeseries(
            "Prompt length",
            _lengths(workload.PROMPT_LENGTH),
            lines=_LENGTH_LINES,
            choice=LINES,
            empty=_NO_LENGTH,
            many=True,
            why="Input tokens of finished requests: those of requests that are given up are left out. Longer prompts or larger images explain a longer prefill.",
        ),
        timeseries(
            "Answer length",
            _lengths(workload.OUTPUT_LENGTH),
            lines=_LENGTH_LINES,
            choice=LINES,
            empty=_NO_LENGTH,
            many=True,
            why="Output tokens of finished requests. Where callers give up, these are the short ones. Longer answers explain a longer decode at equal time per token.",
        ),
        timeseries(
            "Cache hits",
            {
                "prefix": _share(workload.PREFIX_CACHE_HITS, workload.PREFIX_CACHE_QUERIES),
                "multimodal": _share(workload.MM_CACHE_HITS, workload.MM_CACHE_QUERIES),
            },
            many=True,
            why="Share of prompt tokens that need no prefill, and of media that need no preprocessing. A drop after a deployment: callers changed the beginning of their prompts, or the router no longer sends equal prompts to one replica.",
            maximum=1,
        ),
    )


def _gpu() -> Row:
    return row(
        "GPU",
        timeseries(
            "GPU utilisation",
            max_by(BY_GPU, instant(gpu.ACTIVITY)),
            why="Share of time in which the GPU is active: its compute engine where that is profiled, else any kernel. Low while requests wait: the CPU or the front end holds them back.",
            maximum=1,
        ),
        timeseries(
            "GPU power",
            max_by(BY_GPU, instant(gpu.POWER)),
            why="Power that each board draws. Falling power at equal utilisation means throttling or memory-bound work.",
        ),
    )


def _lengths(histogram: HistogramRecord) -> dict[str, Expr]:
    quantiles = {f"p{q * 100:g}": histogram.quantile(q, BY_MODEL) for q in (0.5, 0.95)}
    return {"average": histogram.mean(BY_MODEL).measured_in(Unit.TOKENS), **quantiles}


def _share(part: Record, whole: Record) -> Expr:
    """A ratio of sums over the replicas and versions of each model."""
    return ratio(sum_by(BY_MODEL, instant(part)), sum_by(BY_MODEL, instant(whole)))
