"""Options with values that they cannot have are refused by their name, before anything is read or written."""

import pytest

from glassbox.cli import main as command_line
from tests.support.small_content import PRODUCT

GRAFANA = ("--grafana", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--prometheus-rules", ""), "Invalid value for '--prometheus-rules': it is empty: name a folder, or leave the option out."),
        (("plan", *GRAFANA, "--prometheus-rules", ""), "Invalid value for '--prometheus-rules': it is empty: "),
        ((*GRAFANA, "--backups", ""), "Invalid value for '--backups': it is empty: "),
        ((*GRAFANA, "--only", ""), "--only is empty: give it a value, or leave the option out."),
        (("plan", *GRAFANA, "--only", ""), "--only is empty: "),
        (("--only", ""), "--only is empty: "),
        (("rollback", *GRAFANA, "--yes", "--to", ""), "--to is empty: "),
    ],
)  # fmt: skip  # a row is a case
def test_an_empty_option_is_refused_and_nothing_is_written(capsys, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    assert command_line.main(PRODUCT, arguments) == 1
    assert capsys.readouterr().err.startswith(f"Error: {sentence}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("try", "--prometheus", "http://127.0.0.1:9", "--window", "6"),
        ("try", "--prometheus", "http://127.0.0.1:9", "--look-back", ""),
        ("backtest", "--prometheus", "http://127.0.0.1:9", "--window", "5days"),
        ("backtest", "--prometheus", "http://127.0.0.1:9", "--look-back", "1.5h"),
        ("baseline", "save", "a", "--prometheus", "http://127.0.0.1:9", "--window", "an hour"),
        ("lint", "--path", ".", "--scrape-interval", "15"),
        ("lint", "--online", "http://127.0.0.1:9", "--window", "week"),
    ],
)
def test_what_is_not_a_duration_is_refused_by_the_name_of_its_option(capsys, arguments):
    assert command_line.main(PRODUCT, arguments) == 1
    *_, option, value = arguments
    said = f"Error: Invalid value for '{option}': '{value}' is not a duration; write it like 30s, 5m or 1h30m.\n"
    assert capsys.readouterr() == ("", said)
