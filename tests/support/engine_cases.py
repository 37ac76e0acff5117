"""Whether each engine's series become the records of its work: what is asked of every engine, for tests and for faults of rules."""

import re
from dataclasses import replace

from glassbox.metrics import CATALOGUE
from tests.support import engine_series
from tests.support.engine_rules import asked_of, labelled, per_second, series, spelled, up
from tests.support.engine_series import JOB, LEVELS, MODEL, REPLICAS, STEP_SECONDS, WITHIN, WORK, Exposed

# Beside the two replicas, one vLLM server does five times the work of one of them, and so does one whose series have the label of Triton's.
BESIDE, LIKE_TRITON, TIMES = "v:8000", "w:8000", 5
PREFILL, PREFILLS = "p:1", 'inference_role="prefill"'
# What an instance that only prefills has a part in, by the word that the names begin with. The rest is of requests and tokens that clients get.
OF_PREFILL = (
    "admission",
    "preemptions",
    "prefix_cache",
    "end_to_end",
    "frontend",
    "requests_running",
    "requests_waiting",
)
TIME_OF_PREFILL = re.compile("(queue|prefill|decode)_time_seconds_(sum|bucket)")
# Each record, by the quantities whose growth per second or whose level it is. What it lacks for want of one it does not have.
RATES = {
    "inference_prompt_tokens:rate5m": "prompt",
    "inference_generation_tokens:rate5m": "generated",
    "inference_preemptions:rate5m": "preempted",
    "inference_preemptions:rate10m": "preempted",
    "inference_requests:rate1m": "finished",
    "inference_requests_finished:rate5m": "finished",
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
        "requests_abandoned",
    ),
    "llamacpp": (
        "preemptions", "requests:", "requests_finished", "engine_requests", "prefix_cache", "admission", "end_to_end", "kv_cache", "http",
        "request_duration", "time_to_first", "inter_token_latency_seconds_bucket", "time_per_output", "queue_time",
        "prefill_time", "decode_time", "prompt_length", "output_length", "frontend", "requests_abandoned", "requests_within",
    ),
    "triton": (
        "requests_running", "kv_cache", "preemptions", "prefix_cache", "time_per_output", "prefill_time", "decode_time",
        "frontend",
    ),
    "dynamo": (
        "requests_waiting", "kv_cache", "preemptions", "time_per_output", "queue_time", "prefill_time", "decode_time",
        "frontend", "requests_abandoned",
    ),
}  # fmt: skip
# Of Triton, which of its two sources speaks of what.
CORE_LACKS = (
    *LACKS["triton"],
    "prompt_tokens",
    "generation_tokens",
    "request_duration_seconds_bucket",
    "requests_within",
    "time_to_first_token_seconds_bucket",
    "inter_token",
    "queue_time_seconds_bucket",
    "prompt_length",
    "output_length",
)
BACKEND_LACKS = (*LACKS["triton"], "requests_waiting", "queue_time", "requests_abandoned")
# Triton's core counts, or else its backend of vLLM.
TRITON = ("triton", "triton_vllm")
LACKS_OF = LACKS | {"triton": CORE_LACKS, "triton_vllm": BACKEND_LACKS}
# Engines whose names hold a colon, and how that is stored elsewhere.
SPELLED = ("vllm", "sglang", "llamacpp", "triton_vllm")
PREFIXES = {"underscore": "", "ray": "ray_"}
# Answers, and those that failed for the server's sake, where they are counted.
ANSWERS = {
    "sglang": (("finished", "failed", "invalid"), ("failed",)),
    "trtllm": (("finished", "failed", "invalid"), ("failed",)),
    "tgi": (("finished", "failed", "invalid", "refused"), ("failed",)),
    "triton": (("finished", "failed", "invalid", "refused"), ("failed", "refused")),
    "dynamo": (("finished", "failed", "invalid"), ("failed",)),
}


def expected(engine, lacks, *, hastened=False, prefill=False):
    """The value of each record of the engine's two replicas: None where there is none. Buckets are at their finite bound."""
    values = {f"model:{name}": per_second(quantity) for name, quantity in RATES.items()}
    values |= {f"model:{name}": LEVELS[quantity] * replicas for name, (quantity, replicas) in GAUGES.items()}
    for name, (total, count) in HISTOGRAMS.items():
        values[f"model:inference_{name}_sum:rate5m"] = per_second(total)
        values[f"model:inference_{name}_count:rate5m"] = per_second(count)
        values[f"model:inference_{name}_bucket:rate5m"] = per_second(count) * WITHIN
    values["model:inference_requests_within_bound:rate5m"] = per_second("finished") * WITHIN
    values["model:inference_frontend_time_seconds_sum:rate5m"] = (
        per_second("e2e_seconds") - per_second("queue_seconds") - per_second("inference_seconds")
    )
    # As many get a first token as finish. It is 0 only where both are counted.
    values["model:inference_requests_abandoned:rate5m"] = 0
    for name, quantities in zip(("http_requests", "http_errors"), ANSWERS.get(engine, ()), strict=False):
        values[f"model:inference_{name}:rate5m"] = per_second(*quantities)
    return {
        f"model:inference_{name}": None
        if name.startswith(tuple(lacks))
        else value * _haste(name, hastened) * (1.5 if prefill and _is_of_prefill(name) else 1)
        for name, value in ((name.removeprefix("model:inference_"), value) for name, value in values.items())
    }


