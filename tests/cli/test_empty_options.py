"""An option that a shell leaves empty, since its variable is not set, is refused before anything is read or written."""

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
