"""Labels that Prometheus renamed, in a real one."""

import pytest

from glassbox.doctor.examining import seen_on
from glassbox.doctor.fleet import services_selector
from glassbox.doctor.gpus_there import gpu_selectors
from glassbox.doctor.hidden_labels import hidden_labels
from tests.support.fleet_lines import RUNNING, line, server

TARGET = {"job": "llm", "instance": "10.0.0.1:8000"}
GATHERED = "has series of other targets, which stand in {}, so that they count as one target"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [line(RUNNING, **TARGET, exported_job="a", exported_instance="b")],
            [("llm", GATHERED.format("exported_job and exported_instance"))],
        ),
        (
            [line(RUNNING, **TARGET, model_name="wanted", exported_model_name="own")],
            [("llm", "has labels of its own in exported_model_name, so that our series take those of the target")],
        ),
        (
            [*server("llm"), line("DCGM_FI_DEV_GPU_UTIL", job="gpus", instance="x", gpu="0", exported_instance="y")],
            [("gpus", GATHERED.format("exported_instance"))],
        ),
        ([*server("llm"), line("DCGM_FI_DEV_GPU_UTIL", job="gpus", instance="x", gpu="0", exported_pod="y")], []),
        ([line("up", job="others", instance="x", exported_job="y")], []),
    ],
    ids=["gathered", "model", "gpus", "pods", "others"],
)
def test_labels_that_prometheus_renamed_are_said(holding, lines, said):
    with holding(lines) as client:
        names = seen_on(client).names
        found = list(hidden_labels(client, services_selector(names), gpu_selectors(names)))
    assert [(each.about, each.problem) for each in found] == said
    assert all(each.advice.startswith("set honor_labels: true") for each in found)
