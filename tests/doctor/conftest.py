"""Fleets of a few lines in a real Prometheus."""

import time
from collections.abc import Iterable

import pytest

from glassbox.doctor.fleet import look_at, names_lately
from glassbox.doctor.obstacles import obstacles_of
from glassbox.prometheus.api import Prometheus
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Settings
from tests.doctor.test_doctor_command import prometheus_with


@pytest.fixture
def found(tmp_path):
    """The fleet that these lines are, and what is in its way."""

    def look(lines: Iterable[str]):
        ensure_components()
        now = int(time.time())
        with prometheus_with(list(lines), tmp_path, now - 1200, now) as url, Prometheus(url) as client:
            names = names_lately(client)
            fleet = look_at(client, names)
            found = obstacles_of(fleet, Settings(), client, window_seconds=120, recorded=frozenset({"a"}))
            return fleet, [(each.about, each.problem) for each in found if "jobs.services" not in each.advice]

    return look
