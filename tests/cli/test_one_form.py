"""One result has one form: `--json` and `--markdown` together are refused before anything is read."""

import pytest

from glassbox.cli import main as command_line
from tests.support.small_content import PRODUCT


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "--grafana", "http://127.0.0.1:9"), ("backtest", "--prometheus", "http://127.0.0.1:9"),
        ("baseline", "compare", "--prometheus", "http://127.0.0.1:9", "name"),
    ],
)  # fmt: skip  # a row is a case
def test_two_forms_of_one_result_are_refused(capsys, command):
    assert command_line.main(PRODUCT, [*command, "--markdown", "--json"]) == 1
    assert capsys.readouterr() == ("", "Error: --markdown does not go with --json: give one of the two.\n")
