"""The simulated dcgm-exporter speaks as the catalogue says, and its scenarios do what they are called."""

import urllib.request
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from demo.simulated_dcgm import Scenario, SimulatedDcgm, idle, lost, simulated_dcgm, starved, throttled, xid
from glassbox.metrics import CATALOGUE, dcgm
from glassbox.metrics.types import Metric

SHARES = (
    dcgm.GPU_UTIL,
    dcgm.MEM_COPY_UTIL,
    dcgm.GR_ENGINE_ACTIVE,
    dcgm.PIPE_TENSOR_ACTIVE,
    dcgm.DRAM_ACTIVE,
)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def started(*scenarios: Scenario, gpus: int = 2) -> tuple[SimulatedDcgm, Clock]:
    clock = Clock()
    return SimulatedDcgm(*scenarios, gpus=gpus, clock=clock), clock


def value(exporter: SimulatedDcgm, metric: Metric, gpu: int = 0) -> float | None:
    families = {family.name: family for family in text_string_to_metric_families(exporter.exposition())}
    found = [sample.value for sample in families[metric.name].samples if sample.labels["gpu"] == str(gpu)]
    return found[0] if found else None


def test_names_types_and_labels_are_those_of_the_catalogue() -> None:
    exporter, _ = started()
    families = {family.name: family for family in text_string_to_metric_families(exporter.exposition())}
    assert set(families) == {metric.name for metric in CATALOGUE["dcgm"]}
    for metric in CATALOGUE["dcgm"]:
        assert families[metric.name].type == metric.kind.value
        assert f"\n{metric.name}{{" in exporter.exposition()
        assert [set(sample.labels) for sample in families[metric.name].samples] == [set(metric.labels)] * 2


def test_memory_adds_up_and_ratios_stay_between_0_and_1() -> None:
    exporter, clock = started()
    for _ in range(13):
        clock.seconds += 10
        parts = [value(exporter, metric) or 0.0 for metric in (dcgm.FB_USED, dcgm.FB_FREE, dcgm.FB_RESERVED)]
        assert sum(parts) == 81920
        for metric in (dcgm.GR_ENGINE_ACTIVE, dcgm.PIPE_TENSOR_ACTIVE, dcgm.DRAM_ACTIVE):
            assert 0 < (value(exporter, metric) or 0.0) < 1


@pytest.mark.parametrize(
    "scenarios",
    [(), (idle,), (starved,), (partial(throttled, on_gpu=0, from_seconds=0),)],
    ids=["healthy", "idle", "starved", "throttled"],
)
def test_a_duty_cycle_is_not_shorter_than_the_work_in_it(scenarios: tuple[Scenario, ...]) -> None:
    """Memory moves data only in the time with memory traffic, and the tensor pipe works only while the engine is active."""
    exporter, clock = started(*scenarios)
    for _ in range(8):
        clock.seconds += 15
        kernels, copies, engine, tensor, memory = (value(exporter, metric) or 0.0 for metric in SHARES)
        assert tensor <= engine <= kernels / 100 <= 1
        assert memory <= copies / 100 <= kernels / 100


def test_energy_is_the_integral_of_power() -> None:
    exporter, clock = started(idle)
    assert value(exporter, dcgm.TOTAL_ENERGY) == 0
    clock.seconds += 20
    assert value(exporter, dcgm.TOTAL_ENERGY) == 75 * 20 * 1000


def test_an_xid_stays_the_last_one_and_is_a_label_too() -> None:
    exporter, clock = started(partial(xid, code=79, on_gpu=1, from_seconds=30))
    assert value(exporter, dcgm.XID_ERRORS, gpu=1) == 0
    clock.seconds += 30
    assert value(exporter, dcgm.XID_ERRORS, gpu=1) == 79
    assert value(exporter, dcgm.XID_ERRORS, gpu=0) == 0
    assert 'err_code="79",err_msg="Simulated error"} 79' in exporter.exposition()


def test_a_throttled_gpu_is_busy_at_half_its_clock() -> None:
    exporter, clock = started(partial(throttled, on_gpu=0, from_seconds=30))
    assert value(exporter, dcgm.SM_CLOCK) == 1980
    clock.seconds += 30
    assert value(exporter, dcgm.SM_CLOCK) == 990
    assert value(exporter, dcgm.GPU_UTIL) == 98
    assert value(exporter, dcgm.SM_CLOCK, gpu=1) == 1980


def test_a_lost_gpu_has_no_series_and_the_other_goes_on() -> None:
    exporter, clock = started(idle, partial(lost, on_gpu=0, from_seconds=30), idle)
    clock.seconds += 30
    assert [value(exporter, metric) for metric in CATALOGUE["dcgm"]] == [None] * len(CATALOGUE["dcgm"])
    assert value(exporter, dcgm.FB_USED, gpu=1) == pytest.approx(0.9 * 81920)


def test_it_is_served_where_prometheus_asks() -> None:
    with simulated_dcgm(gpus=1) as url, urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert answer.read().decode().count("DCGM_FI_DEV_GPU_UTIL{") == 1
