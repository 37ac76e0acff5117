"""Every engine's series, as it exposes them, become the same records: once, in their units, and apart from a vLLM server's."""

import pytest

from glassbox.metrics.engines import ENGINES
from tests.support import engine_series
from tests.support.engine_rules import asked_of, evaluated, per_second, series, spelled, up
from tests.support.engine_series import JOB, LEVELS, MODEL, REPLICAS, STEP_SECONDS, WITHIN, WORK

# Beside the two replicas, one vLLM server does five times the work of one of them.
BESIDE, TIMES = "v:8000", 5
# Each record, by the quantities whose growth per second or whose level it is. What it lacks for want of one it does not have.
RATES = {
    "inference_prompt_tokens:rate5m": "prompt",
    "inference_generation_tokens:rate5m": "generated",
    "inference_preemptions:rate5m": "preempted",
    "inference_preemptions:rate10m": "preempted",
    "inference_requests:rate1m": "finished",
    "inference_engine_requests:rate10m": "finished",
    "inference_prefix_cache_queries:rate5m": "prompt",
    "inference_prefix_cache_hits:rate5m": "cached",
    "inference_admission_rejections:rate5m": "refused",
    "inference_end_to_end_time_seconds_sum:rate5m": "e2e_seconds",
}
HISTOGRAMS = {
    "request_duration_seconds": ("e2e_seconds", "finished"),
    "time_to_first_token_seconds": ("first_token_seconds", "finished"),
    "inter_token_latency_seconds": ("between_tokens_seconds", "generated"),
    "time_per_output_token_seconds": ("per_token_seconds", "finished"),
    "queue_time_seconds": ("queue_seconds", "finished"),
    "prefill_time_seconds": ("prefill_seconds", "finished"),
    "decode_time_seconds": ("decode_seconds", "finished"),
    "prompt_length_tokens": ("prompt", "finished"),
    "output_length_tokens": ("generated", "finished"),
}
GAUGES = {
    "inference_requests_running:sum": ("running", 2),
    "inference_requests_waiting:sum": ("waiting", 2),
    "inference_requests_waiting_for_capacity:sum": ("waiting", 2),
    "inference_kv_cache_usage_ratio:max": ("kv", 1),
    "inference_kv_cache_usage_ratio:avg": ("kv", 1),
    "inference_kv_cache_usage_ratio:max_min1m": ("kv", 1),
    "inference_kv_cache_usage_ratio:max_median5m": ("kv", 1),
    "inference_kv_cache_usage_queueing_ratio:max_median10m": ("kv", 1),
}
# What each engine does not report, by the word that the names of its records begin with.
LACKS = {
    "vllm": (),
    "sglang": ("admission", "prefill_time", "decode_time", "frontend"),
    "trtllm": (
        "admission", "preemptions", "inter_token", "prompt_length_tokens_bucket", "output_length_tokens_bucket",
    ),
    "tgi": (
        "preemptions", "prefix_cache", "kv_cache", "time_to_first", "inter_token", "prefill_time", "decode_time",
    ),
    "llamacpp": (
        "preemptions", "requests:", "engine_requests", "prefix_cache", "admission", "end_to_end", "kv_cache", "http",
        "request_duration", "time_to_first", "inter_token_latency_seconds_bucket", "time_per_output", "queue_time",
        "prefill_time", "decode_time", "prompt_length", "output_length", "frontend",
    ),
    "triton": (
        "requests_running", "kv_cache", "preemptions", "prefix_cache", "time_per_output", "prefill_time", "decode_time",
        "frontend",
    ),
    "dynamo": (
        "requests_waiting", "kv_cache", "preemptions", "time_per_output", "queue_time", "prefill_time", "decode_time",
        "frontend",
    ),
}  # fmt: skip  # a row is a case
# Of Triton, which of its two sources speaks of what.
CORE_LACKS = (
    *LACKS["triton"],
    "prompt_tokens",
    "generation_tokens",
    "request_duration_seconds_bucket",
    "time_to_first_token_seconds_bucket",
    "inter_token",
    "queue_time_seconds_bucket",
    "prompt_length",
    "output_length",
)
BACKEND_LACKS = (*LACKS["triton"], "requests_waiting", "queue_time")
# Answers, and those that failed for the server's sake, where they are counted.
ANSWERS = {
    "sglang": (("finished", "failed", "invalid"), ("failed",)),
    "trtllm": (("finished", "failed", "invalid"), ("failed",)),
    "tgi": (("finished", "failed", "invalid", "refused"), ("failed",)),
    "triton": (("finished", "failed", "invalid", "refused"), ("failed", "refused")),
    "dynamo": (("finished", "failed", "invalid"), ("failed",)),
}


