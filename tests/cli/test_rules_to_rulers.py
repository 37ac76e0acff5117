"""A push brings rules to the ruler of Grafana's data source, or to one that `--mimir` names."""

import json
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import pytest

from glassbox.cli import main as command_line
from glassbox.cli import push_command
from glassbox.deploying import plan_json
from glassbox.standin.server import GrafanaStandIn
from tests.support.fake_prometheus import fake_prometheus
from tests.support.ruler_stand_in import grafana_before, ruler_stand_in
from tests.support.small_content import PRODUCT

BROUGHT = "  + waiting\n  Groups: 1 created, 0 updated, 0 deleted, 0 unchanged.\n"
SCHEMA = json.loads(Path(plan_json.__file__).with_name("plan.schema.json").read_text(encoding="utf-8"))


def main(*arguments):
    return command_line.main(PRODUCT, arguments)


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "glsa_admin")
    for name in ("TOKEN", "USER", "PASSWORD"):
        monkeypatch.delenv(f"MIMIR_{name}", raising=False)


@pytest.fixture
def ruler():
    with ruler_stand_in() as running:
        yield running


@pytest.fixture
def series():
    """What a Prometheus behind the data source answers to a query; empty at first."""
    with fake_prometheus({"job": "a"}) as prometheus:
        prometheus.found, answer = [], prometheus.answer
        prometheus.answer = lambda path, asked: (
            {"result": prometheus.found} if path.endswith("/query") else answer(path, asked)
        )
        yield prometheus


@pytest.fixture
def grafana(ruler, series):
    """The address of a Grafana whose data source has that ruler."""
    source = {"uid": "m1", "name": "Metrics", "type": "prometheus", "url": series.url, "isDefault": True}
    with ExitStack() as resources:
        stand_in = resources.enter_context(GrafanaStandIn(tokens={"glsa_admin": "Admin"}, data_sources=[source]))
        yield resources.enter_context(grafana_before(ruler, stand_in.url, "m1"))


def test_a_push_brings_recorded_series_to_the_ruler_behind_grafana(capsys, ruler, grafana):
    assert main("--grafana", grafana) == 0
    out = capsys.readouterr().out
    assert f"Rules in the ruler of data source Metrics, namespace glassbox:\n{BROUGHT}" in out
    assert out.index(BROUGHT) < out.index("Pushed: ")
    assert list(ruler.of()["glassbox"]) == ["waiting"]
    writes = list(ruler.writes)
    assert main("--grafana", grafana) == 0
    assert "0 deleted, 1 unchanged." in capsys.readouterr().out and ruler.writes == writes


def test_what_the_ruler_just_got_is_not_to_be_loaded_by_hand(grafana, monkeypatch):
    told = []
    monkeypatch.setattr(push_command, "after_push", lambda *_, brought: told.append(brought) or ())
    assert main("--grafana", grafana) == 0
    assert told == [True]


def test_series_that_something_else_records_are_not_recorded_twice(capsys, ruler, grafana, series, tmp_path):
    series.found = [{"metric": {}, "value": [0, "1"]}]
    assert main("--grafana", grafana) == 0
    captured = capsys.readouterr()
    assert (
        "Something else records our series in data source Metrics, so they were not brought to its ruler"
        in captured.err
    )
    assert "Rules in" not in captured.out and ruler.writes == []
    settings = tmp_path / "settings.yaml"
    settings.write_text("ruler: {through_grafana: always, namespace: ours}\n")
    assert main("--settings", str(settings), "--grafana", grafana) == 0
    assert list(ruler.of()) == ["ours"]


def test_once_they_are_ours_their_series_are_no_reason_to_stop(capsys, ruler, grafana, series):
    assert main("--grafana", grafana) == 0
    series.found = [{"metric": {}, "value": [0, "1"]}]
    ruler.of()["glassbox"]["old"] = {"name": "old", "rules": []}
    assert main("--grafana", grafana) == 0
    assert list(ruler.of()["glassbox"]) == ["waiting"]


def test_a_plan_shows_what_would_change_there_and_writes_nothing(capsys, ruler, grafana):
    assert main("plan", "--grafana", grafana) == 2
    planned = "namespace glassbox:\n  + waiting\n  Groups: 1 to create, 0 to update, 0 to delete, 0 unchanged.\n"
    assert capsys.readouterr().out.endswith(planned) and ruler.writes == []
    assert main("--grafana", grafana) == 0
    capsys.readouterr()
    ruler.of()["glassbox"]["waiting"]["rules"][0]["expr"] = "vector(1)"
    writes = list(ruler.writes)
    assert main("plan", "--grafana", grafana, "--json") == 2
    (place,) = json.loads(capsys.readouterr().out)["places"]
    assert place["title"] == "the ruler of data source Metrics, namespace glassbox"
    assert place["count"] == {"create": 0, "update": 1, "keep": 0, "delete": 0}
    assert [difference["text"] for difference in place["groups"][0]["differences"]] == ["expression changed"]
    assert main("plan", "--grafana", grafana, "--markdown") == 2
    shown = capsys.readouterr().out
    assert "\n**Rules in the ruler of data source Metrics, namespace glassbox\\:**\n" in shown
    assert "\n- \\~ waiting\n" in shown
    assert ruler.writes == writes


