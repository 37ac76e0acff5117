"""Which folders a rollback and a destroy delete, and what both leave to people and to Git Sync."""

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import Backup, Installation, all_backups, keep
from glassbox.deploying.created_folders import edit_unless_created, noting
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.plan import plan
from glassbox.deploying.rollback import going_back
from glassbox.deploying.selection import Selection
from glassbox.errors import GlassboxError
from glassbox.grafana.organisation import Organisation
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied, content, gone_back
from tests.support.pushing import deployment, pending, planned, push
from tests.support.rules_folders import APART, GROUPS, IN_ONE, IN_TWO, TOGETHER, UIDS, carry_out, folders_of_rules
from tests.support.small_bundle import TOKENS, bundle, edited, grafana_of, in_folder, settings_of
from tests.support.small_content import PRODUCT


def edited_rule(server):
    server.state.rules["glassbox-Long"].body["for"] = "12m"


def edited_board(server):
    edited(server, "glassbox-a", title="Mine")


def carried_out_unforced(grafana, made, done=lambda _change: None):
    """What is done without `--force`; the names of what is kept."""
    wanted = made.allowed(force=False)
    apply(grafana, made, wanted, done)
    return [change.name for change in made.pending if change not in wanted]


@pytest.mark.parametrize(
    ("edit", "kept", "left"),
    [
        (edited_rule, ["rule group queue", "folder Glassbox alerts"], ["glassbox", "rules"]),
        (edited_board, ["dashboard Mine", "folder Glassbox"], ["glassbox"]),
    ],
)
def test_a_folder_stays_with_what_somebody_edited_in_it(tmp_path, edit, kept, left):
    """Going back to before the first push, and over the push that made the folder of rules."""
    with grafana_of() as (server, grafana):
        if edit is edited_rule:
            applied(grafana, IN_ONE, tmp_path, TOGETHER)
        applied(grafana, IN_TWO, tmp_path, APART)
        edit(server)
        made = going_back(grafana, APART.grafana, all_backups(tmp_path)).plan
        assert carried_out_unforced(grafana, made) == kept
        assert list(server.state.folders) == left
        made = going_back(grafana, APART.grafana, all_backups(tmp_path)).plan
        apply(grafana, made, made.allowed(force=True), lambda _change: None)
        assert list(server.state.folders) == left[:-1]


def test_destroy_keeps_the_folder_of_what_is_kept_and_no_other(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_TWO, tmp_path, APART)
        edited_rule(server)
        made = destroy_plan(grafana, APART.grafana, all_backups(tmp_path))
        assert carried_out_unforced(grafana, made) == ["rule group queue", "folder Glassbox alerts"]  # fmt: skip  # one thing is one line
        assert content(server)[0] == {} and list(server.state.folders) == ["rules"]


ON_CALL = settings_of(rules_folder_uid="oncall")


@pytest.mark.parametrize("pushed", [True, False])
def test_destroy_leaves_a_folder_of_other_people_without_force(tmp_path, pushed):
    with grafana_of() as (server, grafana):
        grafana.create_folder("oncall", "On call")
        if pushed:
            wanted = bundle(IN_ONE.dashboards.values(), in_folder("oncall", *GROUPS))
            made = planned(grafana, ON_CALL, wanted)
            kept = keep(grafana, made, made.allowed(force=False), tmp_path)
            carried_out_unforced(grafana, made, noting(grafana, kept, tmp_path, print))
            assert folders_of_rules(server) == dict.fromkeys(UIDS, "oncall")
        made = destroy_plan(grafana, ON_CALL.grafana, all_backups(tmp_path))
        (folder,) = [change for change in made.pending if change.edit]
        assert (folder.name, folder.edit.of_others, folder.edit.by) == ("folder On call", True, "sa-admin")
        assert carried_out_unforced(grafana, made) == ["folder On call"]
        assert content(server) == [{}, {}, {"oncall": "On call"}]
        carry_out(grafana, destroy_plan(grafana, ON_CALL.grafana, all_backups(tmp_path)))
        assert content(server) == [{}, {}, {}]


