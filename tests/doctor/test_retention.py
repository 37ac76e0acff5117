"""How long servers keep samples, as far as they say it."""

import time

import pytest

from glassbox.doctor.listing import roughly
from glassbox.doctor.retention import Retention, retention_of
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers.blocks import write_blocks
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import prometheus
from glassbox.servers.victoria import victoria_metrics
from tests.support.fake_prometheus import FakePrometheus, fake_prometheus
from tests.support.fleet_lines import line
from tests.support.posted import posted

DAY_SECONDS = 86400
UP = [line("up", job="llm", instance="a")]


def asked(url, days=2):
    with Prometheus(url) as client:
        return retention_of(client, days)


def test_a_prometheus_says_how_long_it_keeps_and_its_oldest_sample_is_found(tmp_path):
    ensure_components()
    now = int(time.time())
    write_blocks({60: UP}, now - DAY_SECONDS, now, tmp_path / "data")
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path) as server:
        found = asked(server.url)
        assert asked(server.url, days=3650).obstacle() is not None
    assert (found.seconds, found.by_size) == (15 * DAY_SECONDS, False), "15 days are Prometheus' default"
    assert found.oldest_seconds == pytest.approx(DAY_SECONDS, abs=120)
    assert (found.obstacle(), found.unknown()) == (None, "")


@pytest.mark.parametrize("minutes", [3, 40])
def test_a_server_that_has_just_begun_is_not_said_to_have_nothing(tmp_path, minutes):
    ensure_components()
    now = int(time.time())
    write_blocks({15: UP}, now - minutes * 60, now, tmp_path / "data")
    (tmp_path / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with prometheus(tmp_path / "prometheus.yml", folder=tmp_path) as server:
        found = asked(server.url, days=30)
    assert found.oldest_seconds == pytest.approx(minutes * 60, abs=70)


def test_of_a_victoria_metrics_the_oldest_sample_alone_is_known(tmp_path):
    ensure_components(DEBIAN_PACKAGES | SCALE_OUT_PACKAGES)
    now = int(time.time())
    with victoria_metrics(tmp_path) as server:
        posted(server.url, UP, range(now - DAY_SECONDS, now, 60))
        found = asked(server.url)
    assert (found.seconds, found.obstacle()) == (None, None)
    assert found.oldest_seconds == pytest.approx(DAY_SECONDS, abs=120)
    assert found.unknown() == (
        "How long samples are kept: this server does not say it. "
        f"Error budgets look back for 2 days, and the oldest sample of up within 2 days is about {roughly(found.oldest_seconds)} old."
    )


@pytest.mark.parametrize("seconds", [None, 3600])
def test_samples_of_the_whole_period_leave_nothing_unknown(seconds):
    assert Retention(DAY_SECONDS, seconds, by_size=True, oldest_seconds=DAY_SECONDS).unknown() == ""
    assert (
        Retention(DAY_SECONDS, seconds, by_size=True, oldest_seconds=None)
        .unknown()
        .endswith("no sample of up was found.")
    )


def test_less_than_the_period_is_in_the_way():
    obstacle = Retention(30 * DAY_SECONDS, 15 * DAY_SECONDS, by_size=False, oldest_seconds=7200).obstacle()
    assert obstacle is not None
    assert f"{obstacle.about} {obstacle.problem}: {obstacle.advice}." == (
        "This server keeps samples for 15 days, and error budgets look back for 30 days; "
        "the oldest sample of up within 30 days is about 2 hours old: keep them for 30 days or longer, or shorten slo_period_days."
    )


@pytest.mark.parametrize(
    ("said", "seconds", "by_size"),
    [
        ({"storageRetention": "15d"}, 15 * DAY_SECONDS, False),
        ({"storageRetention": "1y2w"}, 379 * DAY_SECONDS, False),
        ({"storageRetention": "30d or 50GiB"}, 30 * DAY_SECONDS, True),
        ({"storageRetention": "512MB"}, None, True),
        ({"storageRetention": ""}, None, False),
        ({"storageRetention": 3}, None, False),
        ("text", None, False),
    ],
)
def test_what_servers_say_is_read(said, seconds, by_size, monkeypatch):
    answer = FakePrometheus.answer
    monkeypatch.setattr(
        FakePrometheus, "answer", lambda *them: said if them[1].endswith("/runtimeinfo") else answer(*them)
    )
    with fake_prometheus({}) as server:
        found = asked(server.url)
    assert (found.seconds, found.by_size) == (seconds, by_size)
