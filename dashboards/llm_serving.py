"""LLM serving: are users served well, and if not, where does the time go?"""

from dashboards.choices import ENGINE_MODEL, GPU_INSTANCE, GPU_JOB, JOB, REPLICA_OF_MODEL
from dashboards.states import ANSWERS, DOWN_OR_NUMBER, or_down, or_idle, or_trouble
from dashboards.steps import kv_cache_steps
from glassbox.board.dashboard import Dashboard, Row, dashboard, row
from glassbox.board.panels import heatmap, stat, timeseries
from glassbox.board.style import GREEN, NEUTRAL, RED, YELLOW, Line
from glassbox.board.tables import Next
from glassbox.metrics.types import Unit
from glassbox.query.expr import Expr
from glassbox.query.promql import instant, max_by, mean, ratio, sum_by
from glassbox.query.rules import HistogramRecord, Record
from glassbox.query.wording import last, percent, span
from glassbox.settings.model import Settings, Thresholds
from recording_rules import abandoned, engine, gpu, requests, workload
from recording_rules.conditions import PREEMPTION_WINDOW_SECONDS, PREEMPTIONS_NOTABLE

_MODEL = ("model_name",)
_BOARD = ("instance", "gpu")
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
            *_latency(settings.thresholds),
            _distributions(),
            _phases(),
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
            why=f"Finished requests per second over the {last(requests.WINDOW)}. Words stand for no number where all models are down, or where no request of a model is answered.",
            words=DOWN_OR_NUMBER,
        ),
        stat(
            "First token p95",
            or_idle(engine.TIME_TO_FIRST_TOKEN.quantile(0.95, ()), engine.TIME_TO_FIRST_TOKEN.count),
            why="95% of requests got their first token within this time, including queueing. It says nothing of their ends: where none is answered, a word says so, and the first tokens are shown below.",
            words=ANSWERS,
        ),
        stat(
            "Output",
            or_down(sum_by((), instant(engine.GENERATION_TOKENS))),
            why="Generated tokens per second, all models. Tokens of answers that callers give up count too.",
            words=DOWN_OR_NUMBER,
        ),
        stat(
            "Waiting now",
            or_down(sum_by((), instant(engine.WAITING))),
            words=DOWN_OR_NUMBER,
            why="Requests that no engine works on yet. Short bursts are normal. Growth is not.",
        ),
        stat(
            "KV cache, fullest",
            or_down(max_by((), instant(engine.KV_CACHE_USAGE_MAX))),
            words=DOWN_OR_NUMBER,
            why=f"KV cache usage of the fullest engine. Above {percent(limits.kv_cache_high_ratio)} raises InferenceKVCacheNearlyFull.",
            steps=kv_cache_steps(limits),
        ),
    )


def _latency(limits: Thresholds) -> tuple[Row, Row]:
    return (
        row(
            "Latency",
            timeseries(
                "End-to-end latency",
                _mean_and_quantiles(requests.DURATION),
                many=True,
                why=f"Time of finished requests, from arrival to the last token. Compare it with the phases below to see where it goes. Requests that still wait or were given up have no time, so an overload may look fast here. InferenceLatencyHigh counts those that wait for more than {limits.latency_high_seconds:g} s, and those given up, as slow: see Waiting by reason, and Started, finished and given up.",
            ),
            timeseries(
                "Time to first token",
                _mean_and_quantiles(engine.TIME_TO_FIRST_TOKEN),
                many=True,
                why="What a streaming user waits for: front end, queue and prefill. It rises first when load outgrows capacity. Who still waits, or gave up in the queue, has no time yet.",
            ),
        ),
        Row(
            "",
            (
                timeseries(
                    "Inter-token latency",
                    _mean_and_quantiles(engine.INTER_TOKEN_LATENCY),
                    many=True,
                    why="Time between two tokens of one answer. It rises with batch size and with preemptions.",
                ),
                timeseries(
                    "Time per output token",
                    _mean_and_quantiles(workload.TIME_PER_OUTPUT_TOKEN),
                    many=True,
                    why="Decode time per token after the first, one value per request: how fast whole answers are written. An answer of one token counts as 0. vLLM has it since 0.11.",
                ),
            ),
        ),
    )


