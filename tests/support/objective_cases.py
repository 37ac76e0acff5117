"""Whether each engine's series become the events of its objectives: of replicas that answer, miss scrapes, begin and come back.

Beside them, instances that only prefill, and vLLM servers: they are part of no other engine's events.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from tests.support import engine_cases
from tests.support.engine_cases import PREFILL, PREFILLS, PREFIXES
from tests.support.engine_rules import asked_of, labelled, series, up
from tests.support.engine_series import JOB, LEVELS, REPLICAS, STEP_SECONDS, WITHIN, WORK, Exposed

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
_BOUND = re.compile(r'le="[\d.]+"')
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


def of_engine(source, prefix=""):
    """Series and cases of one of `engine_series`' engines, in the spelling with a prefix."""
    spell = engine_cases.spelling(prefix)
    exposed = [replace(each, name=spell(each.name)) for each in engine_cases.exposed_by(source)]
    rows = [*_up(), *_rows(exposed)]
    rows += engine_cases.vllm_servers() if source != "vllm" else []
    return rows, [*_of_histograms(source), *_of_answers(source)]


def without_levels(source):
    """Where nobody knows what waits and what runs, and so what is given up, the requests that end are events all the same."""
    exposed = [each for each in engine_cases.exposed_by(source) if each.quantity not in LEVELS]
    return [*_up(), *_rows(exposed)], list(_of_histograms(source))


def with_other_bounds(source):
    """Where no bucket ends at the promise, there are no events."""
    exposed = [replace(each, labels=_BOUND.sub('le="0.5"', each.labels)) for each in engine_cases.exposed_by(source)]
    labels = engine_cases.labels_of(source)
    events = ("model:slo_events:rate", "model:slo_bad_events:rate")
    cases = [asked_of(name, None, labels | {"slo": objective}) for name in events for objective in HISTOGRAM_OF]
    return [*_up(), *_rows(exposed)], cases


def of_a_backend_alone():
    """What Triton's backend counts is counted where its core counts nothing."""
    exposed = [each for each in engine_cases.exposed_by("triton_vllm") if each.name != "nv_inference_request_success"]
    return [*_up(), *_rows(exposed)], list(_of_histograms("triton_vllm"))


def _of_histograms(source):
    lacks, labels = engine_cases.LACKS_OF[source], engine_cases.labels_of(source)
    finished = WORK["finished"] / STEP_SECONDS * (HASTENED_TIMES + SILENT_TIMES + NEW_TIMES + BACK_TIMES)
    yield asked_of("model:inference_requests:rate1m", finished, labels, DIGITS)
    for objective, histogram in HISTOGRAM_OF.items():
        told = not histogram.startswith(tuple(lacks)) and not f"{histogram}_bucket".startswith(tuple(lacks))
        _, count = engine_cases.HISTOGRAMS[histogram]
        events = WORK[count] / STEP_SECONDS * (HASTENED_TIMES + SILENT_TIMES + NEW_TIMES + BACK_TIMES) if told else None
        bad = None if events is None else events * (1 - WITHIN)
        yield asked_of("model:slo_events:rate", events, labels | {"slo": objective}, DIGITS)
        yield asked_of("model:slo_bad_events:rate", bad, labels | {"slo": objective}, DIGITS)


def _of_answers(source):
    """What is counted from a series' first value on."""
    for record, quantities in zip(
        ("requests", "errors"), engine_cases.ANSWERS.get(engine_cases.engine_of(source), ()), strict=False
    ):
        work = sum(WORK[each] for each in quantities) / STEP_SECONDS
        value = work * (HASTENED_TIMES + SILENT_TIMES + BORN_TIMES + BACK_TIMES)
        yield asked_of(f"model:slo_http_{record}:rate", value, engine_cases.labels_of(source), DIGITS)


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


def all_tests():
    """Series and cases by what they are about; llama.cpp reports no requests."""
    sources = [source for source in engine_cases.LACKS_OF if source != "llamacpp"]
    yield from ((f"objectives-{source}", of_engine(source)) for source in sources)
    yield from ((f"objectives-{source}-other-bounds", with_other_bounds(source)) for source in sources)
    yield from (
        (f"objectives-{source}-without-levels", without_levels(source)) for source in sources if source != "vllm"
    )
    spelled = ((source, prefix) for source in engine_cases.SPELLED if source in sources for prefix in PREFIXES)
    yield from ((f"objectives-{source}-{prefix}", of_engine(source, prefix)) for source, prefix in spelled)
    yield "objectives-of-a-backend-alone", of_a_backend_alone()
