"""Options with values that they cannot have are refused by their name, before anything is read or written."""

from importlib import import_module

import click
import pytest

from glassbox.cli import main as command_line
from glassbox.cli.command_table import COMMANDS
from tests.support.small_content import PRODUCT

GRAFANA = ("--grafana", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--prometheus-rules", ""), "Invalid value for '--prometheus-rules': it is empty: name a folder, or leave the option out."),
        (("plan", *GRAFANA, "--prometheus-rules", ""), "Invalid value for '--prometheus-rules': it is empty: "),
        ((*GRAFANA, "--backups", ""), "Invalid value for '--backups': it is empty: "),
        (("plan", *GRAFANA, "--out", ""), "Invalid value for '--out': it is empty: name a file, or leave the option out."),
        ((*GRAFANA, "--plan", ""), "Invalid value for '--plan': it is empty: "),
        ((*GRAFANA, "--token-file", ""), "Invalid value for '--token-file': it is empty: "),
        (("--settings", "", "build"), "Invalid value for '--settings': it is empty: "),
        (("build", "--out", ""), "Invalid value for '--out': it is empty: name a folder, "),
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


def every_option():
    commands = {"": command_line.cli} | {name: import_module(entry.module).command for name, entry in COMMANDS.items()}
    return [(name, option) for name, command in commands.items() for option in command.params if isinstance(option, click.Option)]  # fmt: skip  # one thing is one line


def test_every_option_that_names_a_place_to_write_refuses_an_empty_one():
    written = [(name, option) for name, option in every_option() if {"--out", "--database", "--backups", "--prometheus-rules", "--baselines"} & set(option.opts)]  # fmt: skip  # one thing is one line
    assert len(written) > 8
    for name, option in written:
        with pytest.raises(click.UsageError, match="it is empty"):
            option.type_cast_value(click.Context(click.Command(name)), "")


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
