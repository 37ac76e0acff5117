"""A token that may not do everything: what it may not do is found out before the first write, said, and left out."""

import pytest

from glassbox.cli import main as command_line
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.small_bundle import TOKENS, VERSIONS
from tests.support.small_content import PRODUCT

PERMISSIONS = "/api/access-control/user/permissions"
SETTINGS = "ruler: {through_grafana: never}\n"


@pytest.fixture
def started(tmp_path, monkeypatch, capsys):
    """A stand-in of a version, and what runs the command line against it with a token."""
    (tmp_path / "settings.yaml").write_text(SETTINGS)

    def start(version, token):
        monkeypatch.setenv("GRAFANA_TOKEN", token)
        sources = [prometheus_source("http://127.0.0.1:9")]
        server = GrafanaStandIn(version=version, tokens=TOKENS, data_sources=sources, search_lag_seconds=0)

        def run(*arguments):
            given = ["--settings", str(tmp_path / "settings.yaml"), *arguments, "--grafana", server.url]
            backups = [] if "plan" in arguments else ["--backups", str(tmp_path / "backups")]
            code = command_line.main(PRODUCT, [*given, *backups])
            return code, *capsys.readouterr()

        return server, run

    return start


def written(server):
    return [request.path for request in server.writes]


def test_a_token_without_rights_on_rules_pushes_the_dashboards(started):
    server, run = started("10.4.3", "editor")
    with server:
        code, out, _ = run()
        sentence = (
            "Rule groups are left out, since the service account of this token may not read them: "
            "give it the Admin role (or fixed:alerting.provisioning:writer)."
        )
        assert (code, written(server)) == (2, ["/api/folders", "/api/dashboards/db"])
        assert out.splitlines()[-2:] == [f"Look: {server.url}/dashboards/f/glassbox", sentence]
        assert f"  {sentence}" in out.splitlines()
        code, out, _ = run("plan")
        assert (code, f"  {sentence}" in out.splitlines()) == (2, True)
        assert run("plan", "--only", "dashboard/*")[0] == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_that_may_only_read_rules_is_found_out_before_the_first_write(started, version):
    server, run = started(version, "admin")
    with server:
        server.faults.answer(
            PERMISSIONS, status=200, body={"dashboards:create": ["folders:*"], "alert.rules:read": ["*"]}
        )
        code, out, _ = run()
        assert (code, written(server)) == (2, ["/api/folders", "/api/dashboards/db"])
        assert "may not write them: give it the Admin role" in out
        assert server.state.rules == {}


@pytest.mark.parametrize("right", ["alert.provisioning:write", "alert.rules.provisioning:write"])
def test_either_right_is_enough(started, right):
    server, run = started("12.4.0", "admin")
    with server:
        server.faults.answer(PERMISSIONS, status=200, body={"dashboards:create": ["*"], right: [""]})
        assert run()[0] == 0
        assert set(server.state.rules) == {"glassbox-RequestsWaiting"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_server_that_does_not_report_rights_is_asked_to_write(started, status):
    server, run = started("12.4.0", "admin")
    with server:
        server.faults.answer(PERMISSIONS, status=status, body={"message": "Not found"})
        assert run()[0] == 0
        assert set(server.state.rules) == {"glassbox-RequestsWaiting"}


def test_a_plan_needs_no_right_to_write(started):
    server, run = started("12.4.0", "viewer")
    with server:
        code, out, _ = run("plan")
        assert (code, "left out" in out, "  + rule group queue" in out.splitlines()) == (2, False, True)
        assert not any(request.path == PERMISSIONS for request in server.requests)


def test_rules_alone_without_the_right_say_so(started):
    server, run = started("10.4.3", "editor")
    with server:
        code, out, _ = run("plan", "--only", "rule-group/*")
        assert (code, "Rule groups are left out" in out) == (2, True)
