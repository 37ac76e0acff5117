"""Each test works in its own folder, where pushes keep their backups."""

import pytest


@pytest.fixture(autouse=True)
def own_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
