"""Services that have no series now, or share their job with others, in a real Prometheus and a VictoriaMetrics."""

import time

import pytest
import yaml

from glassbox.doctor.fitting import settings_text
from glassbox.doctor.fleet import look_at, names_lately
from glassbox.doctor.listing import roughly
from glassbox.doctor.obstacles import obstacles_of
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.blocks import write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.servers.victoria import victoria_metrics
from glassbox.settings.model import Settings
from tests.support.fleet_lines import RUNNING, line, server
from tests.support.posted import posted

HOUR_SECONDS = 3600
FAILED = {"job": "llm", "instance": "10.0.0.1:8000"}
SILENT = {"job": "silent", "instance": "10.0.0.2:8000"}
GONE = {"job": "gone", "instance": "10.0.0.3:8000"}
EARLIER = [line(RUNNING, model_name="m", **target) for target in (FAILED, SILENT, GONE)]
NOW = [line("up", 0, **FAILED), line("up", 1, **SILENT)]


def looked_at(url):
    with Prometheus(url) as client:
        fleet = look_at(client, names_lately(client))
        found = obstacles_of(fleet, Settings(), client, window_seconds=120, recorded=frozenset({"a"}))
        return fleet, {each.about: each.problem for each in found}


def is_as_it_is(fleet, problems):
    down = {each.job: (each.engines, each.failing, each.answering) for each in fleet.down}
    assert down == {"llm": (("vLLM",), 1, 0), "silent": (("vLLM",), 0, 1), "gone": (("vLLM",), 0, 0)}
    assert all(abs(each.ended_seconds - HOUR_SECONDS) < 420 for each in fleet.down)
    since = roughly(fleet.down[0].ended_seconds)
    assert fleet.services == ()
    assert problems["llm"] == f"has had no series of vLLM for about {since}: its target fails to be scraped"
    assert problems["silent"] == f"has had no series of vLLM for about {since}, though its target answers scrapes"
    assert problems["gone"] == f"has had no series of vLLM for about {since}, and has no targets"


def test_services_whose_series_ended_an_hour_ago_are_down(tmp_path):
    ensure_components()
    now = int(time.time())
    write_blocks({15: EARLIER}, now - 2 * HOUR_SECONDS, now - HOUR_SECONDS, tmp_path / "data")
    write_blocks({15: NOW}, now - 300, now, tmp_path / "data")
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path) as running:
        fleet, problems = looked_at(running.url)
    is_as_it_is(fleet, problems)
    written = yaml.safe_load(settings_text(fleet, "http://x"))
    assert written["jobs"]["services"] == ["llm"], "what nobody scrapes, or is no service now, is not watched"
    assert written["engines"] == ["vllm"]


def test_victoria_metrics_knows_them_too(tmp_path):
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)
    now = int(time.time())
    with victoria_metrics(tmp_path) as running:
        posted(running.url, EARLIER, range(now - 2 * HOUR_SECONDS, now - HOUR_SECONDS, 15))
        posted(running.url, NOW, range(now - 300, now, 15))
        is_as_it_is(*looked_at(running.url))


def test_a_job_for_all_pods_is_not_called_mute(found):
    others = [line("up", job="pods", instance=f"10.0.1.{number}:80") for number in range(3)]
    fleet, in_the_way = found([*server("pods"), *others])
    assert [(each.targets, each.mute, each.is_shared) for each in fleet.services] == [(1, 3, True)]
    assert in_the_way == [
        ("pods", "has 1 target with series of an engine and 3 without, so alerts on its targets are about both")
    ]
    assert "    - pods  # 1 target with series of vLLM, and 3 without" in settings_text(fleet, "http://x").splitlines()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_durations_are_said_roughly(seconds, said):
    assert roughly(seconds) == said
