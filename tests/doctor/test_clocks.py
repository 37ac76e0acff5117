"""Clocks that differ, and samples that arrive late, in a real Prometheus."""

import time

import pytest

from glassbox.doctor import clocks
from glassbox.doctor.clocks import clocks_in_the_way
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import SCALE_OUT_PACKAGES, find
from glassbox.servers.blocks import write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus, running
from tests.support.fleet_lines import line


@pytest.fixture(scope="module")
def late(tmp_path_factory):
    """A Prometheus whose newest sample is three minutes old."""
    ensure_components()
    folder, now = tmp_path_factory.mktemp("late"), int(time.time())
    write_blocks({15: [line("up", job="llm", instance="a")]}, now - 900, now - 180, folder / "data")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(folder / "prometheus.yml", folder=folder) as server:
        yield server.url


def test_a_server_that_answers_as_of_a_minute_ago_has_no_other_clock(tmp_path):
    """VictoriaMetrics does so for half a minute unless told otherwise."""
    ensure_components(SCALE_OUT_PACKAGES)
    flags = [f"-storageDataPath={tmp_path / 'data'}", "-search.latencyOffset=60s", "-memory.allowedBytes=128MiB"]
    command = [str(find("victoria-metrics")), *flags]
    with running("VictoriaMetrics", command, folder=tmp_path, listen_flag="-httpListenAddr") as server:
        assert problems(server.url) == []


def problems(url):
    with Prometheus(url) as client:
        return [each.problem for each in clocks_in_the_way(client)]


def test_samples_that_are_three_minutes_old_are_late(late):
    (said,) = problems(late)
    assert said in {f"has no sample of up from the last {minutes} minutes" for minutes in (3, 4)}


@pytest.mark.parametrize(
    ("ours_seconds", "said"),
    [
        (60, "has a clock that is 60 seconds behind the clock here"),
        (-600, "has a clock that is 10 minutes ahead of the clock here"),
    ],
)
def test_clocks_that_differ_are_said_with_the_side(late, monkeypatch, ours_seconds, said):
    now = time.time
    monkeypatch.setattr(clocks, "time", type("Shifted", (), {"time": staticmethod(lambda: now() + ours_seconds)}))
    assert problems(late)[0] == said


def test_a_clock_of_a_few_seconds_more_is_nothing(late, monkeypatch):
    now = time.time
    monkeypatch.setattr(clocks, "time", type("Shifted", (), {"time": staticmethod(lambda: now() + 5)}))
    assert [each for each in problems(late) if "clock" in each] == []