def _distributions() -> Row:
    two = "Two bands are two kinds of requests, which no quantile shows. A band that climbs means load."
    return row(
        "Distributions",
        heatmap(
            "End-to-end latency, all requests",
            _by_bound(requests.DURATION),
            why=f"How many requests took how long, by the bounds of the buckets. {two}",
        ),
        heatmap(
            "Time to first token, all requests",
            _by_bound(engine.TIME_TO_FIRST_TOKEN),
            why=f"How many requests waited how long for their first token. {two}",
        ),
        heatmap(
            "Inter-token latency, all tokens",
            _by_bound(engine.INTER_TOKEN_LATENCY),
            why="How long the gaps between two tokens were. Long answers weigh more. A second band far above the first shows steps that a prefill or a preemption held up.",
        ),
    )


def _phases() -> Row:
    inside = {"queue": engine.QUEUE_TIME, "prefill": engine.PREFILL_TIME, "decode": engine.DECODE_TIME}
    frontend = mean(sum_by((), instant(workload.FRONTEND_TIME)), sum_by((), instant(engine.QUEUE_TIME.count)))
    return row(
        "Where the time goes",
        timeseries(
            "Mean time by phase",
            {"front end": frontend, **{name: phase.mean(()) for name, phase in inside.items()}},
            why="Finished requests of the chosen models. Together the phases are the mean end-to-end time. Where none finishes, nothing is known. Front end (template, media download, preprocessing): add CPU, or raise --api-server-count. Queue: add replicas or batch slots. Prefill: prompts are long. Decode: answers are long, or the batch is large.",
            stacked=True,
        ),
        timeseries(
            "p95 by phase",
            {name: phase.quantile(0.95, _MODEL) for name, phase in inside.items()},
            many=True,
            why="The slow tail of each phase inside the engine. The phases belong to different requests, so they do not add up.",
        ),
    )


def _scheduler() -> Row:
    return row(
        "Scheduler",
        timeseries(
            "Requests in the engine",
            {
                "running": sum_by(_MODEL, instant(engine.RUNNING)),
                "waiting": sum_by(_MODEL, instant(engine.WAITING)),
            },
            why="Waiting that keeps growing means that more requests arrive than are served. If running is flat at its limit, raise --max-num-seqs or add replicas.",
        ),
        timeseries(
            "Waiting by reason",
            {
                "capacity": sum_by(_MODEL, instant(engine.WAITING_FOR_CAPACITY)),
                "deferred": sum_by(_MODEL, instant(workload.DEFERRED)),
            },
            why="Capacity: the engines are full. Deferred: an adapter or a KV transfer is not ready, and more capacity does not help. Before vLLM 0.20, all requests count as capacity.",
            stacked=True,
        ),
        timeseries(
            "KV cache usage",
            {
                "fullest": max_by(_MODEL, instant(engine.KV_CACHE_USAGE_MAX)),
                "mean": max_by(_MODEL, instant(engine.KV_CACHE_USAGE_AVG)),
            },
            why="Share of cache blocks in use. If it is full and requests wait or are preempted, memory limits the batch.",
            maximum=1,
        ),
    )


def _lost_work(limits: Thresholds) -> Row:
    return row(
        "",
        timeseries(
            "Preemptions",
            sum_by(_MODEL, instant(engine.PREEMPTIONS)),
            why=f"Requests per second that are preempted: pushed out of the batch, and their work is done again. More than {limits.preemptions_per_request:g} per finished request is too many.",
        ),
        timeseries(
            "Preemptions per finished request",
            _share(workload.PREEMPTIONS, workload.FINISHED).measured_in(Unit.NONE),
            why=f"Over {span(PREEMPTION_WINDOW_SECONDS)}. Above {limits.preemptions_per_request:g} raises InferencePreemptionThrash. There is no value where none finishes: then {PREEMPTIONS_NOTABLE} preemptions raise it. For comparison, a healthy run measured in public had 0.07.",
        ),
        timeseries(
            "Refused requests",
            sum_by((*_MODEL, "reason"), instant(workload.ADMISSION_REJECTIONS)),
            why="Requests refused with status 503 because the queue is at its limit. Always 0 unless a limit is set. vLLM reports them since 0.32.",
        ),
    )


