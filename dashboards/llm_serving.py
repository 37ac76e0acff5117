"""LLM serving: are users served well, and if not, where does the time go?"""

from typing import Any

from dashboards.variables import ENGINE_MODEL, GPU_JOB, JOB
from kit.expr import Expr
from kit.panels import Row, Steps, dashboard, row, stat, timeseries
from kit.promql import instant, max_by, sum_by
from kit.rules import HistogramRecord
from recording_rules import engine, gpu, requests

_MODEL = ("model_name",)
_BOARD = ("instance", "gpu")
# 0.9 raises InferenceKVCacheNearlyFull; full is normal under load as long as nobody waits.
_KV_STEPS = Steps("green", ((0.9, "yellow"), (0.98, "red")))


def _latency(histogram: HistogramRecord) -> dict[str, Expr]:
    quantiles = {f"p{q * 100:g}": histogram.quantile(q, _MODEL) for q in (0.5, 0.9, 0.95, 0.99)}
    return {"average": histogram.mean(_MODEL), **quantiles}


def _phases(value: Any) -> dict[str, Expr]:
    phases = {"queue": engine.QUEUE_TIME, "prefill": engine.PREFILL_TIME, "decode": engine.DECODE_TIME}
    return {name: value(phase) for name, phase in phases.items()}


def build() -> Any:
    """The dashboard."""
    return dashboard(
        "llm-serving",
        "LLM serving",
        question="Are users served well, and if not, where does the time go?",
        variables=(JOB, ENGINE_MODEL, GPU_JOB),
        rows=(
            Row(
                "",
                (
                    stat(
                        "Requests",
                        sum_by((), instant(requests.REQUESTS)),
                        why="Finished requests each second over the last minute.",
                    ),
                    stat(
                        "First token p95",
                        engine.TIME_TO_FIRST_TOKEN.quantile(0.95, ()),
                        why="95 % of requests saw their first token within this time, queueing included.",
                    ),
                    stat(
                        "Output",
                        sum_by((), instant(engine.GENERATION_TOKENS)),
                        why="Generated tokens each second, all models.",
                    ),
                    stat(
                        "Waiting now",
                        sum_by((), instant(engine.WAITING)),
                        why="Requests that no engine works on yet. Short bursts are normal; growth is not.",
                    ),
                    stat(
                        "KV cache, fullest",
                        max_by((), instant(engine.KV_CACHE_USAGE_MAX)),
                        why="KV-cache use of the fullest engine. Above 90 % for a minute raises InferenceKVCacheNearlyFull.",
                        steps=_KV_STEPS,
                    ),
                ),
            ),
            row(
                "Latency",
                timeseries(
                    "End-to-end latency",
                    _latency(requests.DURATION),
                    why="Arrival to the last token. Compare with the phases below to see where it goes.",
                ),
                timeseries(
                    "Time to first token",
                    _latency(engine.TIME_TO_FIRST_TOKEN),
                    why="What a streaming user waits for: front end, queue and prefill. Rises first when load outgrows capacity.",
                ),
                timeseries(
                    "Inter-token latency",
                    _latency(engine.INTER_TOKEN_LATENCY),
                    why="Time between two tokens of one answer. Rises with batch size and with preemptions.",
                ),
            ),
            row(
                "Where the time goes",
                timeseries(
                    "Mean time by phase",
                    _phases(lambda phase: phase.mean(())),
                    why="Over the chosen models. Queue: add replicas or batch slots. Prefill: long prompts. Decode: long answers or a large batch.",
                    stacked=True,
                ),
                timeseries(
                    "p95 by phase",
                    _phases(lambda phase: phase.quantile(0.95, _MODEL)),
                    why="The slow tail of each phase. The phases of different requests, so they do not add up.",
                ),
            ),
            row(
                "Scheduler",
                timeseries(
                    "Requests in the engine",
                    {
                        "running": sum_by(_MODEL, instant(engine.RUNNING)),
                        "waiting": sum_by(_MODEL, instant(engine.WAITING)),
                    },
                    why="Waiting that keeps growing means more arrives than is served. Running flat at its limit: raise --max-num-seqs or add replicas.",
                ),
                timeseries(
                    "KV cache usage",
                    {
                        "fullest": max_by(_MODEL, instant(engine.KV_CACHE_USAGE_MAX)),
                        "mean": max_by(_MODEL, instant(engine.KV_CACHE_USAGE_AVG)),
                    },
                    why="Share of cache blocks in use. Full with waiting requests or preemptions means that memory limits the batch.",
                    maximum=1,
                ),
                timeseries(
                    "Preemptions",
                    sum_by(_MODEL, instant(engine.PREEMPTIONS)),
                    why="Requests pushed out of the batch each second; their work is done again. More than one in ten requests is too many.",
                ),
            ),
            row(
                "Throughput",
                timeseries(
                    "Tokens",
                    {
                        "input": sum_by(_MODEL, instant(engine.PROMPT_TOKENS)),
                        "output": sum_by(_MODEL, instant(engine.GENERATION_TOKENS)),
                    },
                    why="Input and output tokens each second. Low output with running requests raises InferenceThroughputLow.",
                ),
                timeseries(
                    "Finished requests by reason",
                    sum_by(("finished_reason",), instant(requests.REQUESTS_FINISHED)),
                    why="stop is a complete answer, length was cut off, error failed in the engine, repetition ran in a loop.",
                    stacked=True,
                ),
            ),
            row(
                "GPU",
                timeseries(
                    "GPU utilisation",
                    max_by(_BOARD, instant(gpu.UTILIZATION)),
                    why="Share of time with a kernel running. Low while requests wait: the CPU or the front end holds them back.",
                    maximum=1,
                ),
                timeseries(
                    "GPU power",
                    max_by(_BOARD, instant(gpu.POWER)),
                    why="Power drawn by each board. Falling power at equal utilisation means throttling or memory-bound work.",
                ),
            ),
        ),
    )
