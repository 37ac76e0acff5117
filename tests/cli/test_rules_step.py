"""`--prometheus-rules DIR`: the same command brings rules to a Prometheus."""

import os
import signal

import pytest

from glassbox.cli import main as command_line
from glassbox.cli.rule_options import RuleOptions
from glassbox.cli.rules_step import place_lines, plan_rules
from glassbox.cli.session import Session
from glassbox.prometheus.board_queries import api_data
from glassbox.rule_places.rule_folder import RuleFolder
from glassbox.servers import processes
from glassbox.standin.server import GrafanaStandIn
from tests.support.small_content import PRODUCT

SETTINGS = "evaluation_interval_seconds: 10\n"
PROMETHEUS = {"uid": "p1", "name": "Prometheus", "type": "prometheus", "url": "http://127.0.0.1:9", "isDefault": True}


def main(arguments):
    return command_line.main(PRODUCT, arguments)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


@pytest.fixture
def server(components, tmp_path, folder):
    config = tmp_path / "prometheus.yml"
    config.write_text(f"rule_files: ['{folder}/*.yaml']\n")
    with processes.prometheus(config) as running:
        yield running


@pytest.fixture
def settings_file(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS)
    return file


def arguments(settings_file, folder, *others):
    kept = str(settings_file.with_name("kept"))
    return ["--settings", str(settings_file), "--prometheus-rules", str(folder), "--backups", kept, *others]


def test_rules_go_to_a_prometheus_alone(capsys, folder, server, settings_file):
    assert main(arguments(settings_file, folder, "--prometheus", server.url)) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith(
        f"Rules in {folder}:\n  + waiting\n  Groups: 1 created, 0 updated, 0 deleted, 0 unchanged.\n"
    )
    assert captured.err == "Waiting until 1 group has been evaluated, for at most 40 s.\n"
    assert [group["name"] for group in api_data(server.url, "rules")["groups"]] == ["waiting"]
    assert main(arguments(settings_file, folder, "--prometheus", server.url)) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("  Groups: 0 created, 0 updated, 0 deleted, 1 unchanged.\n") and captured.err == ""


def test_alerts_go_there_too_where_the_settings_say_so_and_not_to_grafana(capsys, folder, settings_file, monkeypatch):
    settings_file.write_text(f"{SETTINGS}alerts_evaluated_by: prometheus\n")
    with GrafanaStandIn(version="12.4.0", tokens={"admin-token": "Admin"}, data_sources=[PROMETHEUS]) as grafana:
        monkeypatch.setenv("GRAFANA_TOKEN", "admin-token")
        assert main(arguments(settings_file, folder, "--grafana", grafana.url)) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        ".glassbox-rules.unconfirmed",
        "glassbox-queue.yaml",
        "glassbox-waiting.yaml",
    ]
    out = capsys.readouterr().out
    assert "  + queue\n" in out and "rule group" not in out and "dashboard" in out


def test_what_would_change_can_be_seen_without_changing_it(folder, settings_file):
    rules, session = RuleOptions(rules_folder=folder), Session(PRODUCT, settings_file)
    ((title, changes),) = plan_rules(rules, session, session.compiled())
    assert list(place_lines(title, changes)) == [
        f"Rules in {folder}:",
        "  + waiting",
        "  Groups: 1 created, 0 updated, 0 deleted, 0 unchanged.",
    ]
    assert not list(folder.iterdir())


def test_a_change_is_said_by_rule(capsys, folder, settings_file):
    assert main(arguments(settings_file, folder)) == 0
    file = folder / "glassbox-waiting.yaml"
    file.write_text(file.read_text().replace("10s", "20s").replace("sum by", "max by").replace("sum(", "max("))
    capsys.readouterr()
    assert main(arguments(settings_file, folder)) == 0
    out = capsys.readouterr().out
    assert "  ~ waiting\n      interval: 20s -> 10s\n" in out and ": expression changed\n" in out


def test_a_termination_while_rules_are_brought_ends_it_as_an_interrupt_does(capsys, folder, settings_file, monkeypatch):
    missed = []
    before = signal.signal(signal.SIGTERM, lambda *_: missed.append(1))
    monkeypatch.setattr(RuleFolder, "replace", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        assert main(arguments(settings_file, folder)) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert not missed and capsys.readouterr().err.endswith("Error: interrupted.\n")


def test_files_that_no_server_was_told_of_are_not_said_to_be_loaded(capsys, folder, settings_file):
    for _ in range(2):
        assert main(arguments(settings_file, folder)) == 0
        told = f"No Prometheus was told of the files in {folder}: reload it, or give --prometheus URL, which also asks whether they work.\n"
        assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--prometheus", "http://x"), "--prometheus needs --prometheus-rules DIR here"),
        (("--prometheus-pid-file", "x"), "--prometheus-pid-file needs --prometheus-rules DIR here"),
        (("--prometheus-rules", ".", "--prometheus-token-file", "x"), "--prometheus-token-file needs --prometheus URL"),
        (("--prometheus-rules", ".", "build"), "--prometheus-rules does not go with 'build'"),
        (("--prometheus-rules", "nowhere"), "nowhere of --prometheus-rules is not a folder"),
        (("--prometheus-rules", ".", "--prometheus", "x:1"), "does not start with http:// or https://"),
    ],
)
def test_options_that_mean_nothing_are_refused(capsys, given, sentence):
    assert main(given) == 1
    error = capsys.readouterr().err
    assert sentence in error and error.startswith("Error: ") and error.count("\n") == 1
