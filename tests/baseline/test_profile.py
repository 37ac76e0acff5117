"""Which blocks of Prometheus' answers count, and at which load: with answers that are written here."""

import pytest

from glassbox.baseline.profile import OF_NO_MODEL, Served, measured
from glassbox.baseline.time_window import measure
from glassbox.errors import GlassboxError
from glassbox.metrics import scrape
from glassbox.metrics.types import Unit
from glassbox.prometheus.samples import SampledSeries
from glassbox.query.measures import Measure, Measures
from glassbox.query.promql import instant, max_by
from glassbox.query.rules import Series
from glassbox.settings.model import Jobs, Settings, Thresholds

LABELS = ("job", "model_name", "model_version", "inference_engine")
QWEN = Served("vllm", "qwen", "2", "vllm")
REQUESTS, LOAD, LATENCY, POWER = (
    Measure(name, instant(Series(f"model:{name}:test", Unit.NONE, LABELS)))
    for name in ("requests", "load", "latency", "power")
)
ANSWERING = Measure("answering", max_by(("job",), instant(scrape.UP)))
MEASURES = Measures(requests=REQUESTS, load=LOAD, others=(LATENCY, POWER, ANSWERING))
OF_QWEN = dict(zip(LABELS, ("vllm", "qwen", "2", "vllm"), strict=True))


class Answers:
    """Values by time of each measure, of qwen but for the power, which is of no model; notes what it is asked."""

    url = "http://prometheus.test"

    def __init__(self, **values):
        self.values, self.asked = values, []

    def range(self, query, start, end, step_seconds):
        self.asked.append((query, start, end, step_seconds))
        found = [(name, values) for name, values in self.values.items() if f":{name}:" in query]
        return [SampledSeries({} if name == "power" else OF_QWEN, values) for name, values in found]


def profile(minimum_requests=20, **values):
    settings = Settings(thresholds=Thresholds(minimum_requests=minimum_requests))
    return measured(Answers(**values), MEASURES, settings, 3000, 1200)


def test_blocks_end_at_each_five_minutes_after_the_beginning_of_the_window():
    prometheus = Answers(requests={3000: 1.0}, load={3000: 1.0})
    measured(prometheus, MEASURES, Settings(), 3000, 1200)
    assert {asked[1:] for asked in prometheus.asked} == {(2100, 3000, 300)}


@pytest.mark.parametrize("second", ["00", "07", "59"])
def test_a_window_ends_with_the_last_whole_five_minutes(second):
    prometheus = Answers(requests={1_790_000_100: 1.0}, load={1_790_000_100: 1.0})
    found = measure(MEASURES, Settings(), prometheus, window="44m", end=f"2026-09-21T14:19:{second}Z")
    assert (found.end, found.window_seconds) == (1_790_000_100, 2400)
    assert {asked[1:] for asked in prometheus.asked} == {(1_789_998_000, 1_790_000_100, 300)}


def test_names_that_other_software_uses_are_read_of_the_services_alone():
    prometheus = Answers(requests={3000: 1.0}, load={3000: 1.0})
    measured(prometheus, MEASURES, Settings(jobs=Jobs(services=("ours", "vllm"))), 3000, 1200)
    assert [asked[0] for asked in prometheus.asked if "up" in asked[0]] == ['max by (job) (up{job=~"ours|vllm"})']
    assert "model:requests:test" in {asked[0] for asked in prometheus.asked}


def test_a_block_counts_at_the_level_of_its_load_with_what_was_measured_then():
    load = {2100: 2.0, 2400: 3.9, 2700: 4.0, 3000: 0.3}
    found = profile(requests=dict.fromkeys(load, 1.0), load=load, latency={2100: 0.1, 2700: 0.3}, power={2400: 400.0})
    assert found == {
        QWEN: {
            1: {"requests": [1.0, 1.0], "load": [2.0, 3.9], "latency": [0.1], "power": [400.0]},
            2: {"requests": [1.0], "load": [4.0], "latency": [0.3]},
            -2: {"requests": [1.0], "load": [0.3]},
        }
    }
    assert OF_NO_MODEL not in found


def test_a_block_of_fewer_requests_than_mean_something_is_left_out():
    """19 and 20 requests in five minutes."""
    found = profile(requests={2700: 19 / 300, 3000: 20 / 300}, load={2700: 1.0, 3000: 1.5})
    assert found[QWEN][0]["load"] == [1.5]


@pytest.mark.parametrize("load", [0.0, 2.0**-13])
def test_a_load_of_nearly_nothing_is_none_even_where_a_single_request_counts(load):
    with pytest.raises(GlassboxError, match="has no requests of a model in this window"):
        profile(minimum_requests=1, requests={3000: 1.0}, load={3000: load})
