import pytest
from prometheus_client import CollectorRegistry

from tests.support.exporter_fakes import HandClock


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
