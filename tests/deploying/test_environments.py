"""Several Grafanas in one settings file: each gets its own content, by its own credential, and all can be planned at once."""

import json
from contextlib import ExitStack

import pytest

from glassbox.cli import main as command_line
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_content import PRODUCT

SETTINGS = """
grafana: {{folder_title: Inference}}
ruler: {{through_grafana: never}}
alerts: {{RequestsWaiting: {{for: 10m}}}}
environments:
  staging:
    grafana: {{url: "{staging}", folder_uid: stage, variables: {{token: STAGING_TOKEN}}}}
    alerts: {{RequestsWaiting: {{severity: report}}}}
  prod:
    grafana: {{url: "https://grafana.example.com", api_url: "{prod}", variables: {{user: PROD_USER, password: PROD_PASSWORD}}}}
"""


@pytest.fixture
def servers(monkeypatch):
    """A Grafana for staging, and another one for production; neither takes the other's credential."""
    monkeypatch.delenv("GRAFANA_TOKEN", raising=False)
    monkeypatch.setenv("STAGING_TOKEN", "of-staging")
    monkeypatch.setenv("PROD_USER", "admin")
    monkeypatch.setenv("PROD_PASSWORD", "of-prod")
    sources = [prometheus_source("http://127.0.0.1:9")]
    with ExitStack() as stack:
        options = {"data_sources": sources, "search_lag_seconds": 0, "admin_password": "of-prod"}
        yield [stack.enter_context(GrafanaStandIn(tokens={token: "Admin"}, **options)) for token in ("of-staging", "-")]


@pytest.fixture
def run(servers, tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS.format(staging=servers[0].url, prod=servers[1].url))

    def with_arguments(*arguments, settings=file):
        code = command_line.main(PRODUCT, [*(("--settings", str(settings)) if settings else ()), *arguments])
        return code, *capsys.readouterr()

    with_arguments.backups = str(tmp_path / "backups")
    return with_arguments


def held(server):
    """The folders, and severity and `for` of the rules by their uids."""
    rules = {uid: (rule.body["labels"]["severity"], rule.body["for"]) for uid, rule in server.state.rules.items()}
    return set(server.state.folders), rules


def test_each_environment_gets_its_own_folder_and_alerts_by_its_own_credential(servers, run):
    assert run("--environment", "staging", "--backups", run.backups)[0] == 0
    assert [bool(server.writes) for server in servers] == [True, False]
    assert run("--environment", "prod", "--backups", run.backups)[0] == 0
    staging, prod = servers
    assert held(staging) == ({"stage"}, {"stage-RequestsWaiting": ("report", "10m")})
    assert held(prod) == ({"glassbox"}, {"glassbox-RequestsWaiting": ("ticket", "10m")})


def test_links_of_alerts_lead_to_where_people_open_grafana(servers, run):
    run("--environment", "prod", "--backups", run.backups)
    (rule,) = servers[1].state.rules.values()
    assert rule.body["annotations"]["dashboard_url"].startswith("https://grafana.example.com/d/")


def test_plan_rollback_and_destroy_go_to_the_environment(servers, run):
    run("--environment", "staging", "--backups", run.backups)
    code, out, _ = run("--environment", "staging", "plan")
    assert (code, f" at {servers[0].url}," in out, "Nothing to do" in out) == (0, True, True)
    assert run("--environment", "staging", "rollback", "--dry-run", "--backups", run.backups)[0] == 2
    assert run("--environment", "staging", "destroy", "--yes", "--backups", run.backups)[0] == 0
    assert held(servers[0]) == (set(), {})
    assert servers[1].requests == []


def test_all_environments_are_planned_with_reads_alone(servers, run):
    run("--environment", "staging", "--backups", run.backups)
    sent = len(servers[0].writes)
    code, out, error = run("plan", "--all-environments")
    assert (code, error) == (2, "")
    lines = out.splitlines()
    assert [line for line in lines if line.startswith("Environment ")] == ["Environment staging", "Environment prod"]
    assert [line for line in lines if line.startswith(("Plan:", "Nothing"))] == [
        "Nothing to do: all 3 objects are up to date.", "Plan: 3 to create, 0 to update, 0 to delete, 0 unchanged.",
    ]  # fmt: skip  # a row is a line
    assert (len(servers[0].writes), servers[1].writes) == (sent, [])


def test_all_environments_as_json_and_markdown(run):
    plans = json.loads(run("plan", "--all-environments", "--json")[1])
    assert (plans["schema"], plans["errors"]) == ("glassbox-plans/1", {})
    assert {name: plan["count"]["create"] for name, plan in plans["plans"].items()} == {"staging": 3, "prod": 3}
    assert [line for line in run("plan", "--all-environments", "--markdown")[1].splitlines() if line.startswith("##")] == ["## staging", "## prod"]  # fmt: skip  # a row


def test_one_environment_that_cannot_be_asked_hides_no_other(run, monkeypatch):
    monkeypatch.setenv("STAGING_TOKEN", "expired")
    code, out, error = run("plan", "--all-environments")
    assert (code, "Plan: 3 to create" in out) == (1, True)
    assert "Environment staging: Grafana's data sources: GET /api/datasources answered 401" in error
    assert "check STAGING_TOKEN or the file of --token-file" in error
    plans = json.loads(run("plan", "--all-environments", "--json")[1])
    assert (plans["plans"]["staging"], list(plans["errors"])) == (None, ["staging"])


def test_a_missing_credential_is_named_by_its_variable(run, monkeypatch):
    monkeypatch.delenv("STAGING_TOKEN")
    monkeypatch.delenv("PROD_PASSWORD")
    assert "set STAGING_TOKEN to a service account's token" in run("--environment", "staging", "plan")[2]
    assert "PROD_PASSWORD is not set: a log-in with a password needs PROD_USER and PROD_PASSWORD." in run("--environment", "prod", "plan")[2]  # fmt: skip  # a row


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--environment", "prod", "--grafana", "http://h"), "--grafana does not go with --environment"),
        (("--environment", "prod", "plan", "--grafana", "http://h"), "--grafana does not go with --environment"),
        (("--environment", "prd", "plan"), "has no environment 'prd' (it has: staging, prod)"),
        (("--environment", "", "plan"), "--environment is empty"),
        (("plan",), "--grafana URL is missing: give it, or --environment NAME before the command."),
        (("--environment", "prod", "preview"), "--environment does not go with 'preview'"),
        (("--environment", "prod", "plan", "--all-environments"), "--environment is of one Grafana"),
        (("plan", "--all-environments", "--out", "p.json"), "--out is of one Grafana"),
        (("--yes",), "--yes needs --grafana URL."),
    ],
)  # fmt: skip  # a case is a line
def test_options_that_do_not_go_together_are_refused(servers, run, arguments, sentence):
    code, out, error = run(*arguments)
    assert (code, out, sentence in error) == (1, "", True)
    assert servers[1].requests == []


def test_an_environment_needs_settings_and_an_address(run, tmp_path):
    assert (
        "--environment needs a settings file with environments" in run("--environment", "a", "plan", settings=None)[2]
    )
    file = tmp_path / "no-url.yaml"
    file.write_text("environments: {a: {}}\n")
    assert "The environment 'a' does not say where its Grafana is: set its grafana.url" in run("--environment", "a", settings=file)[2]  # fmt: skip  # a row
    file.write_text("{}\n")
    assert "The settings have no environments" in run("plan", "--all-environments", settings=file)[2]
