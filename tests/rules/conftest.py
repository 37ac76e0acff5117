"""Rules for the rule tests, compiled once for each settings file."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from glassbox.servers.components import ensure_components
from tests.support.rule_test_files import compile_rules


@pytest.fixture(scope="session")
def compiled_rules(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path | None], Path]:
    """Gives the folder of the rules compiled with a settings file, or with the defaults."""
    ensure_components()

    @cache
    def folder_of(settings: Path | None) -> Path:
        folder = tmp_path_factory.mktemp("rules")
        compile_rules(settings, folder)
        return folder

    return folder_of