def test_a_saved_plan_holds_the_rules_of_the_ruler(capsys, ruler, grafana, tmp_path):
    file = tmp_path / "reviewed.json"
    assert main("plan", "--grafana", grafana, "--out", str(file)) == 2
    jsonschema.validate(json.loads(file.read_text()), SCHEMA, jsonschema.Draft202012Validator)
    ruler.of()["glassbox"] = {"waiting": {"name": "waiting", "rules": [{"record": "a", "expr": "vector(1)"}]}}
    capsys.readouterr()
    assert main("--grafana", grafana, "--plan", str(file)) == 1
    assert "moved on: group of the ruler of data source Metrics, namespace glassbox waiting. Plan again" in capsys.readouterr().err  # fmt: skip  # a row
    assert ruler.writes == []
    ruler.of().clear()
    assert main("--grafana", grafana, "--plan", str(file)) == 0
    assert list(ruler.of()["glassbox"]) == ["waiting"]


@pytest.mark.parametrize("chosen", ["never", "auto"])
def test_the_settings_and_a_named_place_keep_rules_out_of_it(capsys, ruler, grafana, tmp_path, chosen):
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"ruler: {{through_grafana: {chosen}}}\n")
    named = ["--prometheus-rules", str(tmp_path)] if chosen == "auto" else []
    assert main("--settings", str(settings), "--grafana", grafana, *named) == 0
    assert ruler.writes == []


def test_a_data_source_that_cannot_be_asked_is_said_and_stops_nothing(capsys):
    source = {"uid": "m1", "name": "Metrics", "type": "prometheus", "url": "http://127.0.0.1:9", "isDefault": True}
    with GrafanaStandIn(tokens={"glsa_admin": "Admin"}, data_sources=[source]) as stand_in:
        assert main("plan", "--grafana", stand_in.url) == 2
        asked = [each.path for each in stand_in.requests if "/proxy/" in each.path]
        assert asked == 2 * ["/api/datasources/proxy/uid/m1/api/v1/status/buildinfo"]
        capsys.readouterr()
        assert main("--grafana", stand_in.url) == 0
    captured = capsys.readouterr()
    assert "Whether data source Metrics takes recorded series is not known: " in captured.err
    assert "): Grafana does not reach this data source, so test it on its page in Grafana" in captured.err
    assert "/api/health" not in captured.err
    assert "  + dashboard" in captured.out


@pytest.mark.parametrize("named", [False, True])
def test_alerts_that_go_nowhere_are_said(capsys, tmp_path, series, named):
    settings = tmp_path / "settings.yaml"
    settings.write_text("alerts_evaluated_by: prometheus\n")
    options = ["--prometheus-rules", str(tmp_path)] if named else []
    source = {"uid": "m1", "name": "Metrics", "type": "prometheus", "url": series.url, "isDefault": True}
    with GrafanaStandIn(tokens={"glsa_admin": "Admin"}, data_sources=[source]) as stand_in:
        assert main("--settings", str(settings), "--grafana", stand_in.url, *options) == 0
    assert ("The alerts were brought nowhere" in capsys.readouterr().err) is not named


@pytest.mark.parametrize(("reachable", "sentence"), [(True, "Data source Metrics has no ruler, and "), (False, "the rules of data source Metrics: ")])  # fmt: skip  # two cases
def test_a_ruler_that_the_settings_ask_for_is_there_or_nothing_is_pushed(capsys, tmp_path, series, reachable, sentence):
    settings = tmp_path / "settings.yaml"
    settings.write_text("ruler: {through_grafana: always}\n")
    url = series.url if reachable else "http://127.0.0.1:9"
    source = {"uid": "m1", "name": "Metrics", "type": "prometheus", "url": url, "isDefault": True}
    with GrafanaStandIn(tokens={"glsa_admin": "Admin"}, data_sources=[source]) as stand_in:
        assert main("--settings", str(settings), "--grafana", stand_in.url) == 1
        assert stand_in.writes == []
    assert f"Error: {sentence}" in capsys.readouterr().err


def test_a_ruler_is_written_without_a_grafana(capsys, monkeypatch, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("ruler: {tenant: team-a, namespace: llm}\nalerts_evaluated_by: prometheus\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MIMIR_TOKEN", "s3cret-token")
    with ruler_stand_in(tenants=True) as ruler:
        assert main("--settings", str(settings), "--mimir", f"{ruler.url}/prometheus") == 0
        captured = capsys.readouterr()
        assert (
            f"Rules in the ruler at {ruler.url}/prometheus for tenant team-a, namespace llm:\n  + waiting\n  + queue\n"
            in captured.out
        )
        assert sorted(ruler.of("team-a")["llm"]) == ["queue", "waiting"]
        assert ruler.headers[0]["authorization"] == "Bearer s3cret-token"
        (tmp_path / "token").write_text("another\n")
        assert (
            main("--settings", str(settings), "--mimir", ruler.url, "--mimir-token-file", str(tmp_path / "token")) == 0
        )
        assert ruler.headers[-1]["authorization"] == "Bearer another"
    assert "s3cret" not in captured.out + captured.err


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--mimir", "http://x", "build"), "--mimir does not go with 'build'"),
        (("--mimir-token-file", "x"), "--mimir-token-file needs --mimir URL"),
        (("--mimir", "x"), "The URL of --mimir does not start with http:// or https://"),
    ],
)
def test_what_means_nothing_is_one_sentence(capsys, given, sentence):
    assert main(*given) == 1
    error = capsys.readouterr().err
    assert sentence in error and error.startswith("Error: ") and error.count("\n") == 1


def test_half_a_password_names_the_variable_of_this_server(capsys, monkeypatch):
    monkeypatch.setenv("MIMIR_USER", "12345")
    assert main("--mimir", "http://127.0.0.1:9") == 1
    assert "MIMIR_PASSWORD is not set" in capsys.readouterr().err
