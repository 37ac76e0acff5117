"""Whether each engine's levels are kept over failed scrapes, and how long they must last to count.

Scrapes are every 15 s, and the records are asked for at 15:00. Each model is a target of its own, and its name says what happened to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.engine_series import JOB

ANSWERS = "1x60"
# The level of waiting requests, and of the KV cache.
WAITING, FULL, LOW = 3, 0.8, 0.2


@dataclass(frozen=True)
class Life:
    """A target's `up`, waiting requests and KV cache as promtool reads them, and what is recorded; None where nothing is.

    As many requests run as wait.
    """

    up: str = ANSWERS
    waiting: str = f"{WAITING}x60"
    kv: str = f"{FULL}x60"
    now: float | None = WAITING
    kv_now: float | None = FULL
    lowest: float | None = FULL
    median5m: float | None = FULL
    queueing: float | None = FULL
    job: str = JOB


def _both(up: str, times: str, **recorded: float | None) -> Life:
    """Both levels are there at the same times: `{}` stands for the level."""
    return Life(up, times.replace("{}", str(WAITING)), times.replace("{}", str(FULL)), **recorded)


NONE: Mapping[str, None] = {"now": None, "kv_now": None, "lowest": None, "median5m": None, "queueing": None}
LIVES = {
    "always": Life(),
    # The last value is of 90 s ago, and of 150 s ago.
    "kept-over-a-gap": _both("1x54 0x5", "{}x54 stale"),
    "away-too-long": _both("1x50 0x9", "{}x50 stale", **NONE),
    # It answers, and exposes them no more; Prometheus knows it no more.
    "exposed-no-more": _both(ANSWERS, "{}x54 stale", **NONE),
    "taken-away": _both("1x54 stale", "{}x54 stale", **NONE),
    # Whether a target answers is asked of services only.
    "no-service": Life(waiting=f"{WAITING}x54 stale", kv=f"{FULL}x54 stale", job="other"),
    # Twelve of the 21 values of five minutes are high: the last, and the first. Of ten minutes, fewer than half are.
    "risen": Life(kv=f"{LOW}x48 {FULL}x11", queueing=LOW),
    "fallen": Life(kv=f"{LOW}x39 {FULL}x11 {LOW}x8", kv_now=LOW, lowest=LOW, queueing=LOW),
    # Of the 41 values of ten minutes, 22 are high: the last, and the first.
    "risen-long-ago": Life(kv=f"{LOW}x38 {FULL}x21"),
    "fallen-late": Life(kv=f"{LOW}x19 {FULL}x21 {LOW}x18", kv_now=LOW, lowest=LOW, median5m=LOW),
    # Missing in the minutes from 12:00 to 14:00 but at their beginning, and from before them.
    "there-a-minute-ago": _both("1x50 0x6 1x3", "{}x50 stale _x5 {}x3"),
    "not-there-a-minute-ago": _both("1x46 0x10 1x3", "{}x46 stale _x9 {}x3", lowest=None, median5m=None),
    # Missing in the minutes from 3:00 to 5:00 but at their beginning, and from before them.
    "there-ten-minutes-ago": _both("1x13 0x7 1x39", "{}x13 stale _x6 {}x39"),
    "not-there-ten-minutes-ago": _both("1x10 0x10 1x39", "{}x10 stale _x9 {}x39", queueing=None),
    # Nobody waits at 5:00, at 7:00, and at 3:00.
    "queueing-for-less": Life(waiting=f"0x20 {WAITING}x39", queueing=None),
    "queue-not-there-ten-minutes-ago": Life(waiting=f"{WAITING}x10 stale _x9 {WAITING}x39", queueing=None),
    "queue-empty-once": Life(waiting=f"{WAITING}x27 0 {WAITING}x31", queueing=None),
    "queue-empty-before": Life(waiting=f"{WAITING}x11 0 {WAITING}x47"),
    # What no cache can hold is dropped; its bounds are not.
    "empty": Life(kv="0x60", kv_now=0, lowest=0, median5m=0, queueing=0),
    "nearly-above-full": Life(kv="1.01x60", kv_now=1.01, lowest=1.01, median5m=1.01, queueing=1.01),
    "above-full": Life(kv="1.05x60", kv_now=None, lowest=None, median5m=None, queueing=None),
    "below-empty": Life(kv="-0.1x60", kv_now=None, lowest=None, median5m=None, queueing=None),
}


@dataclass(frozen=True)
class Levels:
    """An engine's series of requests that wait and that run, and of its KV cache, with a model for `{}`.

    A `late` rank reports less than the others. A priority has series of its own beside their total. What stands `beside` is of one model.
    """

    waiting: str = ""
    running: str = ""
    kv: str = ""
    late: tuple[str, str] | None = None
    priority: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    version: str = ""


_RANK = 'model_name="{}",pp_rank="0",moe_ep_rank="0",dp_rank="0",tp_rank="0"'
_OF_SGLANG = {
    "waiting": f"sglang:num_queue_reqs{{{_RANK}}}",
    "running": f"sglang:num_running_reqs{{{_RANK}}}",
    "late": ('tp_rank="0"', 'tp_rank="1"'),
    "priority": ',priority="1"}',
}
ENGINES = {
    "sglang": Levels(
        **_OF_SGLANG,
        kv=f"sglang:full_token_usage{{{_RANK}}}",
        beside=((f"sglang:token_usage{{{_RANK}}}", "0.95x60"),),
    ),
    "sglang-older": Levels(**_OF_SGLANG, kv=f"sglang:token_usage{{{_RANK}}}"),
    "trtllm": Levels(
        'trtllm_num_requests_waiting{model_name="{}"}',
        'trtllm_num_requests_running{model_name="{}"}',
        'trtllm_kv_cache_utilization{model_name="{}"}',
    ),
    "tgi": Levels('tgi_queue_size{model_name="{}"}', 'tgi_batch_current_size{model_name="{}"}'),
    "llamacpp": Levels('llamacpp:requests_deferred{model_name="{}"}', 'llamacpp:requests_processing{model_name="{}"}'),
    "triton": Levels('nv_inference_pending_request_count{model="{}",version="1"}', version="1"),
    "dynamo": Levels(running='dynamo_frontend_active_requests{model="{}"}'),
    "dynamo-older": Levels(running='dynamo_frontend_inflight_requests{model="{}"}'),
}
# A late rank reports this part of a level, and a priority so many times as much.
LATE, MORE = 0.9, 1.2
# Each record, by the level that it is of, and by what is recorded.
RECORDS = {
    "model:inference_requests_waiting:sum": ("waiting", "now"),
    "model:inference_requests_waiting_for_capacity:sum": ("waiting", "now"),
    "model:inference_requests_running:sum": ("running", "now"),
    "model:inference_kv_cache_usage_ratio:max": ("kv", "kv_now"),
    "model:inference_kv_cache_usage_ratio:avg": ("kv", "kv_now"),
    "model:inference_kv_cache_usage_ratio:max_min1m": ("kv", "lowest"),
    "model:inference_kv_cache_usage_ratio:max_median5m": ("kv", "median5m"),
    "model:inference_kv_cache_usage_queueing_ratio:max_median10m": ("kv", "queueing"),
}


def lived(levels: Levels) -> Iterator[dict[str, str]]:
    """promtool's series of all lives."""
    for model, life in LIVES.items():
        target = f'job="{life.job}",instance="{model}"'
        yield {"series": f"up{{{target}}}", "values": life.up}
        for series, values in _of_life(levels, life, levels.beside if model == "always" else ()):
            name, _, labels = series.partition("{")
            yield {"series": f"{name}{{{target},{labels.replace('{}', model)}", "values": values}


