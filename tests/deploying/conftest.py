"""A server of each version that is known, and a client of it."""

import pytest

from tests.support.small_bundle import VERSIONS, grafana_of


@pytest.fixture(params=VERSIONS)
def servers(request):
    with grafana_of(request.param) as pair:
        yield pair