@pytest.mark.parametrize("title", ["Glassbox", "Team"])
@pytest.mark.parametrize("with_backups", [True, False])
def test_destroy_leaves_a_folder_that_somebody_made_for_us_without_force(tmp_path, title, with_backups):
    """With the title of the settings, and with another one that a push replaced."""
    with grafana_of() as (server, grafana):
        grafana.create_folder("glassbox", title)
        server.state.folders["glassbox"].created_by = "alice"
        applied(grafana, IN_ONE, tmp_path, TOGETHER)
        kept = all_backups(tmp_path) if with_backups else []
        made = destroy_plan(grafana, TOGETHER.grafana, kept)
        (folder,) = [change for change in made.pending if change.edit]
        assert (folder.name, folder.edit.of_others) == ("folder Glassbox", True)
        assert carried_out_unforced(grafana, made) == ["folder Glassbox"]
        assert content(server) == [{}, {}, {"glassbox": "Glassbox"}]
        carry_out(grafana, destroy_plan(grafana, TOGETHER.grafana, kept))
        assert content(server) == [{}, {}, {}]


def test_a_folder_that_another_machine_made_stays_without_its_backup(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_ONE, tmp_path, TOGETHER)
        assert carried_out_unforced(grafana, destroy_plan(grafana, TOGETHER.grafana)) == ["folder Glassbox"]
        assert content(server) == [{}, {}, {"glassbox": "Glassbox"}]
        assert carried_out_unforced(grafana, destroy_plan(grafana, TOGETHER.grafana, all_backups(tmp_path))) == []
        assert content(server) == [{}, {}, {}]


def made_again(server, grafana):
    """Somebody deletes our folder with what is in it, and makes one of that uid."""
    with_all = server.state.folders.pop("glassbox")
    server.state.dashboards.clear()
    server.state.rules.clear()
    grafana.create_folder("glassbox", with_all.title)


@pytest.mark.parametrize("filled", [True, False])
def test_a_folder_that_somebody_made_again_stays_without_force(servers, tmp_path, filled):
    server, grafana = servers
    applied(grafana, IN_ONE, tmp_path, TOGETHER)
    made_again(server, grafana)
    if filled:
        applied(grafana, IN_ONE, tmp_path, TOGETHER)
    for made in (
        destroy_plan(grafana, TOGETHER.grafana, all_backups(tmp_path)),
        going_back(grafana, TOGETHER.grafana, all_backups(tmp_path), all_backups(tmp_path)[-1].identity).plan,
    ):
        (folder,) = [change for change in made.pending if change.edit]
        assert (folder.name, folder.edit.of_others) == ("folder Glassbox", True)
    assert carried_out_unforced(grafana, made) == ["folder Glassbox"]
    assert content(server) == [{}, {}, {"glassbox": "Glassbox"}]


