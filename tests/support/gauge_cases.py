"""Whether each engine's levels are kept over failed scrapes, and how long they must last to count.

Scrapes are every 15 s, and the records are asked for at 15:00. Each model is a target of its own, and its name says what happened to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.engine_series import JOB

ANSWERS = "1x60"
# The level of waiting requests, and of the KV cache.
WAITING, FULL, LOW = 3, 0.8, 0.2


@dataclass(frozen=True)
class Life:
    """A target's `up`, waiting requests and KV cache as promtool reads them, and what is recorded; None where nothing is."""

    up: str = ANSWERS
    waiting: str = f"{WAITING}x60"
    kv: str = f"{FULL}x60"
    now: float | None = WAITING
    kv_now: float | None = FULL
    median5m: float | None = FULL
    queueing: float | None = FULL


def _both(up: str, times: str, **recorded: float | None) -> Life:
    """Both levels are there at the same times: `{}` stands for the level."""
    return Life(up, times.replace("{}", str(WAITING)), times.replace("{}", str(FULL)), **recorded)


NONE: Mapping[str, None] = {"now": None, "kv_now": None, "median5m": None, "queueing": None}
LIVES = {
    "always": Life(),
    # The last value is of 90 s ago, and of 150 s ago.
    "kept-over-a-gap": _both("1x54 0x5", "{}x54 stale"),
    "away-too-long": _both("1x50 0x9", "{}x50 stale", **NONE),
    # It answers, and exposes them no more; Prometheus knows it no more.
    "exposed-no-more": _both(ANSWERS, "{}x54 stale", **NONE),
    "taken-away": _both("1x54 stale", "{}x54 stale", **NONE),
    # Twelve of the 21 values of five minutes are high: the last, and the first. Of ten minutes, fewer than half are.
    "risen": Life(kv=f"{LOW}x48 {FULL}x11", queueing=LOW),
    "fallen": Life(kv=f"{LOW}x39 {FULL}x11 {LOW}x8", kv_now=LOW, queueing=LOW),
    # Of the 41 values of ten minutes, 22 are high: the last, and the first.
    "risen-long-ago": Life(kv=f"{LOW}x38 {FULL}x21"),
    "fallen-late": Life(kv=f"{LOW}x19 {FULL}x21 {LOW}x18", kv_now=LOW, median5m=LOW),
    # Missing in the minutes from 12:00 to 14:00 but at their beginning, and from before them.
    "there-a-minute-ago": _both("1x50 0x6 1x3", "{}x50 stale _x5 {}x3"),
    "not-there-a-minute-ago": _both("1x46 0x10 1x3", "{}x46 stale _x9 {}x3", median5m=None),
    # Missing in the minutes from 3:00 to 5:00 but at their beginning, and from before them.
    "there-ten-minutes-ago": _both("1x13 0x7 1x39", "{}x13 stale _x6 {}x39"),
    "not-there-ten-minutes-ago": _both("1x10 0x10 1x39", "{}x10 stale _x9 {}x39", queueing=None),
    # Nobody waits at 5:00, at 7:00, and at 3:00.
    "queueing-for-less": Life(waiting=f"0x20 {WAITING}x39", queueing=None),
    "queue-empty-once": Life(waiting=f"{WAITING}x27 0 {WAITING}x31", queueing=None),
    "queue-empty-before": Life(waiting=f"{WAITING}x11 0 {WAITING}x47"),
    # What no cache can hold is dropped; its bounds are not.
    "empty": Life(kv="0x60", kv_now=0, median5m=0, queueing=0),
    "nearly-above-full": Life(kv="1.01x60", kv_now=1.01, median5m=1.01, queueing=1.01),
    "above-full": Life(kv="1.05x60", kv_now=None, median5m=None, queueing=None),
    "below-empty": Life(kv="-0.1x60", kv_now=None, median5m=None, queueing=None),
}


@dataclass(frozen=True)
class Levels:
    """An engine's series of waiting requests and of its KV cache, and what stands beside them, with a model for `{}`."""

    waiting: str = ""
    kv: str = ""
    beside: tuple[tuple[str, str], ...] = ()
    version: str = ""


_RANK = 'model_name="{}",pp_rank="0",moe_ep_rank="0",dp_rank="0",tp_rank="0"'
ENGINES = {
    "sglang": Levels(
        f"sglang:num_queue_reqs{{{_RANK}}}",
        f"sglang:full_token_usage{{{_RANK}}}",
        # A priority has series of its own beside their total, and so has a rank.
        (
            (f'sglang:num_queue_reqs{{{_RANK},priority="1"}}', "9x60"),
            (f'sglang:full_token_usage{{{_RANK},priority="1"}}', "0.99x60"),
            (f"sglang:token_usage{{{_RANK}}}", "0.95x60"),
        ),
    ),
    "sglang-older": Levels(
        f"sglang:num_queue_reqs{{{_RANK}}}",
        f"sglang:token_usage{{{_RANK}}}",
        ((f'sglang:token_usage{{{_RANK},priority="1"}}', "0.99x60"),),
    ),
    "trtllm": Levels('trtllm_num_requests_waiting{model_name="{}"}', 'trtllm_kv_cache_utilization{model_name="{}"}'),
    "tgi": Levels('tgi_queue_size{model_name="{}"}'),
    "llamacpp": Levels('llamacpp:requests_deferred{model_name="{}"}'),
    "triton": Levels('nv_inference_pending_request_count{model="{}",version="1"}', version="1"),
}
RECORDS = {
    "model:inference_requests_waiting:sum": "now",
    "model:inference_requests_waiting_for_capacity:sum": "now",
    "model:inference_kv_cache_usage_ratio:max": "kv_now",
    "model:inference_kv_cache_usage_ratio:max_median5m": "median5m",
    "model:inference_kv_cache_usage_queueing_ratio:max_median10m": "queueing",
}


def lived(levels: Levels) -> Iterator[dict[str, str]]:
    """promtool's series of all lives."""
    for model, life in LIVES.items():
        target = f'job="{JOB}",instance="{model}"'
        yield {"series": f"up{{{target}}}", "values": life.up}
        beside = levels.beside if model == "always" else ()
        for series, values in ((levels.waiting, life.waiting), (levels.kv, life.kv), *beside):
            if series:
                name, _, labels = series.partition("{")
                yield {"series": f"{name}{{{target},{labels.replace('{}', model)}", "values": values}


def asked(engine: str, levels: Levels, record: str) -> tuple[str, str, list[tuple[str, float]]]:
    """What is recorded of every life; nothing of a level that the engine does not report."""
    version = f',model_version="{levels.version}"' if levels.version else ""
    told = levels.waiting if RECORDS[record] == "now" else levels.kv
    recorded = [
        (f'{{job="{JOB}",model_name="{model}",inference_engine="{engine}"{version}}}', value)
        for model, life in LIVES.items()
        if told and (value := getattr(life, RECORDS[record])) is not None
    ]
    return f'round({record}{{inference_engine="{engine}"}}, 0.001)', "15m", recorded


def all_tests():
    """Series and cases by what they are about."""
    for name, levels in ENGINES.items():
        cases = [asked(name.partition("-")[0], levels, record) for record in RECORDS]
        yield f"levels-{name}", (list(lived(levels)), cases)
