"""Every rule test of an alert, run by promtool; those of recorded series run beside them in another process."""

from pathlib import Path

import pytest

from tests.support.rule_runs import problems
from tests.support.rule_test_files import TEST_FILES


@pytest.mark.usefixtures("components")
@pytest.mark.parametrize(
    "file", [file for file in TEST_FILES if file.name.startswith("alerts-")], ids=lambda file: file.name
)
def test_promtool_agrees_with_every_expectation(file: Path) -> None:
    assert problems(file) == []