@pytest.mark.parametrize(
    ("noted", "is_ours"),
    [
        ({"id": 7, "created": "2026-01-02T03:04:05.678Z"}, True),
        ({"id": 7}, True),
        ({"id": 0, "created": "2026-01-02T04:04:05+01:00"}, True),
        ({"id": 8, "created": "2026-01-02T03:04:05Z"}, False),
        ({"id": 7, "created": "2026-01-02T03:04:06Z"}, False),
        ({"created": 7}, False),
        ({"id": 0}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_folder_is_ours_where_its_id_and_its_time_are_those_of_the_created_one(noted, is_ours):
    found = {"uid": "glassbox", "id": 7, "created": "2026-01-02T03:04:05Z"}
    created = {"kind": "folder", "uid": "glassbox", "before": None, "created": noted}
    here = Installation("http://grafana", Organisation(1, "Main Org."), "glassbox")
    edit = edit_unless_created([Backup("1", here, (created, {**created, "uid": "other"}))])
    assert (edit(found) is None, edit(found | {"uid": "third"}) is None) == (is_ours, False)


def test_a_folder_that_a_rollback_created_again_is_ours(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_ONE, tmp_path, TOGETHER)
        made = destroy_plan(grafana, TOGETHER.grafana, all_backups(tmp_path))
        keep(grafana, made, made.pending, tmp_path)
        carry_out(grafana, made)
        gone_back(grafana, tmp_path, settings=TOGETHER)
        assert list(server.state.folders) == ["glassbox"]
        assert carried_out_unforced(grafana, destroy_plan(grafana, TOGETHER.grafana, all_backups(tmp_path))) == []


def test_a_folder_that_somebody_made_at_the_same_time_is_theirs(servers, tmp_path):
    """Or that the plan did not see, since Grafana said by mistake that there is none."""
    _, grafana = servers
    made = planned(grafana, TOGETHER, IN_ONE)
    kept = keep(grafana, made, made.pending, tmp_path)
    grafana.create_folder("glassbox", "Glassbox")
    grafana.created_folders.clear()
    apply(grafana, made, made.pending, noting(grafana, kept, tmp_path, print))
    (folder,) = [change for change in destroy_plan(grafana, TOGETHER.grafana, all_backups(tmp_path)).pending if change.edit]  # fmt: skip  # one thing is one line
    assert (folder.name, folder.edit.of_others) == ("folder Glassbox", True)


def test_a_creation_that_cannot_be_noted_is_said_and_stops_nothing(tmp_path):
    with grafana_of() as (server, grafana):
        made, told = planned(grafana, TOGETHER, IN_ONE), []
        apply(grafana, made, made.pending, noting(grafana, "20260101T000000Z", tmp_path / "gone", told.append))
        assert len(server.state.dashboards) == 1
        (sentence,) = told
        assert sentence == f"That folder 'Glassbox' was created by this push could not be noted, so destroy and rollback leave it without --force: {tmp_path}/gone/20260101T000000Z.json cannot be written (No such file or directory)."  # fmt: skip  # one sentence


def test_a_destroy_that_failed_before_its_folders_goes_on(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_TWO, tmp_path, APART)
        made = destroy_plan(grafana, APART.grafana, all_backups(tmp_path))
        keep(grafana, made, made.pending, tmp_path)
        apply(grafana, made, [change for change in made.pending if change.kind.name != "folder"], lambda _change: None)
        assert list(server.state.folders) == ["glassbox", "rules"]
        of_others = [change.name for change in destroy_plan(grafana, APART.grafana).pending if change.edit]
        assert of_others == ["folder Glassbox", "folder Glassbox alerts"]
        assert carried_out_unforced(grafana, destroy_plan(grafana, APART.grafana, all_backups(tmp_path))) == []
        assert content(server) == [{}, {}, {}]


def test_a_backup_of_another_installation_does_not_make_a_folder_ours(tmp_path):
    with grafana_of() as (_, grafana):
        applied(grafana, bundle(), tmp_path, settings_of("oncall", title="On call"))
        made = destroy_plan(grafana, ON_CALL.grafana, all_backups(tmp_path))
        assert [change.name for change in made.pending if change.edit] == ["folder On call"]


GIT_SYNC = ["12.4.0", "13.2.0"]


@pytest.mark.parametrize("version", GIT_SYNC)
def test_destroy_leaves_what_git_sync_owns(version):
    with grafana_of(version) as (server, grafana):
        push(grafana, APART, IN_TWO)
        server.state.folders["glassbox"].managed_by = "repo"
        made = destroy_plan(grafana, APART.grafana)
        told = "Dashboards are left out, since Git Sync owns the folder 'Glassbox': delete them in its repository."
        assert made.left_out == (told,)
        assert made.remarks == (told, "Folder 'Glassbox' stays, since Git Sync manages it.")
        carry_out(grafana, made)
        assert (list(server.state.dashboards), folders_of_rules(server), list(server.state.folders)) == (["glassbox-a"], {}, ["glassbox"])  # fmt: skip  # one thing is one line
        grafana.delete_dashboard("glassbox-a")
        again = destroy_plan(grafana, APART.grafana)
        assert (again.pending, again.left_out) == ((), ())


@pytest.mark.parametrize("version", GIT_SYNC)
def test_a_rollback_writes_nothing_where_git_sync_owns_what_would_come_back(version, tmp_path):
    with grafana_of(version) as (server, grafana):
        applied(grafana, IN_ONE, tmp_path, TOGETHER)
        server.state.folders["glassbox"].managed_by = "repo"
        moved = plan(grafana, deployment(grafana, APART, IN_TWO), Selection("rule-group/*"))
        keep(grafana, moved, moved.pending, tmp_path)
        carry_out(grafana, moved)
        _, first = all_backups(tmp_path)
        before = len(server.writes)
        with pytest.raises(GlassboxError, match="Alert rules cannot come back to the folder 'Glassbox', since Git Sync owns it now"):  # fmt: skip  # one sentence
            going_back(grafana, APART.grafana, all_backups(tmp_path))
        with pytest.raises(GlassboxError, match="Dashboards of the folder 'Glassbox' cannot be brought back, since Git Sync owns it now"):  # fmt: skip  # one sentence
            going_back(grafana, APART.grafana, all_backups(tmp_path), first.identity)
        assert len(server.writes) == before
        assert folders_of_rules(server) == dict.fromkeys(UIDS, "rules")


def test_a_rollback_does_not_rename_a_folder_that_git_sync_owns(tmp_path):
    with grafana_of() as (server, grafana):
        applied(grafana, IN_TWO, tmp_path, APART)
        applied(grafana, IN_TWO, tmp_path, settings_of(title="Renamed", rules_folder_uid="rules"))
        server.state.folders["glassbox"].managed_by = "repo"
        with pytest.raises(
            GlassboxError, match="Folder 'Renamed' cannot become what it was, since Git Sync owns it now"
        ):
            going_back(grafana, APART.grafana, all_backups(tmp_path))


def test_a_rollback_of_rules_alone_beside_git_sync_leaves_its_folder(tmp_path):
    with grafana_of() as (server, grafana):
        grafana.create_folder("glassbox", "Glassbox")
        server.state.folders["glassbox"].managed_by = "repo"
        made = plan(grafana, deployment(grafana, APART, IN_TWO), Selection("rule-group/*"))
        keep(grafana, made, made.pending, tmp_path)
        carry_out(grafana, made)
        back = going_back(grafana, APART.grafana, all_backups(tmp_path)).plan
        assert [kind for kind, _, _ in pending(back.changes)] == ["rule group", "rule group", "folder"]
        carry_out(grafana, back)
        assert content(server) == [{}, {}, {"glassbox": "Glassbox"}]


def test_the_commands_say_which_folder_stays_and_why(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    settings = tmp_path / "settings.yaml"
    settings.write_text("ruler: {through_grafana: never}\n")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:
        given = ["--settings", str(settings)], ["--grafana", server.url, "--backups", str(tmp_path / "kept")]

        def run(*arguments):
            code = command_line.main(PRODUCT, [*given[0], *arguments, *given[1]])
            return code, capsys.readouterr().out

        assert run()[0] == 0
        edited(server, "glassbox-queue", title="Mine")
        code, out = run("rollback", "--yes")
        assert (code, list(server.state.folders)) == (2, ["glassbox"])
        assert "  - folder     Glassbox\n      ! stays, since what is kept without --force needs it\n" in out
        assert "3 to delete (of which 2 are kept)" in out
        assert "Others edited dashboard Mine: not overwritten." in out
        settings.write_text("ruler: {through_grafana: never}\ngrafana: {rules_folder_uid: oncall}\n")
        server.state.folders["oncall"] = server.state.folders.pop("glassbox")
        server.state.folders["oncall"].uid = "oncall"
        server.state.dashboards.clear()
        code, out = run("destroy", "--yes")
        assert (code, list(server.state.folders)) == (2, ["oncall"])
        assert "May belong to somebody else, and is not deleted: folder Glassbox. Delete it in Grafana if nobody needs it, or use --force." in out  # fmt: skip  # one sentence
