"""Exporters of GPUs in a real Prometheus."""

import pytest

from glassbox.doctor.examining import seen_on
from glassbox.doctor.gpus_shared import measured_twice, whose_is_unknown
from glassbox.settings.model import Gpu, Settings
from tests.support.fleet_lines import line, server


def amd(name, value=1, **labels):
    return line(name, value, job="amd", instance="10.0.0.1:5000", card_model="MI300X", **labels)


def test_amds_gpus_are_counted_with_what_none_of_them_reports(found):
    cards = [
        each
        for gpu in ("0", "1", "2")
        for each in (amd("gpu_gfx_activity", gpu_id=gpu), amd("gpu_used_vram", gpu_id=gpu))
    ]
    fleet, in_the_way = found([*cards, line("gpu_clock", job="others", instance="a")])
    assert [(each.job, each.exporter, each.hosts, each.gpus) for each in fleet.gpus] == [
        ("amd", "AMD's device-metrics-exporter", 1, 3)
    ]
    (gpus,) = fleet.gpus
    assert {"gpu_package_power", "gpu_clock"} < set(gpus.lacks)
    assert not {"gpu_gfx_activity", "gpu_used_vram"} & set(gpus.lacks)
    assert in_the_way == []


def dcgm(job="dcgm", instance="10.0.0.1:9400", uuid="GPU-aa", **labels):
    return line("DCGM_FI_DEV_GPU_UTIL", job=job, instance=instance, gpu="0", UUID=uuid, **labels)


def smi(instance="10.0.0.1:9835", uuid="aa"):
    return line("nvidia_smi_power_draw_watts", job="smi", instance=instance, uuid=uuid)


COUNT_TWICE = "so that these and their cost count twice"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([dcgm(), smi(instance="10.9.9.9:9835")], [("dcgm and smi", f"measure the same GPUs, {COUNT_TWICE}")]),
        (
            [dcgm(), dcgm(job="again", instance="gpu-1:9400")],
            [("again and dcgm", f"measure the same GPUs, {COUNT_TWICE}")],
        ),
        (
            [dcgm(), dcgm(instance="gpu-1:9400")],
            [("dcgm", f"measures the same GPUs from several targets, {COUNT_TWICE}")],
        ),
        (
            [dcgm(), line("gpu_power_watts", job="ocr", instance="10.0.0.1:8000", gpu_id="0")],
            [("dcgm and ocr", "measure GPUs of the same hosts, so that these and their cost may count twice")],
        ),
        (
            [
                dcgm(),
                dcgm(instance="10.0.0.2:9400", uuid="GPU-bb"),
                smi("10.0.0.3:9835", "cc"),
                amd("gpu_used_vram", gpu_id="0"),
            ],
            [],
        ),
        ([dcgm(cluster="a"), dcgm(cluster="b"), dcgm(cluster="b", replica="2")], []),
        ([line("up", job="a", instance="b")], []),
    ],
    ids=["two-exporters", "two-jobs", "two-targets", "ours", "each-its-own", "two-clusters", "none"],
)
def test_gpus_that_are_measured_twice_are_said(holding, lines, said):
    with holding(lines) as client:
        found = list(measured_twice(client, seen_on(client).names))
    assert [(each.about, each.problem) for each in found] == said


def pod_of(job, pod):
    target = {"job": job, "instance": f"{pod}:8000", "namespace": "ml", "pod": pod}
    return [line("up", **target), line("vllm:num_requests_running", model_name=pod, **target)]


GPU_OF_A_POD = dcgm(exported_pod="a", exported_namespace="ml")
OWN_POD = {"job": "dcgm", "instance": "10.0.0.1:9400", "pod": "dcgm-x"}


@pytest.mark.parametrize(
    ("lines", "queue_labels", "how"),
    [
        ([*server("a"), *server("b"), dcgm()], (), "no label ties them; pods would in Kubernetes, elsewhere one job for a service and its GPUs, and gpu.queue_labels: [job]"),
        ([*pod_of("llm", "a"), *pod_of("llm", "b"), dcgm(pod="dcgm-x"), line("up", **OWN_POD)], (), "services have the label pod, and GPUs would have it with dcgm-exporter's --kubernetes"),
        ([*server("a"), *server("b"), GPU_OF_A_POD], (), "GPUs have the label pod, and services would have it from the discovery of pods or the Prometheus Operator"),
        ([*server("a"), *server("dcgm"), dcgm()], (), "both are of one job, so gpu.queue_labels: [job] ties them"),
        ([*server("a"), *server("dcgm"), dcgm()], ("job",), None),
        ([*pod_of("llm", "a"), *pod_of("llm", "b"), GPU_OF_A_POD], (), None),
        ([*server("a"), dcgm()], (), None),
    ],
    ids=["nothing", "pods-of-services", "pods-of-gpus", "one-job", "one-job-that-ties", "pods-of-both", "one-model"],
)  # fmt: skip
def test_gpus_that_may_be_anybodys_are_said_with_what_would_tie_them(holding, lines, queue_labels, how):
    with holding(lines) as client:
        seen = seen_on(client)
        found = list(whose_is_unknown(client, seen.fleet, Settings(gpu=Gpu(queue_labels=queue_labels)), seen.names))
    assert found == ([f"Which GPUs of dcgm serve which of 2 models: {how}."] if how else [])
