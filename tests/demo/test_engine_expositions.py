"""The expositions that stand for engines other than vLLM: those of SGLang's and Dynamo's own code prove the catalogue, the others repeat it."""

import re

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from demo.captures import capture_of_engine
from demo.capturing.written_metrics import ENGINES as WRITTEN
from demo.capturing.written_metrics import exposition
from demo.replay import Replay
from demo.scenarios import MODELS_OF_ENGINES, SCENARIOS
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import Histogram


def families(engine):
    text = capture_of_engine(engine).first.read_text(encoding="utf-8")
    return {family.name: family for family in text_string_to_metric_families(text)}


OF_OWN_CODE = {engine: families(engine) for engine in ("sglang", "dynamo")}
# Their names and types are there without a series.
NOT_HAPPENED = ("sglang:num_aborted_requests_total", "sglang:num_retracted_requests_total")
# Not even these are.
NOT_THERE = ("dynamo_frontend_model_rejection_total",)
PROVEN = [(engine, metric) for engine in OF_OWN_CODE for metric in CATALOGUE[engine] if metric.name not in NOT_THERE]


def family_of(engine, metric):
    return OF_OWN_CODE[engine][metric.name.removesuffix("_total")]


def test_every_engine_of_the_table_is_played_beside_vllm():
    assert set(MODELS_OF_ENGINES) | {"vllm"} == {engine.name for engine in ENGINES}
    assert set(WRITTEN) | set(OF_OWN_CODE) == set(MODELS_OF_ENGINES)
    assert set(SCENARIOS["mixed-engines"].engines) == set(MODELS_OF_ENGINES)


@pytest.mark.parametrize(("engine", "metric"), PROVEN, ids=lambda each: getattr(each, "name", each))
def test_an_engine_s_own_code_exposes_what_the_catalogue_says(engine, metric):
    """SGLang's server was not run: which requests it reports is not proven, and neither are labels of ranks and priorities that it lacks."""
    family = family_of(engine, metric)
    assert family.type == ("histogram" if isinstance(metric, Histogram) else metric.kind.value)
    if not family.samples:
        assert metric.name in NOT_HAPPENED
        return
    labels = {label for sample in family.samples for label in sample.labels} - {"le"}
    assert labels <= set(metric.labels)
    assert set(metric.labels) - labels <= {"dp_rank", "priority", "pid"}
    if isinstance(metric, Histogram):
        bounds = [float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels]
        assert tuple(sorted(set(bounds)))[:-1] == metric.bounds


@pytest.mark.parametrize("engine", WRITTEN)
def test_a_written_exposition_is_what_its_program_writes(engine):
    capture = capture_of_engine(engine)
    assert capture.first.read_text(encoding="utf-8") == exposition(engine, 1)
    assert capture.second.read_text(encoding="utf-8") == exposition(engine, 2)


@pytest.mark.parametrize("engine", MODELS_OF_ENGINES)
def test_it_can_be_replayed_and_names_its_model_or_none(engine):
    replay = Replay(capture_of_engine(engine))
    samples = [sample for family in replay.families(90) for sample in family.samples]
    assert samples
    models = {sample.labels.get("model_name", sample.labels.get("model")) for sample in samples}
    # Dynamo's answer to a request for a model that it does not have.
    assert models - {None, "unknown_model"} <= {MODELS_OF_ENGINES[engine]}


@pytest.mark.parametrize(
    ("engine", "name"), [("tgi", "tgi_request_success"), ("triton", "nv_inference_request_success")]
)
def test_a_counter_without_total_keeps_its_name_and_grows(engine, name):
    registry = CollectorRegistry()
    now = iter((0.0, 0.0, 60.0))
    registry.register(Replay(capture_of_engine(engine), clock=lambda: next(now)))
    lines = [generate_latest(registry).decode().splitlines() for _ in range(2)]
    before, after = (
        [float(line.rpartition(" ")[2]) for line in each if re.match(rf"{name}[ {{]", line)] for each in lines
    )
    assert [later - sooner for sooner, later in zip(before, after, strict=True)] == [120]


@pytest.mark.parametrize(
    ("engine", "counter", "finished"),
    [("sglang", "sglang:num_requests_total", 120), ("dynamo", "dynamo_frontend_requests_total", 119)],
)
def test_two_requests_a_second_finish_in_those_of_own_code_too(engine, counter, finished):
    replay = Replay(capture_of_engine(engine))
    before, after = (
        sum(sample.value for family in replay.families(seconds) for sample in family.samples if sample.name == counter)
        for seconds in (0, 60)
    )
    assert after - before == finished
