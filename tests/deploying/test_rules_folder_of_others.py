"""A folder of alert rules that is somebody else's, that a credential may not write to, or that a push does not need."""

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.plan import plan
from glassbox.deploying.selection import Selection
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.pushing import deployment, planned, push
from tests.support.rules_folders import (
    APART,
    GROUPS,
    IN_ONE,
    IN_TWO,
    TOGETHER,
    UIDS,
    carry_out,
    folders_of_rules,
    someones,
)
from tests.support.small_bundle import (
    TOKENS,
    VERSIONS,
    board,
    bundle,
    grafana_of,
    group,
    in_folder,
    settings_of,
)
from tests.support.small_content import PRODUCT


@pytest.mark.parametrize("theirs", ["boards and rules", "rules alone", "boards alone"])
def test_a_folder_of_another_installation_is_refused_before_the_first_write(servers, theirs):
    server, grafana = servers
    others = group("engine", "Down", folder="team")
    settings, content = {
        "boards and rules": (settings_of("team"), bundle([board("a", folder="team")], [others])),
        "rules alone": (settings_of("team", rules_folder_uid="shared"), bundle([], in_folder("shared", others))),
        "boards alone": (settings_of("team"), bundle([board("a", folder="team")])),
    }[theirs]
    folder = settings.grafana.folder_of_rules
    push(grafana, settings, content)
    before, title = len(server.writes), server.state.folders[folder].title
    ours = settings_of(rules_folder_uid=folder)
    with pytest.raises(GlassboxError, match=rf"Folder '{title}' \({folder}\) is one of the installation of the folder 'team': set another grafana\.rules_folder_uid"):  # fmt: skip  # one thing is one line
        push(grafana, ours, bundle([board("a")], in_folder(folder, *GROUPS)))
    assert len(server.writes) == before
    assert planned(grafana, settings, content).pending == ()


@pytest.mark.parametrize("content", [bundle([board("b", folder="rules")]), bundle([], [group("other", "X", folder="rules")])], ids=["boards", "rules"])  # fmt: skip  # one thing is one line
def test_the_folder_of_rules_of_an_installation_is_refused_as_the_folder_of_another(servers, content):
    server, grafana = servers
    push(grafana, APART, IN_TWO)
    before = len(server.writes)
    with pytest.raises(GlassboxError, match=r"Folder 'Glassbox alerts' \(rules\) is one of the installation of the folder 'glassbox': set another grafana\.folder_uid"):  # fmt: skip  # one thing is one line
        push(grafana, settings_of("rules"), content)
    assert len(server.writes) == before
    assert planned(grafana, APART, IN_TWO).pending == ()
    push(grafana, TOGETHER, IN_ONE)
    push(grafana, settings_of("rules"), content)
    assert planned(grafana, TOGETHER, IN_ONE).pending == planned(grafana, settings_of("rules"), content).pending == ()


def test_a_credential_that_may_not_see_rules_pushes_boards_to_its_folder():
    with grafana_of() as (server, grafana):
        push(grafana, TOGETHER, IN_ONE)
        server.faults.answer("/api/v1/provisioning/alert-rules", status=403, body={"message": "no"})
        made = plan(grafana, deployment(grafana, TOGETHER, bundle([board("a", refresh="1m")])), Selection("dashboard/*"))  # fmt: skip  # one thing is one line
        assert [change.name for change in made.pending] == ["dashboard A"]


def test_a_folder_of_other_people_keeps_its_title_and_its_rules(servers):
    server, grafana = servers
    grafana.create_folder("rules", "On call")
    someones(grafana, "rules", "theirs", "their group")
    (folder,) = [change for change in planned(grafana, APART, IN_TWO).pending if change.edit]
    assert (folder.name, folder.edit.of_others) == ("folder Glassbox alerts", True)
    push(grafana, APART, IN_TWO, force=False)
    assert server.state.folders["rules"].title == "On call"
    assert set(folders_of_rules(server).values()) == {"rules"}
    carry_out(grafana, destroy_plan(grafana, APART.grafana))
    assert (folders_of_rules(server), list(server.state.folders)) == ({"theirs": "rules"}, ["rules"])


def test_a_rule_of_others_in_a_group_of_ours_stops_a_push(servers):
    server, grafana = servers
    grafana.create_folder("rules", "Glassbox alerts")
    someones(grafana, "rules", "theirs")
    before = len(server.writes)
    with pytest.raises(GlassboxError, match="Rule 'theirs' in group 'engine' is not ours and would be deleted"):
        push(grafana, APART, IN_TWO)
    assert len(server.writes) == before


