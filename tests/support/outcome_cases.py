"""What becomes of requests, as each engine tells it: those that are given up, and answers of which none failed."""

import re

from tests.support import engine_cases
from tests.support.engine_cases import PREFILL, PREFILLS
from tests.support.engine_rules import asked_of, labelled, per_second, series, up
from tests.support.engine_series import JOB, LEVELS, REPLICAS, STEP_SECONDS, WITHIN

# Engines that report first tokens and times in the queue, without which what is given up is not known.
ABANDONED = ("vllm", "sglang", "trtllm")
# A fifth of the requests that get a first token is given up, and the batch grows by ten within the five minutes.
GIVEN_UP, GROWTH = 0.2, 10


def of_abandoned(name):
    """Requests that get a first token, and neither finish nor are in work: those in work at an instance that only prefills are none of them."""
    exposed = engine_cases.exposed_by(name)
    rows = [*up(*REPLICAS, PREFILL), *series(exposed, values=_given_up)]
    running = [each for each in exposed if each.quantity == "running"]
    rows += series(labelled(running, PREFILLS), (PREFILL,), values=lambda each: _grown(each, GROWTH * 5))
    left = per_second("finished") * GIVEN_UP - GROWTH * len(REPLICAS) / 300
    finished = per_second("finished") * (1 - GIVEN_UP)
    labels = engine_cases.labels_of(name)
    promised = labels | {"slo": "request_latency"}
    cases = [asked_of("model:inference_requests_abandoned:rate5m", left, labels)]
    if name != "vllm":
        # What is given up breaks the promise of request latency.
        cases.append(asked_of("model:slo_events:rate", finished + left, promised))
        cases.append(asked_of("model:slo_bad_events:rate", finished * (1 - WITHIN) + left, promised))
    return rows, cases


def _given_up(each):
    if each.quantity in LEVELS:
        return _grown(each, GROWTH) if each.quantity == "running" else each.values(1)
    # SGLang reports the time in the queue before a request finishes: its finished requests have a counter of their own.
    finishes = each.quantity == "finished" and re.search("queue_time|e2e_request_latency", each.name)
    return f"0+{each.growth * (1 - GIVEN_UP if finishes else 1):.10g}x80"


def _grown(each, growth):
    """A level that grows at 12:00, and was as high before 7:45, so that other windows than five minutes see no growth."""
    low, high = (f"{(LEVELS['running'] + more) * each.factor:.10g}" for more in (0, growth))
    return f"{high}x30 {low}x16 {high}x32"


def without_failures(name):
    """Where no answer failed, that is not the same as that it is not known."""
    answers, failures = engine_cases.ANSWERS[name]
    exposed = [each for each in engine_cases.exposed_by(name) if each.quantity not in failures]
    rows, _ = engine_cases.whole(name, exposed)
    answered = per_second(*(each for each in answers if each not in failures))
    labels = engine_cases.labels_of(name)
    cases = [
        asked_of("model:inference_http_requests:rate5m", answered, labels),
        asked_of("model:inference_http_errors:rate5m", 0, labels),
        asked_of("model:slo_http_errors:rate", 0, labels),
    ]
    return rows, cases


# Records of answers, and of how many of the two statuses they are.
OF_ANSWERS = {
    "inference_http_requests:rate5m": 2,
    "inference_http_errors:rate5m": 1,
    "slo_http_requests:rate": 2,
    "slo_http_errors:rate": 1,
}
# How many minutes ago a process said which model it runs, and whether its answers count for the model.
NAMED = {"3": True, "7": False}


def of_a_process_that_named_its_model():
    """Of SGLang's processes the model is known that they ran within five minutes."""
    rows, (status, growth) = [], ("200", 30)
    for minutes in NAMED:
        target = f'job="{JOB}",instance="{minutes}"'
        responses = f'sglang:http_responses_total{{{target},endpoint="/v1/completions",status_code="{status}"}}'
        ended = 60 - int(minutes) * 4
        rows += [
            *up(minutes),
            {"series": responses, "values": f"0+{growth}x80"},
            {"series": responses.replace(status, "503"), "values": f"0+{growth}x80"},
            {
                "series": f'sglang:num_running_reqs{{{target},model_name="{minutes}",tp_rank="0"}}',
                "values": f"1x{ended} stale",
            },
            # As a router reports them, of another model.
            {
                "series": f'sglang:num_running_reqs{{{target},model_name="of-router",server="http://a:1"}}',
                "values": "1x80",
            },
        ]
    cases = [
        asked_of(
            f"model:{record}",
            growth * statuses / STEP_SECONDS if known else None,
            {"job": JOB, "model_name": minutes, "inference_engine": "sglang"},
        )
        for minutes, known in NAMED.items()
        for record, statuses in OF_ANSWERS.items()
    ]
    return rows, cases + [(f'model:{record}{{model_name="of-router"}}', "15m", []) for record in OF_ANSWERS]


def all_tests():
    """Series and cases by what they are about."""
    yield from ((f"abandoned-{name}", of_abandoned(name)) for name in ABANDONED)
    yield from ((f"succeeding-{name}", without_failures(name)) for name in engine_cases.ANSWERS)
    yield "process-that-named-its-model", of_a_process_that_named_its_model()