def _throughput() -> Row:
    return row(
        "Throughput",
        timeseries(
            "Tokens",
            {
                "input": sum_by(_MODEL, instant(engine.PROMPT_TOKENS)),
                "output": sum_by(_MODEL, instant(engine.GENERATION_TOKENS)),
            },
            why="Input and output tokens per second. Low output with running requests raises InferenceThroughputLow.",
        ),
        timeseries(
            "Tokens per engine step",
            _share(workload.STEP_TOKENS, workload.STEPS).measured_in(Unit.TOKENS),
            why="Mean batch of a step. Near --max-num-batched-tokens: prefill is the limit. Near the number of running requests: decode is the limit. The value is too low where a server has several API processes, since each of them counts the step.",
        ),
        timeseries(
            "Finished requests by reason",
            sum_by(("finished_reason",), instant(requests.REQUESTS_FINISHED)),
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
                "started": sum_by(_MODEL, abandoned.STARTED),
                "finished": sum_by(_MODEL, abandoned.FINISHED),
                "given up": sum_by(_MODEL, instant(abandoned.ABANDONED)),
            },
            why=f"Requests per second with a first token, with an end, and with neither an end nor work left on them: their callers gave up. Up to {percent(limits.abandoned_share_ratio)} of the started ones count as 0, since some callers press stop. Those given up in the queue are in no line. Nothing finished while requests start raises InferenceNothingAnswered.",
        ),
    )


def _requests() -> Row:
    return row(
        "Requests",
        timeseries(
            "Prompt length",
            _lengths(workload.PROMPT_LENGTH),
            why="Input tokens of finished requests: those of requests that are given up are left out. Longer prompts or larger images explain a longer prefill.",
        ),
        timeseries(
            "Answer length",
            _lengths(workload.OUTPUT_LENGTH),
            why="Output tokens of finished requests. Where callers give up, these are the short ones. Longer answers explain a longer decode at equal time per token.",
        ),
        timeseries(
            "Cache hits",
            {
                "prefix": _share(workload.PREFIX_CACHE_HITS, workload.PREFIX_CACHE_QUERIES),
                "multimodal": _share(workload.MM_CACHE_HITS, workload.MM_CACHE_QUERIES),
            },
            why="Share of prompt tokens that need no prefill, and of media that need no preprocessing. A drop after a deployment: callers changed the beginning of their prompts, or the router no longer sends equal prompts to one replica.",
            maximum=1,
        ),
    )


def _gpu() -> Row:
    return row(
        "GPU",
        timeseries(
            "GPU utilisation",
            max_by(_BOARD, instant(gpu.ACTIVITY)),
            why="Share of time in which the GPU is active: its compute engine where that is profiled, else any kernel. Low while requests wait: the CPU or the front end holds them back.",
            maximum=1,
        ),
        timeseries(
            "GPU power",
            max_by(_BOARD, instant(gpu.POWER)),
            why="Power that each board draws. Falling power at equal utilisation means throttling or memory-bound work.",
        ),
    )


def _mean_and_quantiles(histogram: HistogramRecord) -> dict[str, Expr]:
    quantiles = {f"p{q * 100:g}": histogram.quantile(q, _MODEL) for q in (0.5, 0.9, 0.95, 0.99)}
    return {"average": histogram.mean(_MODEL), **quantiles}


def _by_bound(histogram: HistogramRecord) -> Expr:
    return sum_by(("le",), instant(histogram.bucket))


def _lengths(histogram: HistogramRecord) -> dict[str, Expr]:
    quantiles = {f"p{q * 100:g}": histogram.quantile(q, _MODEL) for q in (0.5, 0.95)}
    return {"average": histogram.mean(_MODEL).measured_in(Unit.TOKENS), **quantiles}


def _share(part: Record, whole: Record) -> Expr:
    """A ratio of sums over the replicas and versions of each model."""
    return ratio(sum_by(_MODEL, instant(part)), sum_by(_MODEL, instant(whole)))