def expected(engine, lacks):
    """The value of each record of the engine's two replicas: None where there is none. Buckets are at their finite bound."""
    values = {f"model:{name}": per_second(quantity) for name, quantity in RATES.items()}
    values |= {f"model:{name}": LEVELS[quantity] * replicas for name, (quantity, replicas) in GAUGES.items()}
    for name, (total, count) in HISTOGRAMS.items():
        values[f"model:inference_{name}_sum:rate5m"] = per_second(total)
        values[f"model:inference_{name}_count:rate5m"] = per_second(count)
        values[f"model:inference_{name}_bucket:rate5m"] = per_second(count) * WITHIN
    values["model:inference_frontend_time_seconds_sum:rate5m"] = (
        per_second("e2e_seconds") - per_second("queue_seconds") - per_second("inference_seconds")
    )
    for name, quantities in zip(("http_requests", "http_errors"), ANSWERS.get(engine, ()), strict=False):
        values[f"model:inference_{name}:rate5m"] = per_second(*quantities)
    return {
        name: None if name.removeprefix("model:inference_").startswith(tuple(lacks)) else value
        for name, value in values.items()
    }


def check(engine, exposed, lacks, *, spell=lambda name: name, stamped=True, version=""):
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": engine if stamped else ""}
    labels |= {"model_version": version} if version else {}
    cases = [asked_of(name, value, labels) for name, value in expected(engine, lacks).items()]
    rows = [*up(*REPLICAS), *series(exposed, spell=spell)]
    if stamped:
        # Never part of the engine's numbers, and these never part of its own.
        rows += [*up(BESIDE), *series(engine_series.vllm(), (BESIDE,), TIMES)]
        own = {"job": JOB, "model_name": MODEL, "inference_engine": ""}
        generated = WORK["generated"] * TIMES / STEP_SECONDS
        cases.append(asked_of("model:inference_generation_tokens:rate5m", generated, own))
        cases.append(asked_of("model:inference_requests_running:sum", LEVELS["running"], own))
        total = f'count(model:inference_generation_tokens:rate5m{{job="{JOB}"}})'
        told = not any("generation_tokens".startswith(word) for word in lacks)
        cases.append((total, "15m", [("{}", 2 if told else 1)]))
    assert evaluated(rows, cases) == []
from tests.support import engine_cases
from tests.support.engine_rules import evaluated


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("name", engine_cases.WHOLE)
def test_an_engine_is_recorded_whole_and_apart(name):
    assert evaluated(*engine_cases.as_exposed(name)) == []


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("source", ["triton", "triton_vllm"])
def test_triton_is_recorded_of_its_backend_or_else_of_its_core(source):
    assert evaluated(*engine_cases.of_triton(source)) == []


def test_every_engine_of_the_table_is_checked():
    assert {engine.name for engine in ENGINES} == set(engine_cases.LACKS)


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize("prefix", engine_cases.PREFIXES)
@pytest.mark.parametrize("name", engine_cases.SPELLED)
def test_another_spelling_is_the_same(name, prefix):
    assert evaluated(*engine_cases.under_another_name(name, prefix)) == []


@pytest.mark.usefixtures("components")
def test_a_front_end_is_not_read_of_what_the_engines_behind_it_report():
    assert evaluated(*engine_cases.behind_a_front_end()) == []


@pytest.mark.usefixtures("components")
def test_a_front_end_is_read_beside_servers_that_are_not_behind_it():
    assert evaluated(*engine_cases.beside_a_front_end()) == []