def _is_of_prefill(name):
    return name.startswith(OF_PREFILL) or bool(TIME_OF_PREFILL.match(name))


def _haste(name, hastened):
    """How much more a rate is with three times the work in the last 45 s of its window."""
    minutes = re.search(r":rate(\d+)m", name)
    return 1 + 2 * 45 / (int(minutes[1]) * 60) if hastened and minutes else 1


def engine_of(source):
    """The engine that `engine_series` writes series of under this name."""
    return "triton" if source in TRITON else source


def labels_of(source):
    """The labels of its records; a vLLM server's name no engine."""
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": "" if source == "vllm" else engine_of(source)}
    return labels | ({"model_version": "1"} if source in TRITON else {})


def whole(source, exposed, *, spell=lambda name: name, hastened=False, prefill=False):
    """Series of two replicas, and the value of each record of them."""
    labels, lacks = labels_of(source), LACKS_OF[source]
    wanted = expected(engine_of(source), lacks, hastened=hastened, prefill=prefill)
    cases = [asked_of(name, value, labels) for name, value in wanted.items()]
    if wanted["model:inference_requests_running:sum"] is not None:
        cases.append(running_of_one())
    values = Exposed.hastened if hastened else None
    rows = [*up(*REPLICAS), *series(exposed, spell=spell, values=values)]
    if source != "vllm":
        # Never part of the engine's numbers, and these never part of its own.
        rows += vllm_servers()
        own = {"job": JOB, "model_name": MODEL, "inference_engine": ""}
        generated = WORK["generated"] * TIMES / STEP_SECONDS * 2
        cases.append(asked_of("model:inference_generation_tokens:rate5m", generated, own))
        cases.append(asked_of("model:inference_requests_running:sum", LEVELS["running"], own))
        total = f'count(model:inference_generation_tokens:rate5m{{job="{JOB}"}})'
        told = not any("generation_tokens".startswith(word) for word in lacks)
        cases.append((total, "15m", [("{}", 2 if told else 1)]))
    return rows, cases


def running_of_one():
    """What runs on one of the replicas."""
    target = f'{{job="{JOB}",instance="{REPLICAS[0]}",model_name="{MODEL}"}}'
    return f"round(instance:inference_requests_running:sum{target}, 0.001)", "15m", [(target, LEVELS["running"])]


def vllm_servers():
    """They are never part of another engine's records."""
    yield from up(BESIDE, LIKE_TRITON)
    yield from series(engine_series.vllm(), (BESIDE,), TIMES)
    backend = (each for each in engine_series.triton_vllm() if each.name.startswith("vllm:"))
    of_a_server = [replace(each, labels=each.labels + f',model_name="{MODEL}"') for each in backend]
    yield from series(of_a_server, (LIKE_TRITON,), TIMES)


# Engines of which an older version gave some series other names, and how these are stored.
OLDER = (("vllm", "colon"), ("vllm", "underscore"), ("vllm", "ray"), ("dynamo", "colon"))
FORMER_NAMES = {
    part.name: former.name
    for metrics in CATALOGUE.values()
    for metric in metrics
    for part in metric.parts
    for former in part.formerly
}


def exposed_by(source):
    """Every series of one replica."""
    return list(getattr(engine_series, source)())


def as_exposed(source, *, prefix="", hastened=False):
    """As it is, or in another spelling with a prefix."""
    return whole(source, exposed_by(source), spell=spelling(prefix), hastened=hastened)


def with_prefill(source):
    """Beside the two replicas, one that only prefills, and is counted for what it does."""
    exposed = exposed_by(source)
    rows, cases = whole(source, exposed, prefill=True)
    return [*rows, *up(PREFILL), *series(labelled(exposed, PREFILLS), (PREFILL,))], cases


def of_an_older_version(name, prefix):
    """The same under the names that an older version gave, with more work at the end."""
    exposed = {
        (former, each.labels): replace(each, name=former)
        for each in exposed_by(name)
        if (former := FORMER_NAMES.get(each.name, each.name))
    }
    return whole(name, list(exposed.values()), spell=spelling(prefix), hastened=True)


def spelling(prefix):
    """How a name is stored with this prefix, a key of `PREFIXES`; as it is with any other."""
    # Triton's core has names without a colon, which are stored as they are.
    other = spelled(PREFIXES.get(prefix, ""))
    return lambda name: other(name) if prefix in PREFIXES and ":" in name else name


def all_tests():
    """Series and cases by what they are about."""
    for source in LACKS_OF:
        yield source, as_exposed(source)
        yield f"{source}-hastened", as_exposed(source, hastened=True)
        yield f"{source}-prefill", with_prefill(source)
    for prefix in PREFIXES:
        yield from ((f"{source}-{prefix}", as_exposed(source, prefix=prefix)) for source in SPELLED)
        yield from (
            (f"{source}-{prefix}-hastened", as_exposed(source, prefix=prefix, hastened=True)) for source in SPELLED
        )
    yield from ((f"{name}-{prefix}-older", of_an_older_version(name, prefix)) for name, prefix in OLDER)
