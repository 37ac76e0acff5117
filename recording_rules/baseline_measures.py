"""What a baseline measures of each model, and which direction is worse."""

from collections.abc import Iterator

from glassbox.metrics.types import Unit
from glassbox.query.measures import BLOCK, Measure, Measures, Worse
from glassbox.query.promql import avg_by, count_by, group_by, instant, over_time, ratio
from glassbox.query.rules import HistogramRecord
from recording_rules import engine, gpu, requests, sources, workload
from recording_rules.levels import MODEL, TARGET


def _timed(name: str, histogram: HistogramRecord) -> Iterator[Measure]:
    """Mean and p95. Nobody notices a difference of less than a millisecond."""
    yield Measure(f"{name}_mean_seconds", histogram.mean(MODEL), Worse.HIGHER, smallest=0.001)
    yield Measure(f"{name}_p95_seconds", histogram.quantile(0.95, MODEL), Worse.HIGHER, smallest=0.001)


# The load of one process sorts the blocks: how many replicas share it is not a merit of the version.
_REPLICAS = count_by(MODEL, group_by((*TARGET, *MODEL[1:]), sources.RUNNING))
_REQUESTS = Measure("requests_per_second", over_time("avg", requests.REQUESTS, BLOCK))
_LOAD = Measure(
    "requests_per_second_per_replica",
    (over_time("avg", requests.REQUESTS, BLOCK) / _REPLICAS).measured_in(Unit.REQUESTS_PER_SECOND),
)

# Tokens follow from requests and lengths, and running requests from requests and latency: at equal load they are not a
# second opinion. GPUs do not report a model, so their activity is that of all GPUs.
MEASURES = Measures(_REQUESTS, _LOAD, (
    *_timed("latency", requests.DURATION),
    *_timed("time_to_first_token", engine.TIME_TO_FIRST_TOKEN),
    *_timed("inter_token_latency", engine.INTER_TOKEN_LATENCY),
    *_timed("time_per_output_token", workload.TIME_PER_OUTPUT_TOKEN),
    *_timed("queue_time", engine.QUEUE_TIME),
    Measure("errors_ratio", ratio(instant(requests.HTTP_ERRORS), instant(requests.HTTP_REQUESTS)), Worse.HIGHER, smallest=0.001),
    Measure("kv_cache_usage_ratio", over_time("avg", engine.KV_CACHE_USAGE_MAX, BLOCK), Worse.HIGHER, smallest=0.05),
    Measure("requests_waiting", over_time("avg", engine.WAITING, BLOCK), Worse.HIGHER, smallest=0.5),
    Measure("preemptions_per_second", instant(engine.PREEMPTIONS), Worse.HIGHER, smallest=0.01),
    Measure("requests_running", over_time("avg", engine.RUNNING, BLOCK)),
    Measure("output_tokens_per_second", instant(engine.GENERATION_TOKENS)),
    Measure("prompt_length_mean_tokens", workload.PROMPT_LENGTH.mean(MODEL).measured_in(Unit.TOKENS)),
    Measure("output_length_mean_tokens", workload.OUTPUT_LENGTH.mean(MODEL).measured_in(Unit.TOKENS)),
    Measure("gpu_activity_ratio", avg_by((), over_time("avg", gpu.ACTIVITY, BLOCK)), smallest=0.05),
))  # fmt: skip  # a line is a measure
