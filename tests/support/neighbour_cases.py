"""Series beside which an engine's are read: engines behind a front end, and others under the same names that are not work of a model."""

from dataclasses import replace

from tests.support import engine_cases, engine_series
from tests.support.engine_cases import BESIDE, TIMES
from tests.support.engine_rules import asked_of, per_second, series, up
from tests.support.engine_series import JOB, LEVELS, MODEL, REPLICAS, STEP_SECONDS, WITHIN, WORK

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
    """Other servers of the same model have no label of Dynamo."""
    beside = [*engine_series.vllm(), *engine_cases.exposed_by("trtllm")]
    rows = [*up(*REPLICAS, BESIDE), *series(engine_series.dynamo()), *series(beside, (BESIDE,), TIMES)]
    front = {"job": JOB, "model_name": MODEL, "inference_engine": "dynamo"}
    told = engine_cases.expected("dynamo", engine_cases.LACKS["dynamo"])
    asked = (
        "model:inference_generation_tokens:rate5m",
        *(f"model:inference_http_{each}:rate5m" for each in ("requests", "errors")),
    )
    return rows, [asked_of(name, told[name], front) for name in asked]


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
    return [*up(*REPLICAS), *series(exposed, spell=engine_cases.spelling(prefix))], cases


def of_no_model_in_triton():
    """Nor are they work of a model of Triton's."""
    exposed = [replace(each, labels="") for each in engine_series.triton_vllm() if each.name.startswith("vllm:")]
    names = [
        name
        for name, value in engine_cases.expected("triton", engine_cases.BACKEND_LACKS).items()
        if value is not None and "http" not in name
    ]
    cases = [(f'count({name}{{inference_engine="triton"}})', "15m", []) for name in names]
    return [*up(*REPLICAS), *series(exposed)], cases


# Of one model the engine behind the front end was there until three minutes ago, and of the other one until seven.
ENDED = {MODEL: "x48 stale", "alone": "x32 stale"}


def of_an_ended_engine_behind_a_front_end():
    """An engine counts for its front end as long as it was there within five minutes."""
    rows, cases = [*up(*REPLICAS, "w:1"), {"series": f'up{{job="{JOB}",instance="c:1"}}', "values": "1x54 0x25"}], []
    levels = [each for each in engine_series.dynamo() if each.quantity == "running"]
    for model, ended in ENDED.items():
        # Scrapes of one front end fail since 90 seconds: what runs there is known still.
        for row in series(levels, ("c:1",), values=lambda each: each.values(1).replace("x80", "x54 stale")):
            rows.append({**row, "series": row["series"].replace(f'model="{MODEL}"', f'model="{model}"')})
        engines = [each for name in ("vllm", "trtllm") for each in engine_cases.exposed_by(name)]
        for row in (*series(engine_series.dynamo()), *series(engines, ("w:1",), values=lambda each: each.values(1))):
            name = row["series"].replace(f'model="{MODEL}"', f'model="{model}"')
            name = name.replace(f'model_name="{MODEL}"', f'model_name="{model}",{BEHIND}')
            behind = BEHIND in name
            rows.append({"series": name, "values": row["values"].replace("x80", ended) if behind else row["values"]})
        labels = {"job": JOB, "model_name": model, "inference_engine": "dynamo"}
        # Its refusals are its own, whatever the engines report. What it counted while they did is not growth when they end.
        told = {
            name: value
            for name, value in engine_cases.expected("dynamo", engine_cases.LACKS["dynamo"]).items()
            if value is not None
        } | {"model:inference_requests_running:sum": LEVELS["running"] * 3}
        cases.append(_running_of_front_ends(model, known=model == "alone"))
        cases += [
            asked_of(name, value if model == "alone" else None, labels)
            for name, value in told.items()
            if "admission" not in name
        ]
        slow = per_second("finished") * (1 - WITHIN)
        of_minutes = (
            (labels | {"slo": "request_latency"}, "bad_events", slow),
            (labels, "http_errors", per_second("failed")),
        )
        cases += [
            asked_of(f"model:slo_{name}:rate", value if model == "alone" else None, promised)
            for promised, name, value in of_minutes
        ]
    late_rows, late_cases = _whose_scrapes_fail()
    return rows + late_rows, cases + late_cases


