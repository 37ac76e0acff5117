"""Real servers for the end-to-end tests, fetched where they are missing and ended with the session."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from glassbox.cli.grafana_options import BACKUPS
from glassbox.http.retries import Patience
from glassbox.servers.components import ensure_components
from glassbox.servers.processes import Server, alertmanager, prometheus
from tests.support.longest_first import LONGEST_FIRST
from tests.support.paths import ROOT

ServerFactory = Callable[[Mapping[str, Any]], Server]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    rank = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are repeated at once: a data source that nobody serves does not begin to answer meanwhile."""
    monkeypatch.setattr(Patience, "pause", staticmethod(lambda _seconds: None))


@pytest.fixture(autouse=True)
def no_backups_in_the_checkout() -> Iterator[None]:
    """A push of a test keeps its backup in a folder of the test: `--backups DIR`, or the working directory."""
    here = ROOT / BACKUPS
    before = sorted(here.glob("*"))
    yield
    assert sorted(here.glob("*")) == before, "a push left its backup in the checkout, of this test or of one beside it"


@pytest.fixture(scope="session")
def components() -> None:
    """Prometheus, promtool, Alertmanager and amtool can be found."""
    ensure_components()


@pytest.fixture(scope="session")
def prometheus_factory(components: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerFactory]:
    """Starts a real Prometheus for given settings (the content of prometheus.yml); all end with the session."""
    with ExitStack() as servers:

        def start(settings: Mapping[str, Any]) -> Server:
            folder = tmp_path_factory.mktemp("prometheus")
            return servers.enter_context(prometheus(_write(folder / "prometheus.yml", settings), folder=folder))

        yield start


@pytest.fixture(scope="session")
def alertmanager_factory(components: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerFactory]:
    """Starts a real Alertmanager for given settings (the content of alertmanager.yml); all end with the session."""
    with ExitStack() as servers:

        def start(settings: Mapping[str, Any]) -> Server:
            folder = tmp_path_factory.mktemp("alertmanager")
            return servers.enter_context(alertmanager(_write(folder / "alertmanager.yml", settings), folder=folder))

        yield start


def _write(file: Path, settings: Mapping[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
    return file
