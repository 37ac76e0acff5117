"""A folder of ours inside another one: created there, moved there, and back where it was by a rollback."""

import pytest

from glassbox.cli import main as command_line
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_bundle import TOKENS
from tests.support.small_content import PRODUCT

SETTINGS = "ruler: {through_grafana: never}\ngrafana: {parent_folder_uid: team}\n"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    sources = [prometheus_source("http://127.0.0.1:9")]
    with GrafanaStandIn(tokens=TOKENS, data_sources=sources, search_lag_seconds=0) as running:
        yield running


@pytest.fixture
def run(server, tmp_path, capsys):
    def with_settings(text, *arguments):
        file = tmp_path / "settings.yaml"
        file.write_text(text)
        backups = [] if "plan" in arguments else ["--backups", str(tmp_path / "backups")]
        code = command_line.main(PRODUCT, ["--settings", str(file), *arguments, "--grafana", server.url, *backups])
        return code, *capsys.readouterr()

    return with_settings


def team(server):
    with Grafana(server.url, Token("admin")) as grafana:
        grafana.create_folder("team", "Team")


def test_a_parent_that_is_not_there_ends_a_push_before_its_first_write(server, run):
    code, _, error = run(SETTINGS)
    assert (code, server.writes) == (1, [])
    assert "does not have the folder 'team' that ours is to be in" in error


def test_the_folder_is_created_inside_and_a_second_push_writes_nothing(server, run):
    team(server)
    assert run(SETTINGS)[0] == 0
    assert server.state.folders["glassbox"].parent_uid == "team"
    written = len(server.writes)
    assert run(SETTINGS, "plan")[0] == 0
    assert run(SETTINGS)[0] == 0
    assert len(server.writes) == written


def test_a_folder_at_the_top_is_moved_and_a_rollback_moves_it_back(server, run):
    run("ruler: {through_grafana: never}\n")
    team(server)
    code, out, _ = run(SETTINGS, "plan")
    assert (code, "inside of the top -> team" in out) == (2, True)
    assert run(SETTINGS)[0] == 0
    assert server.state.folders["glassbox"].parent_uid == "team"
    assert run(SETTINGS, "rollback", "--yes")[0] == 0
    assert server.state.folders["glassbox"].parent_uid == ""


def test_a_folder_inside_ours_is_refused_as_the_one_around_it(server, run):
    run("ruler: {through_grafana: never}\n")
    with Grafana(server.url, Token("admin")) as grafana:
        grafana.create_folder("inner", "Inner", "glassbox")
        grafana.create_folder("team", "Team", "inner")
    written = len(server.writes)
    code, _, error = run(SETTINGS)
    assert (code, len(server.writes)) == (1, written)
    assert "Folder 'Team' is inside ours, which cannot be inside it too: set another grafana.parent_folder_uid" in error


def test_without_the_setting_a_moved_folder_stays_where_it_is(server, run):
    run("ruler: {through_grafana: never}\n")
    team(server)
    server.state.folders["glassbox"].parent_uid = "team"
    code, out, _ = run("ruler: {through_grafana: never}\n", "plan")
    assert (code, "Folder 'Glassbox' is inside 'Team', and stays there." in out) == (0, True)
