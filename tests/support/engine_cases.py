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
        "preemptions", "requests:", "engine_requests", "prefix_cache", "admission", "end_to_end", "kv_cache", "http",
        "request_duration", "time_to_first", "inter_token_latency_seconds_bucket", "time_per_output", "queue_time",
        "prefill_time", "decode_time", "prompt_length", "output_length", "frontend", "requests_abandoned",
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
    "time_to_first_token_seconds_bucket",
    "inter_token",
    "queue_time_seconds_bucket",
    "prompt_length",
    "output_length",
)
BACKEND_LACKS = (*LACKS["triton"], "requests_waiting", "queue_time", "requests_abandoned")
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


def whole(engine, exposed, lacks, *, spell=lambda name: name, stamped=True, version="", hastened=False, prefill=False):
    """Series of two replicas, and the value of each record of them."""
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": engine if stamped else ""}
    labels |= {"model_version": version} if version else {}
    cases = [
        asked_of(name, value, labels)
        for name, value in expected(engine, lacks, hastened=hastened, prefill=prefill).items()
    ]
    values = Exposed.hastened if hastened else None
    rows = [*up(*REPLICAS), *series(exposed, spell=spell, values=values)]
    if stamped:
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


def vllm_servers():
    """They are never part of another engine's records."""
    yield from up(BESIDE, LIKE_TRITON)
    yield from series(engine_series.vllm(), (BESIDE,), TIMES)
    backend = (each for each in engine_series.triton_vllm() if each.name.startswith("vllm:"))
    of_a_server = [
        replace(each, labels=each.labels.replace('version="1"', f'model_name="{MODEL}"')) for each in backend
    ]
    yield from series(of_a_server, (LIKE_TRITON,), TIMES)


WHOLE = ("vllm", "sglang", "trtllm", "tgi", "llamacpp", "dynamo")
# Triton's backend counts, or else its core.
TRITON = ("triton", "triton_vllm")
# Engines whose names hold a colon, and how that is stored elsewhere.
SPELLED = ("vllm", "sglang", "llamacpp")
PREFIXES = {"underscore": "", "ray": "ray_"}
# Engines of which an older version gave some series other names, and how these are stored.
OLDER = (("vllm", "colon"), ("vllm", "underscore"), ("vllm", "ray"), ("dynamo", "colon"))
FORMER_NAMES = {
    part.name: former.name
    for metrics in CATALOGUE.values()
    for metric in metrics
    for part in metric.parts
    for former in part.formerly
}


def as_exposed(name, *, hastened=False):
    exposed = list(getattr(engine_series, name)())
    return whole(name, exposed, LACKS[name], stamped=name != "vllm", hastened=hastened)


def of_triton(source, *, hastened=False, prefix=""):
    """Of the core, or of the backend, whose series have another spelling with a prefix."""
    lacks = {"triton": CORE_LACKS, "triton_vllm": BACKEND_LACKS}[source]
    exposed = list(getattr(engine_series, source)())
    return whole("triton", exposed, lacks, spell=_spelling(prefix), version="1", hastened=hastened)


def with_prefill(source, *, engine="", version="", lacks=()):
    """Beside the two replicas, one that only prefills, and is counted for what it does."""
    name = engine or source
    exposed = list(getattr(engine_series, source)())
    rows, cases = whole(name, exposed, lacks or LACKS[name], stamped=name != "vllm", version=version, prefill=True)
    return [*rows, *up(PREFILL), *series(labelled(exposed, PREFILLS), (PREFILL,))], cases


# Engines that report first tokens and times in the queue, without which what is given up is not known.
ABANDONED = ("vllm", "sglang", "trtllm")
# A fifth of the requests that get a first token is given up, and the batch grows by ten within the five minutes.
GIVEN_UP, GROWTH = 0.2, 10


def of_abandoned(name):
    """Requests that get a first token, and neither finish nor are in work: those in work at an instance that only prefills are none of them."""
    exposed = list(getattr(engine_series, name)())
    rows = [*up(*REPLICAS, PREFILL), *series(exposed, values=_given_up)]
    running = [each for each in exposed if each.quantity == "running"]
    rows += series(labelled(running, PREFILLS), (PREFILL,), values=lambda each: _grown(each, GROWTH * 5))
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": "" if name == "vllm" else name}
    left = per_second("finished") * GIVEN_UP - GROWTH * len(REPLICAS) / 300
    return rows, [asked_of("model:inference_requests_abandoned:rate5m", left, labels)]


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


