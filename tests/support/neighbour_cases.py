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
    rows, cases = [*up(*REPLICAS, "w:1")], []
    for model, ended in ENDED.items():
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
        }
        cases += [
            asked_of(name, value if model == "alone" else None, labels)
            for name, value in told.items()
            if "admission" not in name
        ]
    return rows, cases


def all_tests():
    """Series and cases by what they are about."""
    yield from ((f"no-model-{prefix}", of_no_model(prefix)) for prefix in ("colon", *engine_cases.PREFIXES))
    yield "no-model-triton", of_no_model_in_triton()
    yield "behind", behind_a_front_end()
    yield "ended-behind", of_an_ended_engine_behind_a_front_end()
    yield "beside", beside_a_front_end()
