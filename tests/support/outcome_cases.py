"""What becomes of requests, as each engine tells it: those that are given up, and answers of which none failed."""

import re

from tests.support import engine_cases
from tests.support.engine_cases import PREFILL, PREFILLS
from tests.support.engine_rules import asked_of, labelled, per_second, series, up
from tests.support.engine_series import LEVELS, REPLICAS

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
    return rows, [asked_of("model:inference_requests_abandoned:rate5m", left, engine_cases.labels_of(name))]


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
    """Where all answers succeed, none failed, which is not the same as that it is not known."""
    rows, _ = engine_cases.as_exposed(name)
    failed = re.compile("_error_total|request_failure|status_code=.[45]|status=.error")
    labels = engine_cases.labels_of(name)
    cases = [
        asked_of("model:inference_http_requests:rate5m", per_second("finished"), labels),
        asked_of("model:inference_http_errors:rate5m", 0, labels),
        asked_of("model:slo_http_errors:rate", 0, labels),
    ]
    return [row for row in rows if not failed.search(row["series"])], cases


def all_tests():
    """Series and cases by what they are about."""
    yield from ((f"abandoned-{name}", of_abandoned(name)) for name in ABANDONED)
    yield from ((f"succeeding-{name}", without_failures(name)) for name in engine_cases.ANSWERS if name != "triton")