def under_another_name(name, prefix, *, hastened=False):
    exposed = list(getattr(engine_series, name)())
    return whole(name, exposed, LACKS[name], spell=_spelling(prefix), stamped=name != "vllm", hastened=hastened)


def of_an_older_version(name, prefix):
    """The same under the names that an older version gave, with more work at the end."""
    exposed = {
        (former, each.labels): replace(each, name=former)
        for each in getattr(engine_series, name)()
        if (former := FORMER_NAMES.get(each.name, each.name))
    }
    rows = list(exposed.values())
    return whole(name, rows, LACKS[name], spell=_spelling(prefix), stamped=name != "vllm", hastened=True)


def _spelling(prefix):
    # Triton's core has names without a colon, which are stored as they are.
    other = spelled(PREFIXES.get(prefix, ""))
    return lambda name: other(name) if prefix in PREFIXES and ":" in name else name


BEHIND = 'dynamo_namespace="ns",dynamo_component="worker"'


def behind_a_front_end():
    """Of a model whose engines are not targets it says what it knows, and refusals of its own where the engines count none."""
    worker = [each for each in engine_series.vllm() if "admission" not in each.name]
    behind = [
        {**row, "series": row["series"].replace("{", f"{{{BEHIND},", 1)} for row in series(worker, ("w:1",), times=2)
    ]
    alone = [
        {**row, "series": row["series"].replace(f'model="{MODEL}"', 'model="alone"')}
        for row in series(engine_series.dynamo())
    ]
    rows = [*up(*REPLICAS, "w:1"), *series(engine_series.dynamo()), *alone, *behind]
    of_engine = {"job": JOB, "model_name": MODEL, "inference_engine": ""}
    of_front, of_other = ({"job": JOB, "model_name": name, "inference_engine": "dynamo"} for name in (MODEL, "alone"))
    generated, running = "model:inference_generation_tokens:rate5m", "model:inference_requests_running:sum"
    first_token = "model:inference_time_to_first_token_seconds_bucket:rate5m"
    cases = [
        asked_of(generated, WORK["generated"] * 2 / STEP_SECONDS, of_engine),
        asked_of(generated, None, of_front),
        asked_of(generated, per_second("generated"), of_other),
        asked_of(running, LEVELS["running"], of_engine),
        asked_of(running, None, of_front),
        asked_of(running, LEVELS["running"] * 2, of_other),
        asked_of(first_token, None, of_front),
        asked_of(first_token, per_second("finished") * WITHIN, of_other),
        asked_of("model:inference_admission_rejections:rate5m", per_second("refused"), of_front),
        asked_of("model:inference_http_errors:rate5m", per_second("failed"), of_front),
    ]
    return rows, cases


def beside_a_front_end():
    """Another server of the same model has no label of Dynamo."""
    rows = [*up(*REPLICAS, BESIDE), *series(engine_series.dynamo()), *series(engine_series.vllm(), (BESIDE,), TIMES)]
    front = {"job": JOB, "model_name": MODEL, "inference_engine": "dynamo"}
    case = asked_of("model:inference_generation_tokens:rate5m", per_second("generated"), front)
    return rows, [case]


# What services without an engine report as well, under names of their own.
OF_A_MODEL = (
    "prompt_tokens:rate5m",
    "generation_tokens:rate5m",
    *(
        f"{histogram}_{part}:rate5m"
        for histogram in (
            "request_duration_seconds",
            "time_to_first_token_seconds",
            "inter_token_latency_seconds",
            "prompt_length_tokens",
            "output_length_tokens",
        )
        for part in ("sum", "count", "bucket")
    ),
)


def of_no_model(prefix):
    """A vLLM server's series without the label of a model, as other software under these names has, are not work of a model."""
    exposed = [replace(each, labels=each.labels.replace(f'model_name="{MODEL}",', "")) for each in engine_series.vllm()]
    cases = [(f"count(model:inference_{name})", "15m", []) for name in OF_A_MODEL]
    return [*up(*REPLICAS), *series(exposed, spell=_spelling(prefix))], cases


