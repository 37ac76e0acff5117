"""Prefill instances that their own series tell, and no label of their target, in a real Prometheus."""

import pytest

from glassbox.doctor.examining import seen_on
from glassbox.doctor.fleet import services_selector
from glassbox.doctor.prefill_there import prefill_in_the_way
from tests.support.fleet_lines import RUNNING, line

TARGET = {"job": "llm", "instance": "10.0.0.1:8000", "model_name": "m"}
SGLANG = "sglang_num_running_reqs"


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([line(SGLANG, **TARGET, engine_type="prefill")], 1),
        ([line(SGLANG, **TARGET, engine_type="prefill", tp_rank=rank) for rank in ("0", "1")], 1),
        ([line(RUNNING, **TARGET, dynamo_component="prefill")], 1),
        ([line(RUNNING, **{**TARGET, "instance": each}, dynamo_component="prefill") for each in "ab"], 2),
        ([line(SGLANG, **TARGET, engine_type="prefill", inference_role="prefill")], 0),
        ([line(SGLANG, **TARGET, engine_type="decode")], 0),
        ([line("other", **TARGET, engine_type="prefill"), line(RUNNING, **TARGET)], 0),
    ],
    ids=["sglang", "ranks", "dynamo", "two", "labelled", "decode", "other"],
)
def test_prefill_instances_without_the_label_are_said(holding, lines, number):
    with holding(lines) as client:
        found = list(prefill_in_the_way(client, services_selector(seen_on(client).names)))
    said = {
        0: [],
        1: [("llm", "has 1 prefill instance without the label inference_role, so that its requests count twice")],
        2: [("llm", "has 2 prefill instances without the label inference_role, so that their requests count twice")],
    }
    assert [(each.about, each.problem) for each in found] == said[number]
    assert all("inference_role: prefill" in each.advice for each in found)


def test_without_services_nothing_is_asked(holding):
    with holding([line("up", **TARGET)]) as client:
        assert list(prefill_in_the_way(client, "")) == []
