"""Every rule test of an alert, run by promtool; those of recorded series run beside them in another process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.rule_test_files import TEST_FILES, problems, settings_file


@pytest.mark.parametrize(
    "file", [file for file in TEST_FILES if file.name.startswith("alerts-")], ids=lambda file: file.name
)
def test_promtool_agrees_with_every_expectation(file: Path, compiled_rules: Callable[[Path | None], Path]) -> None:
    assert problems(file, compiled_rules(settings_file(file))) == []