def _whose_scrapes_fail():
    """Errors of a front end whose scrapes fail since 90 seconds, and whose engine was there until seven minutes ago."""
    named = f'model="{MODEL}"', 'model="late"'
    errors = [each for each in engine_series.dynamo() if each.quantity == "failed"]
    rows = [
        {**row, "series": row["series"].replace(*named)}
        for row in series(errors, ("c:1",), values=lambda each: each.values(1).replace("x80", "x54 stale"))
    ]
    behind = f'trtllm_request_error_total{{job="{JOB}",instance="w:1",model_name="late",{BEHIND}}}'
    rows.append({"series": behind, "values": f"0+1{ENDED['alone']}"})
    return rows, [('count(model:slo_http_errors:rate{model_name="late"} > 0)', "15m", [("{}", 1)])]


def _running_of_front_ends(model, *, known):
    instances = (REPLICAS[0], "c:1")
    told = [(f'{{job="{JOB}",instance="{each}",model_name="{model}"}}', LEVELS["running"]) for each in instances]
    expr = f'instance:inference_requests_running:sum{{instance=~"{"|".join(instances)}",model_name="{model}"}}'
    return f"round({expr}, 0.001)", "15m", told if known else []


def of_a_backend_alone():
    """What Triton's backend finished is counted where its core counts nothing."""
    exposed = [each for each in engine_series.triton_vllm() if each.name != "nv_inference_request_success"]
    labels = engine_cases.labels_of("triton_vllm")
    case = asked_of("model:inference_engine_requests:rate10m", per_second("finished"), labels)
    return [*up(*REPLICAS), *series(exposed)], [case]


# What the backends that queue requests within themselves expose, under Triton's labels.
WITH_QUEUES = ("vllm:e2e_request_latency_seconds_count", "nv_trt_llm_request_metrics")
# Triton's core is asked where it was until now, and where scrapes fail since 90 seconds.
SCRAPED = {"now": ("1x80", "x80"), "lately": ("1x54 0x25", "x54 stale")}


def beside_backends_that_queue():
    """What Triton's core says of queues is not recorded of models of these backends, as long as those were there within five minutes."""
    rows, cases = [], []
    for instance, (answers, lasts) in SCRAPED.items():
        rows.append({"series": f'up{{job="{JOB}",instance="{instance}"}}', "values": answers})
        for number, name in enumerate(WITH_QUEUES):
            for minutes in (3, 7):
                model = f"{instance}-{number}-{minutes}"
                rows += _of_core(model, instance, lasts)
                ended = f"1x{60 - 4 * minutes} stale"
                rows += [{"series": _beside(name, model, instance), "values": ended}]
                cases += _of_queue(model, instance, known=minutes > 5)
        # Of a vLLM server's series the target may have a label `model`, too.
        model = f"{instance}-named"
        rows += _of_core(model, instance, lasts)
        of_server = _beside(WITH_QUEUES[0], model, instance).replace("}", ',model_name="m"}')
        rows.append({"series": of_server, "values": "1x80"})
        cases += _of_queue(model, instance, known=True)
    return rows, cases


def _of_core(model, instance, lasts):
    for row in series(engine_series.triton(), (instance,)):
        named = row["series"].replace(f'model="{MODEL}"', f'model="{model}"')
        yield {"series": named, "values": row["values"].replace("x80", lasts)}


def _beside(name, model, instance):
    return f'{name}{{job="{JOB}",instance="{instance}",model="{model}",version="1"}}'


def _of_queue(model, instance, *, known):
    labels = {"job": JOB, "model_name": model, "inference_engine": "triton", "model_version": "1"}
    told = dict.fromkeys(
        ("model:inference_requests_waiting:sum", "model:inference_requests_waiting_for_capacity:sum"),
        LEVELS["waiting"],
    )
    if instance == "now":
        told["model:inference_queue_time_seconds_sum:rate5m"] = per_second("queue_seconds", replicas=1)
        told["model:inference_queue_time_seconds_count:rate5m"] = per_second("finished", replicas=1)
    return [asked_of(name, value if known else None, labels) for name, value in told.items()]


def all_tests():
    """Series and cases by what they are about."""
    yield from ((f"no-model-{prefix}", of_no_model(prefix)) for prefix in ("colon", *engine_cases.PREFIXES))
    yield "no-model-triton", of_no_model_in_triton()
    yield "behind", behind_a_front_end()
    yield "ended-behind", of_an_ended_engine_behind_a_front_end()
    yield "beside", beside_a_front_end()
    yield "backend-alone", of_a_backend_alone()
    yield "backends-that-queue", beside_backends_that_queue()
