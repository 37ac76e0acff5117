"""The expositions that stand for engines other than vLLM: that of SGLang's own code proves the catalogue, the others repeat it."""

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


OF_SGLANG = families("sglang")
# Their names and types are there without a series.
NOT_HAPPENED = ("sglang:num_aborted_requests_total", "sglang:num_retracted_requests_total")


def family_of(metric):
    return OF_SGLANG[metric.name.removesuffix("_total")]


def test_every_engine_of_the_table_is_played_beside_vllm():
    assert set(MODELS_OF_ENGINES) | {"vllm"} == {engine.name for engine in ENGINES}
    assert set(WRITTEN) | {"sglang"} == set(MODELS_OF_ENGINES)
    assert set(SCENARIOS["mixed-engines"].engines) == set(MODELS_OF_ENGINES)


@pytest.mark.parametrize("metric", CATALOGUE["sglang"], ids=lambda metric: metric.name)
def test_sglang_s_own_code_exposes_what_the_catalogue_says(metric):
    """Its server was not run: which requests it reports is not proven, and neither are labels of ranks and priorities that it lacks."""
    family = family_of(metric)
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
    assert models - {None} <= {MODELS_OF_ENGINES[engine]}


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


def test_two_requests_a_second_finish_in_sglang_s_too():
    replay = Replay(capture_of_engine("sglang"))
    before, after = (
        sum(
            sample.value
            for family in replay.families(seconds)
            for sample in family.samples
            if sample.name == "sglang:num_requests_total"
        )
        for seconds in (0, 60)
    )
    assert after - before == 120
