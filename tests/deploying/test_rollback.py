"""Backups, going back to them, and deleting all that is ours."""

from dataclasses import replace

import pytest

from glassbox import files
from glassbox.cli import main as command_line
from glassbox.deploying import backup_writing
from glassbox.deploying import backups as backup_files
from glassbox.deploying.apply import apply
from glassbox.deploying.backups import Installation, all_backups, keep, keep_places
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.rollback import chosen, going_back, rollback_plan
from glassbox.errors import GlassboxError
from glassbox.grafana.organisation import Organisation
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.kept_pushes import applied, content, gone_back
from tests.support.pushing import pending, planned, push
from tests.support.small_bundle import TOKENS, board, bundle, edited, grafana_of, group, settings_of
from tests.support.small_content import PRODUCT

SETTINGS = settings_of()
FIRST = bundle([board("kept"), board("gone")], [group("one", "A"), group("old", "O", "P")])
SECOND = bundle(
    [board("kept", refresh="1m"), board("new")], [group("one", "A", expr="up == 2"), group("renamed", "O"), group("two", "B")]
)  # fmt: skip  # a bundle is one line


def test_a_rollback_restores_exactly_what_was_deleted_moved_changed_and_created(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    server.state.rules["glassbox-P"].body["isPaused"] = True
    before, known = content(server), server.state.rules["glassbox-O"].id
    applied(grafana, SECOND, tmp_path, settings_of(title="Renamed"))
    assert content(server) != before
    gone_back(grafana, tmp_path)
    assert content(server) == before
    assert server.state.rules["glassbox-O"].id == known
    assert planned(grafana, SETTINGS, FIRST).pending == ()


def test_a_rule_that_was_paused_after_the_push_runs_again(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    applied(grafana, SECOND, tmp_path)
    server.state.rules["glassbox-A"].body["isPaused"] = True
    gone_back(grafana, tmp_path)
    assert server.state.rules["glassbox-A"].body["isPaused"] is False


def test_a_rollback_can_be_rolled_back(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    applied(grafana, SECOND, tmp_path)
    after = content(server)
    gone_back(grafana, tmp_path)
    gone_back(grafana, tmp_path)
    assert content(server) == after


def test_going_back_to_an_older_push_undoes_all_since(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    before = content(server)
    applied(grafana, SECOND, tmp_path)
    oldest_but_one = all_backups(tmp_path)[0].identity
    applied(grafana, bundle([board("third")], [group("one", "A", interval=30)]), tmp_path)
    gone_back(grafana, tmp_path, oldest_but_one)
    assert content(server) == before


def test_going_back_before_the_first_push_leaves_nothing_of_ours(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    gone_back(grafana, tmp_path)
    assert content(server) == [{}, {}, {}]


def test_an_edit_that_a_push_overwrote_comes_back_as_an_edit(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    edited(server, "glassbox-kept", title="Mine")
    applied(grafana, FIRST, tmp_path)
    assert server.state.dashboards["glassbox-kept"].title == "Kept"
    gone_back(grafana, tmp_path)
    assert server.state.dashboards["glassbox-kept"].title == "Mine"
    (change,) = planned(grafana, SETTINGS, FIRST).pending
    assert change.edit is not None


def test_what_others_saved_after_the_push_is_named_before_a_rollback(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    applied(grafana, SECOND, tmp_path)
    edited(server, "glassbox-kept", title="Mine")
    made = rollback_plan(grafana, SETTINGS.grafana, all_backups(tmp_path)[:1])
    assert [change.title for change in made.pending if change.edit] == ["Kept"]


def test_destroy_deletes_all_that_is_ours_and_nothing_else(servers):
    server, grafana = servers
    other = settings_of("glassbox-two")
    push(grafana, other, bundle([board("a", folder="glassbox-two")], [group("one", "A", folder="glassbox-two")]))
    others = content(server)
    push(grafana, SETTINGS, FIRST)
    made = destroy_plan(grafana, SETTINGS.grafana)
    apply(grafana, made, made.pending, lambda _change: None)
    assert content(server) == others


def test_destroy_leaves_a_folder_with_something_of_others(servers):
    _, grafana = servers
    push(grafana, SETTINGS, FIRST)
    grafana.save_dashboard({"uid": "theirs", "title": "Theirs"}, folder_uid="glassbox", message="", overwrite=False)
    made = destroy_plan(grafana, SETTINGS.grafana)
    assert [name for name, _, _ in pending(made.changes)] == ["rule group"] * 2 + ["dashboard"] * 2
    assert made.remarks[-1] == "Folder 'Glassbox' stays, since it holds more than what is deleted."


def test_no_other_server_organisation_folder_or_id_is_taken(tmp_path):
    with grafana_of() as (_, grafana):
        applied(grafana, FIRST, tmp_path)
        (found,) = all_backups(tmp_path)
        assert found.installation == Installation(grafana.url, Organisation(1, "Main Org."), "glassbox")
        for other in (
            {"url": "http://other"},
            {"organisation": Organisation(2, "Main Org.")},
            {"organisation": Organisation(0, "Two")},
            {"folder_uid": "glassbox-two"},
        ):
            with pytest.raises(GlassboxError, match=r"There is no backup of the folder .*: use the URL and the folder that rollback --list shows, or name another folder of backups with --backups DIR\.$"):  # fmt: skip  # one sentence
                chosen([found], replace(found.installation, **other))
            with pytest.raises(GlassboxError, match=r"There is no backup of the folder .*: name another folder of backups with --backups DIR\.$"):  # fmt: skip  # one sentence
                chosen([], replace(found.installation, **other))
        with pytest.raises(GlassboxError, match=r"There is no backup 'x' of the folder 'glassbox' at http:.*, organisation 'Main Org\.': rollback --list"):  # fmt: skip  # one sentence
            chosen([found], found.installation, "x")


def test_an_organisation_goes_back_through_its_own_backups_alone(tmp_path, monkeypatch):
    """Two organisations of one Grafana with the same folder, whose backups are in one folder of files."""
    with grafana_of() as (server, grafana):
        applied(grafana, FIRST, tmp_path)
        before = content(server)
        applied(grafana, SECOND, tmp_path)
        after, (newest, _) = content(server), all_backups(tmp_path)
        with monkeypatch.context() as in_two:
            in_two.setattr(grafana, "organisation", lambda: Organisation(2, "Main Org."))
            push(grafana, settings_of(title="Two"), FIRST)
            applied(grafana, FIRST, tmp_path, settings_of(title="Three"))
        push(grafana, SETTINGS, SECOND)
        assert content(server) == after
        gone_back(grafana, tmp_path, newest.identity)
        assert content(server) == before
        made = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path))
        assert [each.installation.organisation for each in made.way.backups] == [Organisation(1, "Main Org.")]


def test_the_backups_of_an_organisation_are_found_when_it_has_another_name(tmp_path, monkeypatch):
    """Those of earlier versions know its name alone."""
    with grafana_of() as (server, grafana):
        applied(grafana, FIRST, tmp_path)
        before = content(server)
        applied(grafana, SECOND, tmp_path)
        with monkeypatch.context() as renamed:
            renamed.setattr(grafana, "organisation", lambda: Organisation(1, "Renamed"))
            gone_back(grafana, tmp_path)
            assert content(server) == before
        for file in tmp_path.glob("*.json"):
            file.write_text(file.read_text().replace(',\n    "organisation_id": 1', ""))
        assert {each.installation.organisation.number for each in all_backups(tmp_path)} == {0}
        assert going_back(grafana, SETTINGS.grafana, all_backups(tmp_path)).is_useful
        monkeypatch.setattr(grafana, "organisation", lambda: Organisation(1, "Renamed again"))
        with pytest.raises(GlassboxError, match=r"There is no backup of .*, organisation 'Renamed again'"):
            going_back(grafana, SETTINGS.grafana, all_backups(tmp_path))


@pytest.mark.parametrize("text", ["", "{}", "[" * 100000, '{"schema": "glassbox-backup/2"}', '{"schema": "glassbox-backup/1", "objects": [{"kind": "dashboard", "uid": "a", "edited": false, "before": {}}]}'])  # fmt: skip  # a row is a case
def test_what_is_no_backup_is_refused(tmp_path, text):
    (tmp_path / "20260101T000000Z.json").write_text(text)
    with pytest.raises(GlassboxError, match="is not a backup of this version"):
        all_backups(tmp_path)


def test_a_backup_may_be_as_large_as_thousands_of_dashboards_are(servers, tmp_path):
    server, grafana = servers
    applied(grafana, FIRST, tmp_path)
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text() + " " * files.MAX_BYTES)
    gone_back(grafana, tmp_path)
    assert content(server) == [{}, {}, {}]


def test_a_backup_that_no_rollback_would_read_ends_a_push_before_its_first_write(servers, tmp_path, monkeypatch):
    server, grafana = servers
    monkeypatch.setattr(backup_files, "MOST_BYTES_OF_OURS", 100)
    made = planned(grafana, SETTINGS, FIRST)
    rules = [{"title": f"/rules/{name}", "origin": {"folder": f"/rules/{name}"}, "before": {"a.yaml": "x" * length}} for name, length in (("a", 9), ("b", 99999))]  # fmt: skip  # two places
    for places, advice in (
        ([], r"push in parts with --only GLOB\."),
        (rules[:1], r"push in parts with --only GLOB\."),
        (rules[1:], r"delete what is not needed of the rules in /rules/b\."),
        (rules, r"delete what is not needed of the rules in /rules/b, or name one place of rules at a time\."),
    ):
        with pytest.raises(GlassboxError, match=rf"^The backup would exceed .* so nothing was changed: {advice}$"):
            keep(grafana, made, made.pending, tmp_path, places, in_parts="push in parts with --only GLOB")
    with pytest.raises(
        GlassboxError, match=r"nothing was changed: delete what is not needed of the rules in /rules/a\.$"
    ):
        keep_places("glassbox", rules[:1], tmp_path)
    assert content(server) == [{}, {}, {}]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "advice"), [
    (("--force",), "push in parts with --only GLOB"),
    (("destroy",), "delete a part of it in Grafana first"),
    (("rollback",), "go back over fewer pushes with --to ID"),
])  # fmt: skip  # a row is a case
def test_each_command_says_how_it_can_change_less(run, monkeypatch, arguments, advice):
    command, server = run
    assert command()[0] == 0
    edited(server, "glassbox-queue", title="Mine")
    writes = len(server.writes)
    # What is read has the same bound.
    monkeypatch.setattr(backup_files, "json_of", lambda _value: "x" * (files.MOST_BYTES_OF_OURS // 2**16))
    monkeypatch.setattr(backup_files, "MOST_BYTES_OF_OURS", 12000)
    code, _, err = command(*arguments, "--yes")
    assert (code, len(server.writes)) == (1, writes)
    assert err.splitlines()[-1].endswith(f"so nothing was changed: {advice}.")


def test_a_backup_of_a_clock_that_was_set_back_is_still_the_newest(tmp_path):
    with grafana_of() as (_, grafana):
        applied(grafana, bundle([board("a", title="One")]), tmp_path)
        (first,) = tmp_path.glob("*.json")
        first.rename(tmp_path / "29990101T000000Z-7.json")
        applied(grafana, bundle([board("a", title="Two")]), tmp_path)
        applied(grafana, bundle([board("a", title="Three")]), tmp_path)
        identities = [backup.identity for backup in all_backups(tmp_path)]
        assert identities == [f"29990101T000000Z-{number}" for number in (9, 8, 7)]
        back = going_back(grafana, SETTINGS.grafana, all_backups(tmp_path))
        assert back.way.backups[0].identity == "29990101T000000Z-9"
        assert [change.title for change in back.plan.pending] == ["Two"]


def test_backups_of_one_second_are_kept_apart_and_listed_newest_first(tmp_path):
    with grafana_of() as (_, grafana):
        made = planned(grafana, SETTINGS, FIRST)
        names = [keep(grafana, made, made.pending, tmp_path) for _ in range(12)]
    assert [backup.identity for backup in all_backups(tmp_path)] == names[::-1]
    assert len(list(tmp_path.iterdir())) == 12


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """The command line against a server of its own; its exit code, stdout and stderr, and the server."""
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with GrafanaStandIn(tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server:

        def with_arguments(*arguments):
            code = command_line.main(
                PRODUCT, [*arguments, "--grafana", server.url, "--backups", str(tmp_path / "kept")]
            )
            return code, *capsys.readouterr()

        yield with_arguments, server


def test_a_full_disk_is_one_sentence_and_nothing_is_written(run, monkeypatch, tmp_path):
    command, server = run

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_writing.os, "fsync", full)
    code, _, err = command()
    assert (code, server.writes, list((tmp_path / "kept").iterdir())) == (1, [], [])
    assert err.splitlines()[-1].startswith(f"Error: The backup cannot be written to {tmp_path / 'kept'} (No space left on device), so nothing was changed")  # fmt: skip  # one sentence


def test_the_commands_read_first_ask_and_hold_no_secret(run, tmp_path):
    command, server = run
    assert command()[0] == 0
    writes = len(server.writes)
    (file,) = (tmp_path / "kept").iterdir()
    assert "admin" not in file.read_text()
    assert command("rollback", "--dry-run")[0] == 2
    assert "  - folder     Glassbox\n" in command("rollback", "--dry-run")[1]
    assert command("destroy", "--dry-run")[0] == 2
    assert (
        f"{file.stem}  {server.url}  organisation 'Main Org.'  folder 'glassbox': 3 created\n"
        in command("rollback", "--list")[1]
    )
    for name in ("rollback", "destroy"):
        code, _, err = command(name)
        assert (code, len(server.writes)) == (1, writes)
        assert "This deletes 3 objects. There is no terminal to ask at: give --yes, or --dry-run" in err
    code, out, _ = command("destroy", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "Destroyed: 0 created, 0 updated, 3 deleted, 0 unchanged.")
    assert content(server) == [{}, {}, {}]
    code, out, _ = command("destroy", "--yes")
    assert (code, out.splitlines()[-1]) == (0, "Nothing to do.")
    assert command("rollback")[0] == 1
    assert command("rollback", "--yes")[0] == 0
    assert len(server.state.dashboards) == len(server.state.rules) == 1


def test_a_push_that_failed_before_its_first_write_hides_no_earlier_one(run, tmp_path, monkeypatch):
    command, server = run
    assert command()[0] == 0
    assert command("destroy", "--yes")[0] == 0
    monkeypatch.setenv("GRAFANA_TOKEN", "viewer")
    assert command()[0] == 1
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    destroyed, failed = sorted(file.stem for file in (tmp_path / "kept").iterdir())[-2:]
    code, out, _ = command("rollback", "--yes")
    assert (code, len(server.state.dashboards), len(server.state.rules)) == (0, 1, 1)
    assert out.splitlines()[0] == f"Back to the state before the push of backup {destroyed}. Passed over, since they give nothing to do: {failed}."  # fmt: skip  # one sentence


def test_backups_that_all_give_nothing_to_do_are_named(run, tmp_path):
    command, server = run
    assert command()[0] == 0
    assert command("destroy", "--yes")[0] == 0
    destroyed = max(file.stem for file in (tmp_path / "kept").iterdir())
    (tmp_path / "kept" / f"{destroyed}.json").unlink()
    (first,) = (file.stem for file in (tmp_path / "kept").iterdir())
    code, out, _ = command("rollback", "--yes")
    assert (code, out.splitlines()[0]) == (0, f"No backup gives anything to do: {first}.")
    assert content(server) == [{}, {}, {}]
