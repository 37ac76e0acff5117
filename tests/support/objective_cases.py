"""Whether each engine's series become the events of its objectives: of replicas that answer, miss scrapes, begin and come back.

Beside them, instances that only prefill, and vLLM servers: they are part of no other engine's events.
"""

from collections.abc import Callable

from tests.support import engine_cases, engine_series
from tests.support.engine_cases import PREFILL, PREFILLS
from tests.support.engine_rules import asked_of, labelled, series, up
from tests.support.engine_series import JOB, LEVELS, MODEL, REPLICAS, STEP_SECONDS, WITHIN, WORK, Exposed

# The histogram that each objective reads.
HISTOGRAM_OF = {
    "request_latency": "request_duration_seconds",
    "time_to_first_token": "time_to_first_token_seconds",
    "time_per_output_token": "time_per_output_token_seconds",
}
# Its scrapes fail from 14:00 on. What a rate of two minutes makes of its first half: Prometheus adds half a step at the end.
SILENT, SILENT_TIMES = "c:1", (60 + STEP_SECONDS / 2) / 120
# Its series begin at 14:30 with the work of ten steps. Counted from the first value on, that is the highest value for each minute; as a
# rate, two steps and the half that Prometheus adds.
NEW, BORN_TIMES, NEW_TIMES = "n:1", 12 / 4, 2.5 / 4
# Away from 13:30 to 14:15.
BACK, BACK_TIMES = "r:1", 2.5 / 4
DIGITS = 6
# Prometheus knows it no more from 14:15 on.
TAKEN_AWAY = "x:1"
# The two that answer all the time have three times the work in the last 45 s of a minute.
HASTENED_TIMES = len(REPLICAS) * 2.5

_VALUES: dict[str, Callable[[Exposed], str]] = {
    SILENT: lambda each: f"0+{each.growth:.10g}x56",
    NEW: lambda each: f"_x58 {each.growth * 10:.10g}+{each.growth:.10g}x22",
    BACK: lambda each: f"0+{each.growth:.10g}x53 _x4 {each.growth * 58:.10g}+{each.growth:.10g}x22",
    TAKEN_AWAY: lambda each: f"0+{each.growth:.10g}x56 stale",
    PREFILL: Exposed.hastened,
}


def of_engine(source, *, engine="", version=""):
    """Series and cases of one of `engine_series`' engines."""
    exposed = list(getattr(engine_series, source)())
    name = engine or source
    rows = [*_up(), *_rows(exposed)]
    rows += engine_cases.vllm_servers() if name != "vllm" else []
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": "" if name == "vllm" else name}
    labels |= {"model_version": version} if version else {}
    lacks = {"triton": engine_cases.CORE_LACKS, "triton_vllm": engine_cases.BACKEND_LACKS}.get(
        source, engine_cases.LACKS[name]
    )
    return rows, [*_of_histograms(lacks, labels), *_of_answers(name, labels)]


def _of_histograms(lacks, labels):
    finished = WORK["finished"] / STEP_SECONDS * (HASTENED_TIMES + SILENT_TIMES + NEW_TIMES + BACK_TIMES)
    yield asked_of("model:inference_requests:rate1m", finished, labels, DIGITS)
    for objective, histogram in HISTOGRAM_OF.items():
        told = not histogram.startswith(tuple(lacks)) and not f"{histogram}_bucket".startswith(tuple(lacks))
        _, count = engine_cases.HISTOGRAMS[histogram]
        events = WORK[count] / STEP_SECONDS * (HASTENED_TIMES + SILENT_TIMES + NEW_TIMES + BACK_TIMES) if told else None
        bad = None if events is None else events * (1 - WITHIN)
        yield asked_of("model:slo_events:rate", events, labels | {"slo": objective}, DIGITS)
        yield asked_of("model:slo_bad_events:rate", bad, labels | {"slo": objective}, DIGITS)


def _of_answers(name, labels):
    """What is counted from a series' first value on."""
    for record, quantities in zip(("requests", "errors"), engine_cases.ANSWERS.get(name, ()), strict=False):
        work = sum(WORK[each] for each in quantities) / STEP_SECONDS
        value = work * (HASTENED_TIMES + SILENT_TIMES + BORN_TIMES + BACK_TIMES)
        yield asked_of(f"model:slo_http_{record}:rate", value, labels, DIGITS)


def _up():
    yield from up(*REPLICAS, SILENT, NEW, PREFILL)
    yield {"series": f'up{{job="{JOB}",instance="{TAKEN_AWAY}"}}', "values": "1x56 stale"}
    # Down at 14:00 too, so that what is back is not born.
    yield {"series": f'up{{job="{JOB}",instance="{BACK}"}}', "values": "1x53 0x3 1x22"}


def _rows(exposed):
    yield from series(exposed, values=Exposed.hastened)
    for instance, values in _VALUES.items():
        shown = labelled(exposed, PREFILLS) if instance == PREFILL else exposed
        levels = [each for each in shown if each.quantity in LEVELS]
        lasting = (lambda each: each.values(1).replace("x80", "x56 stale")) if instance == TAKEN_AWAY else None
        yield from series(levels, (instance,), values=lasting)
        yield from series([each for each in shown if each not in levels], (instance,), values=values)


WHOLE = ("vllm", "sglang", "trtllm", "tgi", "dynamo")


def all_tests():
    """Series and cases by what they are about."""
    yield from ((f"objectives-{name}", of_engine(name)) for name in WHOLE)
    for source in engine_cases.TRITON:
        yield f"objectives-{source}", of_engine(source, engine="triton", version="1")
