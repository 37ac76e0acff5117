"""A server of each version that is known, and a client of it; each test works in its own folder, where pushes keep their backups."""

import pytest

from tests.support.small_bundle import VERSIONS, grafana_of


@pytest.fixture(params=VERSIONS)
def servers(request):
    with grafana_of(request.param) as pair:
        yield pair


@pytest.fixture(autouse=True)
def own_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