def of_no_model_in_triton():
    """Nor are they work of a model of Triton's."""
    exposed = [replace(each, labels="") for each in engine_series.triton_vllm() if each.name.startswith("vllm:")]
    names = [
        name for name, value in expected("triton", BACKEND_LACKS).items() if value is not None and "http" not in name
    ]
    cases = [(f'count({name}{{inference_engine="triton"}})', "15m", []) for name in names]
    return [*up(*REPLICAS), *series(exposed)], cases


# Of one model the engine behind the front end was there until three minutes ago, and of the other one until seven.
ENDED = {MODEL: "x48 stale", "alone": "x32 stale"}


def of_an_ended_engine_behind_a_front_end():
    """An engine counts for its front end as long as it was there within five minutes."""
    rows, cases = [*up(*REPLICAS, "w:1")], []
    for model, ended in ENDED.items():
        engines = [each for name in ("vllm", "trtllm") for each in getattr(engine_series, name)()]
        for row in (*series(engine_series.dynamo()), *series(engines, ("w:1",), values=lambda each: each.values(1))):
            name = row["series"].replace(f'model="{MODEL}"', f'model="{model}"')
            name = name.replace(f'model_name="{MODEL}"', f'model_name="{model}",{BEHIND}')
            behind = BEHIND in name
            rows.append({"series": name, "values": row["values"].replace("x80", ended) if behind else row["values"]})
        labels = {"job": JOB, "model_name": model, "inference_engine": "dynamo"}
        # Its refusals and answers are its own, whatever the engines report.
        told = {name: value for name, value in expected("dynamo", LACKS["dynamo"]).items() if value is not None}
        cases += [
            asked_of(name, value if model == "alone" else None, labels)
            for name, value in told.items()
            if not re.search("http|admission", name)
        ]
    return rows, cases


def without_failures(name):
    """Where all answers succeed, none failed, which is not the same as that it is not known."""
    rows, _ = as_exposed(name)
    failed = re.compile("_error_total|request_failure|status_code=.[45]|status=.error")
    labels = {"job": JOB, "model_name": MODEL, "inference_engine": name}
    cases = [
        asked_of("model:inference_http_requests:rate5m", per_second("finished"), labels),
        asked_of("model:inference_http_errors:rate5m", 0, labels),
        asked_of("model:slo_http_errors:rate", 0, labels),
    ]
    return [row for row in rows if not failed.search(row["series"])], cases


def all_tests():
    """Series and cases by what they are about."""
    yield from ((name, as_exposed(name)) for name in WHOLE)
    yield from ((f"{name}-hastened", as_exposed(name, hastened=True)) for name in WHOLE)
    for hastened in (False, True):
        after = "-hastened" if hastened else ""
        yield from ((source + after, of_triton(source, hastened=hastened)) for source in TRITON)
    yield from (
        (f"{source}-prefill", with_prefill(source, engine="triton", version="1", lacks=lacks))
        for source, lacks in zip(TRITON, (CORE_LACKS, BACKEND_LACKS), strict=True)
    )
    yield from ((f"{name}-prefill", with_prefill(name)) for name in WHOLE)
    for prefix in PREFIXES:
        yield f"triton_vllm-{prefix}-hastened", of_triton("triton_vllm", hastened=True, prefix=prefix)
        yield from ((f"{name}-{prefix}", under_another_name(name, prefix)) for name in SPELLED)
        yield from ((f"{name}-{prefix}-hastened", under_another_name(name, prefix, hastened=True)) for name in SPELLED)
    yield from ((f"{name}-{prefix}-older", of_an_older_version(name, prefix)) for name, prefix in OLDER)
    yield from ((f"no-model-{prefix}", of_no_model(prefix)) for prefix in ("colon", *PREFIXES))
    yield from ((f"abandoned-{name}", of_abandoned(name)) for name in ABANDONED)
    yield "no-model-triton", of_no_model_in_triton()
    yield "ended-behind", of_an_ended_engine_behind_a_front_end()
    yield from ((f"succeeding-{name}", without_failures(name)) for name in ANSWERS if name != "triton")
    yield "behind", behind_a_front_end()
    yield "beside", beside_a_front_end()