def test_a_push_of_rules_alone_leaves_the_folder_of_boards_to_others(servers):
    server, grafana = servers
    made = plan(grafana, deployment(grafana, APART, IN_TWO), Selection("rule-group/*"))
    assert [change.name for change in made.pending] == ["folder Glassbox alerts", "rule group engine", "rule group queue"]  # fmt: skip  # one thing is one line
    carry_out(grafana, made)
    assert list(server.state.folders) == ["rules"]
    assert not [request for request in server.requests if request.path == "/api/folders/glassbox"]


def test_a_push_of_boards_alone_needs_no_folder_of_rules(servers):
    server, grafana = servers
    carry_out(grafana, plan(grafana, deployment(grafana, APART, IN_TWO), Selection("dashboard/*")))
    assert (list(server.state.folders), list(server.state.rules)) == (["glassbox"], [])
    with pytest.raises(GlassboxError, match="fits no object"):
        plan(grafana, deployment(grafana, APART, IN_TWO), Selection("dashboard/nothing"))


def test_content_without_rules_needs_no_folder_of_rules():
    with grafana_of() as (server, grafana):
        push(grafana, APART, bundle([board("a")]))
        assert list(server.state.folders) == ["glassbox"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_for_boards_alone_neither_reads_nor_makes_the_folder_of_rules(version):
    with GrafanaStandIn(version=version, tokens=TOKENS, search_lag_seconds=0) as server:
        with Grafana(server.url, Token("admin")) as admin:
            push(admin, TOGETHER, IN_ONE)
            admin.create_folder("rules", "Secret")
        server.faults.answer("/api/v1/provisioning/alert-rules", status=403, body={"message": "no"})
        with Grafana(server.url, Token("editor")) as grafana:
            made = planned(grafana, APART, bundle([board("a", refresh="1m")], in_folder("rules", *GROUPS)))
            assert [change.name for change in made.pending] == ["dashboard A"]
            assert made.left_out[0].startswith("Rule groups are left out")
            carry_out(grafana, made)
        assert not [request for request in server.requests[-10:] if request.path == "/api/folders/rules"]
        assert folders_of_rules(server) == dict.fromkeys(UIDS, "glassbox")


def test_a_title_that_another_folder_has_names_the_setting_of_the_folder_of_rules():
    with grafana_of("10.4.3") as (_, grafana):
        grafana.create_folder("theirs", "Glassbox alerts")
        with pytest.raises(GlassboxError, match=r"titled 'Glassbox alerts'.* set grafana\.rules_folder_title"):
            push(grafana, APART, IN_TWO)


def test_a_folder_of_rules_that_is_deleted_meanwhile_is_named():
    with grafana_of() as (server, grafana):
        made = planned(grafana, APART, IN_TWO)
        with pytest.raises(GlassboxError, match="The folder 'rules' was deleted while rules were written"):
            apply(grafana, made, made.pending, lambda _change: server.state.folders.pop("rules", None))


def test_the_command_names_the_setting_of_a_folder_that_may_be_somebody_elses(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    settings = tmp_path / "settings.yaml"
    settings.write_text("ruler: {through_grafana: never}\ngrafana: {rules_folder_uid: rules}\n")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        with Grafana(server.url, Token("admin")) as grafana:
            grafana.create_folder("rules", "On call")
        given = ["--settings", str(settings), "--grafana", server.url, "--backups", str(tmp_path / "backups")]
        code = command_line.main(PRODUCT, given)
    out = capsys.readouterr().out
    assert (code, server.state.folders["rules"].title) == (2, "On call")
    assert "not overwritten: folder Glassbox alerts. Set another grafana.rules_folder_uid in the settings" in out


@pytest.mark.parametrize("version", ["12.4.0", "13.2.0"])
def test_a_folder_that_git_sync_owns_takes_no_rules_and_no_dashboards(version):
    with grafana_of(version) as (server, grafana):
        grafana.create_folder("glassbox", "Glassbox")
        server.state.folders["glassbox"].managed_by = "repo"
        before = len(server.writes)
        with pytest.raises(GlassboxError, match=r"Folder 'Glassbox' is owned by Git Sync, so dashboards come from its repository: .*--only 'rule-group/"):  # fmt: skip  # one thing is one line
            push(grafana, APART, IN_TWO)
        alone = Selection("rule-group/*")
        with pytest.raises(GlassboxError, match=r"refuses alert rules in it: set grafana\.rules_folder_uid"):
            plan(grafana, deployment(grafana, TOGETHER, IN_ONE), alone)
        assert len(server.writes) == before
        carry_out(grafana, plan(grafana, deployment(grafana, APART, IN_TWO), alone))
        assert folders_of_rules(server) == dict.fromkeys(UIDS, "rules")
        assert plan(grafana, deployment(grafana, APART, IN_TWO), alone).pending == ()