def _of_life(levels: Levels, life: Life, beside: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    yield from beside
    for series, values in ((levels.waiting, life.waiting), (levels.running, life.waiting), (levels.kv, life.kv)):
        if series:
            yield series, values
            if levels.late:
                yield series.replace(*levels.late), times(values, LATE)
            if levels.priority:
                yield series.removesuffix("}") + levels.priority, times(values, MORE)


def times(values: str, factor: float) -> str:
    """The same with every level so many times as high."""
    return re.sub(r"(?<!\S)-?[\d.]+", lambda level: f"{float(level[0]) * factor:.10g}", values)


def asked(engine: str, levels: Levels, record: str) -> tuple[str, str, list[tuple[str, float]]]:
    """What is recorded of every life; nothing of a level that the engine does not report."""
    version = f',model_version="{levels.version}"' if levels.version else ""
    level, what = RECORDS[record]
    recorded = [
        (f'{{job="{life.job}",model_name="{model}",inference_engine="{engine}"{version}}}', value)
        for model, life in LIVES.items()
        if getattr(levels, level) and (value := getattr(life, what)) is not None
    ]
    return f'round({record}{{inference_engine="{engine}"}}, 0.001)', "15m", recorded


def running_of_instances(levels: Levels) -> tuple[str, str, list[tuple[str, float]]]:
    """What is recorded of every target, whatever its engine."""
    recorded = [
        (f'{{job="{life.job}",instance="{model}",model_name="{model}"}}', life.now)
        for model, life in LIVES.items()
        if levels.running and life.now is not None
    ]
    return "round(instance:inference_requests_running:sum, 0.001)", "15m", recorded


def all_tests():
    """Series and cases by what they are about."""
    for name, levels in ENGINES.items():
        cases = [asked(name.partition("-")[0], levels, record) for record in RECORDS]
        yield f"levels-{name}", (list(lived(levels)), [*cases, running_of_instances(levels)])
