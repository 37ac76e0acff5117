"""Fleets of a few lines in a real Prometheus."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from glassbox.doctor.fleet import look_at, names_lately
from glassbox.doctor.obstacles import obstacles_of
from glassbox.prometheus.api import Prometheus
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings
from tests.doctor.test_doctor_command import prometheus_with


@pytest.fixture
def holding(tmp_path):
    """Clients of a Prometheus that has scraped these lines for some minutes."""

    @contextmanager
    def started(lines: Iterable[str]) -> Iterator[Prometheus]:
        ensure_components()
        now = int(time.time())
        with prometheus_with(list(lines), tmp_path, now - 1200, now) as url, Prometheus(url) as client:
            yield client

    return started


@pytest.fixture
def examined(holding):
    """The fleet that these lines are, and the obstacles in its way."""

    def look(lines: Iterable[str]):
        with holding(lines) as client:
            fleet = look_at(client, names_lately(client))
            return fleet, list(obstacles_of(fleet, Settings(), client, window_seconds=120, recorded=frozenset({"a"})))

    return look


@pytest.fixture
def found(examined):
    """The fleet that these lines are, and what is in its way, without what jobs.services lists or should."""

    def look(lines: Iterable[str]):
        fleet, obstacles = examined(lines)
        return fleet, [
            (each.about, each.problem) for each in obstacles if "jobs.services" not in each.problem + each.advice
        ]

    return look


@pytest.fixture
def found_advice(examined):
    """What to do about each job that jobs.services does not list."""

    def look(lines: Iterable[str]):
        return {each.about: each.advice for each in examined(lines)[1] if "does not list" in each.problem}

    return look
