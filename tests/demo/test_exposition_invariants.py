"""The checks on captures find what they are for: each contradiction alone, in a small server that has no other."""

import pytest

from tests.support.exposition_invariants import Exposition, contradictions_between, contradictions_within

SPAN_SECONDS, MAX_RUNNING = 100.0, 8
# Four run and six wait all the time; 20 requests finish, after 30 s in the queue and 20 s in the engine.
BEFORE = {
    "running": 4,
    "waiting": 6,
    "first_token_count": 14,
    "first_token_sum": 440,
    "finished": 10,
    "e2e_count": 10,
    "e2e_sum": 510,
    "queue_sum": 300,
    "inference_sum": 200,
    "prefill_sum": 20,
    "decode_sum": 180,
    "bucket_50": 4,
    "bucket_inf": 10,
}
AFTER = BEFORE | {
    "first_token_count": 34,
    "first_token_sum": 1100,
    "finished": 30,
    "e2e_count": 30,
    "e2e_sum": 1530,
    "queue_sum": 900,
    "inference_sum": 600,
    "prefill_sum": 60,
    "decode_sum": 540,
    "bucket_50": 12,
    "bucket_inf": 30,
}
# The numbers of a real server that was read 25 s and 35 s after its clients had begun: nothing that waited had finished yet.
AT_THE_START = (
    BEFORE
    | {"running": 6, "waiting": 42, "first_token_count": 21, "first_token_sum": 32.388, "finished": 9, "e2e_count": 9}
    | {"e2e_sum": 49.557, "queue_sum": 0.003, "inference_sum": 47.537, "prefill_sum": 10.860, "decode_sum": 36.677}
    | {"bucket_50": 9, "bucket_inf": 9},
    AFTER
    | {"running": 5, "waiting": 43, "first_token_count": 27, "first_token_sum": 140.276, "finished": 17}
    | {"e2e_count": 17, "e2e_sum": 183.248, "queue_sum": 1.362, "inference_sum": 177.914, "prefill_sum": 20.376}
    | {"decode_sum": 157.538, "bucket_50": 17, "bucket_inf": 17},
)
TEXT = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running {running}
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting {waiting}
# TYPE vllm:request_success_total counter
vllm:request_success_total{{finished_reason="stop"}} {finished}
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{{le="+Inf"}} {first_token_count}
vllm:time_to_first_token_seconds_count {first_token_count}
vllm:time_to_first_token_seconds_sum {first_token_sum}
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{{le="50.0"}} {bucket_50}
vllm:e2e_request_latency_seconds_bucket{{le="+Inf"}} {bucket_inf}
vllm:e2e_request_latency_seconds_count {e2e_count}
vllm:e2e_request_latency_seconds_sum {e2e_sum}
"""
PHASE = """\
# TYPE vllm:request_{phase}_time_seconds histogram
vllm:request_{phase}_time_seconds_bucket{{le="+Inf"}} {count}
vllm:request_{phase}_time_seconds_count {count}
vllm:request_{phase}_time_seconds_sum {sum}
"""
LENGTH = """\
# TYPE vllm:request_{name}_tokens histogram
vllm:request_{name}_tokens_bucket{{le="+Inf"}} {count}
vllm:request_{name}_tokens_count {count}
vllm:request_{name}_tokens_sum 0
"""


def exposition(numbers: dict[str, float]) -> Exposition:
    phases = ("queue", "inference", "prefill", "decode")
    text = TEXT.format(**numbers)
    text += "".join(
        PHASE.format(phase=phase, count=numbers["finished"], sum=numbers[f"{phase}_sum"]) for phase in phases
    )
    text += "".join(LENGTH.format(name=name, count=numbers["finished"]) for name in ("prompt", "generation"))
    return Exposition.of(text)


def between(before: dict[str, float], after: dict[str, float], seconds: float = SPAN_SECONDS) -> list[str]:
    return contradictions_between(exposition(before), exposition(after), seconds)


def test_a_steady_server_contradicts_nothing() -> None:
    assert between(BEFORE, AFTER) == []
    assert contradictions_within(exposition(BEFORE), MAX_RUNNING) == []
    assert contradictions_within(exposition(AFTER), MAX_RUNNING) == []


def test_the_start_of_a_load_is_not_a_steady_state() -> None:
    """Each exposition is true, and the two of them contradict each other four times."""
    before, after = AT_THE_START
    assert [contradictions_within(exposition(numbers), MAX_RUNNING) for numbers in AT_THE_START] == [[], []]
    assert between(before, after, 10.09) == [
        "the first token comes after 18.0 s, and the last after 16.7 s",
        "6 requests got a first token, and 8 finished",
        "42.5 requests wait, and 0.1 by the time that they spent",
        "48.0 requests are in work, and 13.1 by the time that they spent",
    ]


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"decode_sum": 560}, "prefill and decode take 420.0 s, and the inference 400.0 s"),
        ({"e2e_sum": 1500, "first_token_sum": 440}, "queue and inference take 1000.0 s of 990.0 s"),
        ({"first_token_sum": 1500}, "the first token comes after 53.0 s, and the last after 51.0 s"),
        ({"first_token_count": 37}, "23 requests got a first token, and 20 finished"),
        ({"waiting": 24}, "15.0 requests wait, and 6.0 by the time that they spent"),
        ({"waiting": 40, "running": 8}, "29.0 requests are in work, and 10.0 by the time that they spent"),
        ({"bucket_50": 3}, "vllm:e2e_request_latency_seconds_bucket {'le': '50.0'} falls"),
    ],
)
def test_a_contradiction_between_two_is_found(broken: dict[str, float], sentence: str) -> None:
    assert sentence in between(BEFORE, AFTER | broken)


def test_nothing_waits_where_much_time_was_spent_in_the_queue() -> None:
    assert "0.0 requests wait, and 6.0 by the time that they spent" in between(
        BEFORE | {"waiting": 0, "running": 8}, AFTER | {"waiting": 0, "running": 8}
    )


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"running": 9}, "9 of 8 requests run"),
        ({"first_token_count": 41}, "11 requests have a first token and no end, while 10 are in work"),
        ({"first_token_count": 29}, "-1 requests have a first token and no end, while 10 are in work"),
        ({"finished": 29}, "vllm:request_success_total is 29 of 30 finished"),
        ({"bucket_50": 31}, "vllm:e2e_request_latency_seconds {} has a bucket that is smaller than the one before"),
        ({"bucket_inf": 31}, "vllm:e2e_request_latency_seconds {} has another count than its last bucket"),
        ({"e2e_sum": 800}, "vllm:e2e_request_latency_seconds {} has a smaller sum than its buckets allow"),
    ],
)
def test_a_contradiction_within_one_is_found(broken: dict[str, float], sentence: str) -> None:
    assert sentence in contradictions_within(exposition(AFTER | broken), MAX_RUNNING)
