"""What scrapes of the demo's targets would have stored."""

import math

import pytest

from demo.raw_past import SCRAPE_SECONDS, dcgm_history, raw_series
from demo.simulated_dcgm import MILLIJOULES_PER_JOULE, healthy
from glassbox.metrics import dcgm

TARGET = {"job": "vllm", "instance": "127.0.0.1:8000", "inference_engine": "vllm"}
BEGIN, END = 1_000_000, 1_000_600


def history(times):
    yield "tokens_total", {"model_name": "m"}, [time + 600 for time in times]
    yield "tokens_created", {}, [1.0 for _ in times]
    yield "gpu_exporter_last_success_timestamp_seconds", {}, [5.0 for _ in times]


@pytest.fixture
def stored():
    return {each.labels["__name__"]: each for each in raw_series(TARGET, 2, history, BEGIN, END)}


def test_a_series_has_a_value_for_each_scrape_before_the_present(stored):
    times_ms = stored["tokens_total"].times_ms
    assert times_ms == [1_000_001_462 + 15_000 * scrape for scrape in range(40)]
    assert times_ms[-1] <= 1000 * END < times_ms[-1] + 1000 * SCRAPE_SECONDS
    assert stored["tokens_total"].values == pytest.approx([1.462 + 15 * scrape for scrape in range(40)])
    assert stored["tokens_total"].labels == {"__name__": "tokens_total", "model_name": "m", **TARGET}


def test_prometheus_own_series_of_a_target_are_there(stored):
    names = ("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added")
    assert [stored[name].values[0] for name in names] == [1, 0.012, 3, 0]
    assert {len(each.times_ms) for each in stored.values()} == {len(each.values) for each in stored.values()} == {40}


def test_a_time_is_that_of_the_scrape_and_times_of_creation_are_left_out(stored):
    last = stored["gpu_exporter_last_success_timestamp_seconds"]
    assert [round(1000 * value) for value in last.values] == last.times_ms
    assert "tokens_created" not in stored


def test_targets_are_scraped_at_different_moments():
    firsts = {next(raw_series(TARGET, number, history, BEGIN, END)).times_ms[0] % 15_000 for number in range(6)}
    assert len(firsts) == 6


def test_gpus_have_the_energy_of_the_power_that_was_read():
    times = [-60.0, -45.0, -30.0, -15.0, 0.0]
    series = {(name, labels["gpu"]): values for name, labels, values in dcgm_history((), 2)(times)}
    power = series[dcgm.POWER_USAGE.name, "1"]
    assert power == [healthy(seconds, 1)[dcgm.POWER_USAGE] for seconds in (0, 15, 30, 45, 60)]
    joules = [15 * watts for watts in power[1:]]
    energy = [MILLIJOULES_PER_JOULE * math.fsum(joules[:count]) for count in range(5)]
    assert series[dcgm.TOTAL_ENERGY.name, "1"] == pytest.approx(energy)
