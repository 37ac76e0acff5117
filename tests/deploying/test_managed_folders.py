"""A folder of ours that something else manages: neither renamed, moved nor deleted, and what is in it is still pushed."""

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import all_backups
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import going_back
from glassbox.errors import GlassboxError
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied
from tests.support.pushing import pending, planned, push
from tests.support.small_bundle import TOKENS, VERSIONS, board, bundle, grafana_of, group, in_folder, panel, settings_of
from tests.support.small_content import PRODUCT

SETTINGS = settings_of()
RENAMING = settings_of(title="Inference")
MOVING = settings_of(title="Inference", parent_folder_uid="team")
OURS = bundle([board("a", panel("Latency"))], [group("g", "A")])
CHANGED = bundle([board("a", panel("Time to first token"))], [group("g", "A", interval=120)])
KNOWING = ["12.4.0", "13.2.0"]
WRITTEN = ["dashboard", "rule group"]


def told(by, what="title Glassbox -> Inference", or_else=", or take what it has into the settings"):
    return f"Folder 'Glassbox' (glassbox) is left out, since {by} manages it ({what}): change it there{or_else}."


def kinds(changes):
    return [kind for kind, _, _ in pending(changes)]


def place(server, uid="glassbox"):
    return server.state.folders[uid].title, server.state.folders[uid].parent_uid


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "by"), [("terraform", "Terraform"), ("kubectl", "kubectl"), ("plugin", "a plugin"), ("classic-file-provisioning", "a file on the Grafana server")]
)  # fmt: skip  # a row is a manager
def test_it_keeps_its_title_and_place_and_what_is_in_it_is_pushed(version, kind, by):
    with grafana_of(version) as (server, grafana):
        push(grafana, SETTINGS, OURS)
        grafana.create_folder("team", "Team")
        server.state.folders["glassbox"].managed_by = kind
        knows = version in KNOWING
        made = planned(grafana, MOVING, CHANGED)
        assert made.left_out == ((told(by, "title Glassbox -> Inference; inside of the top -> team"),) if knows else ())
        assert kinds(made.changes) == (WRITTEN if knows else ["folder", *WRITTEN])
        push(grafana, MOVING, CHANGED)
        assert place(server) == (("Glassbox", "") if knows else ("Inference", "team"))
        assert server.state.dashboards["glassbox-a"].spec["panels"][0]["title"] == "Time to first token"
        assert planned(grafana, MOVING, CHANGED).pending == ()


@pytest.mark.parametrize("version", KNOWING)
def test_one_that_is_as_the_settings_want_it_is_no_finding(version):
    with grafana_of(version) as (server, grafana):
        grafana.create_folder("glassbox", "Glassbox")
        server.state.folders["glassbox"].managed_by = "terraform"
        push(grafana, SETTINGS, OURS)
        made = planned(grafana, SETTINGS, OURS)
        assert (made.pending, made.left_out, list(server.state.dashboards)) == ((), (), ["glassbox-a"])


@pytest.mark.parametrize("version", KNOWING)
def test_a_managed_folder_of_rules_is_not_renamed_either(version):
    apart = settings_of(rules_folder_uid="rules", rules_folder_title="On call")
    rules = bundle([], in_folder("rules", group("g", "A")))
    with grafana_of(version) as (server, grafana):
        grafana.create_folder("glassbox", "Glassbox")
        grafana.create_folder("rules", "Theirs")
        server.state.folders["rules"].managed_by = "terraform"
        made = planned(grafana, apart, rules)
        assert made.left_out == ("Folder 'Theirs' (rules) is left out, since Terraform manages it (title Theirs -> On call): change it there, or take what it has into the settings.",)  # fmt: skip  # one sentence
        push(grafana, apart, rules)
        assert (place(server, "rules"), {rule.folder_uid for rule in server.state.rules.values()}) == (("Theirs", ""), {"rules"})  # fmt: skip  # one thing is one line


@pytest.mark.parametrize("version", KNOWING)
def test_destroy_deletes_what_is_in_it_and_leaves_it(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, OURS, tmp_path)
        server.state.folders["glassbox"].managed_by = "terraform"
        made = destroy_plan(grafana, SETTINGS.grafana, all_backups(tmp_path))
        assert "Folder 'Glassbox' stays, since Terraform manages it." in made.remarks
        apply(grafana, made, made.allowed(force=True), lambda _change: None)
        assert (list(server.state.folders), server.state.dashboards, server.state.rules) == (["glassbox"], {}, {})


@pytest.mark.parametrize("version", KNOWING)
def test_a_rollback_neither_renames_nor_deletes_it(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, OURS, tmp_path)
        applied(grafana, CHANGED, tmp_path, RENAMING)
        server.state.folders["glassbox"].managed_by = "terraform"
        back = going_back(grafana, RENAMING.grafana, all_backups(tmp_path)).plan
        sentence = told("Terraform", "title Inference -> Glassbox", "").replace(
            "Folder 'Glassbox'", "Folder 'Inference'"
        )
        assert (back.left_out, kinds(back.changes)) == ((sentence,), WRITTEN)
        first = all_backups(tmp_path)[-1].identity
        gone = going_back(grafana, RENAMING.grafana, all_backups(tmp_path), first).plan
        assert "Folder 'Inference' stays, since Terraform manages it." in gone.remarks
        assert sorted(kinds(gone.changes)) == WRITTEN


@pytest.mark.parametrize("version", VERSIONS)
def test_a_folder_of_git_sync_is_refused_as_the_one_around_ours(version):
    inside = settings_of(parent_folder_uid="team")
    with grafana_of(version) as (server, grafana):
        grafana.create_folder("team", "Team")
        server.state.folders["team"].managed_by = "repo"
        before = len(server.writes)
        if version not in KNOWING:
            push(grafana, inside, OURS)
            assert place(server) == ("Glassbox", "team")
            return
        with pytest.raises(GlassboxError, match=r"Folder 'Team' is owned by Git Sync, and Grafana refuses folders in it .*: set grafana\.parent_folder_uid"):  # fmt: skip  # one sentence
            push(grafana, inside, OURS)
        assert len(server.writes) == before
        grafana.create_folder("glassbox", "Glassbox")
        with pytest.raises(GlassboxError, match=r"Folder 'Team' is owned by Git Sync"):
            planned(grafana, inside, OURS)
        server.state.folders["glassbox"].parent_uid = "team"
        assert kinds(planned(grafana, inside, OURS).changes) == WRITTEN


@pytest.mark.parametrize("arguments", [["plan"], ["--yes", "--force"]])
def test_the_commands_say_it_and_end_with_2(monkeypatch, capsys, arguments, tmp_path):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(version="13.2.0", tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        assert command_line.main(PRODUCT, ["--grafana", server.url]) == 0
        server.state.folders["glassbox"].managed_by = "terraform"
        assert command_line.main(PRODUCT, [*arguments, "--grafana", server.url]) == 0
        settings = tmp_path / "settings.yaml"
        settings.write_text("grafana: {folder_title: Inference}\n")
        capsys.readouterr()
        assert command_line.main(PRODUCT, ["--settings", str(settings), *arguments, "--grafana", server.url]) == 2
        assert told("Terraform") in capsys.readouterr().out
        assert place(server) == ("Glassbox", "")
