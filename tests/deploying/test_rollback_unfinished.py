"""A rollback that ends half-way: the same command does the rest, and the next one undoes all of it."""

import json

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying import backup_writing
from glassbox.deploying.backups import Backup, Installation, all_backups
from glassbox.deploying.ways_back import ways_back
from glassbox.grafana.organisation import Organisation
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.fault_proxy import FaultProxy
from tests.support.kept_pushes import content
from tests.support.push_faults import REPORTED
from tests.support.small_bundle import TOKENS, edited
from tests.support.small_content import PRODUCT

ONE = "ruler: {through_grafana: never}\n"
TWO = ONE + "grafana: {folder_title: Two}\nalerts: {RequestsWaiting: {for: 10m}}\n"
GONE = REPORTED["gone before"]


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """The command line with settings against a server behind a proxy; its exit code, stdout and stderr."""
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    with (
        GrafanaStandIn(tokens=TOKENS, data_sources=[source], search_lag_seconds=0) as server,
        FaultProxy(server.url) as proxy,
    ):

        def with_settings(text, *arguments):
            (tmp_path / "settings.yaml").write_text(text)
            given = ["--settings", str(tmp_path / "settings.yaml"), *arguments, "--grafana", proxy.url]
            code = command_line.main(PRODUCT, [*given, "--backups", str(tmp_path / "kept")])
            return code, *capsys.readouterr()

        with_settings.server, with_settings.proxy = server, proxy
        yield with_settings


def changed(run):
    """A push that a rollback undoes with two writes."""
    assert run(TWO, "--yes")[0] == 0


def destroyed(run):
    """A destroy that a rollback undoes with three."""
    assert run(ONE, "destroy", "--yes")[0] == 0


@pytest.mark.parametrize(("undone", "at"), [(changed, 0), (changed, 1), (destroyed, 0), (destroyed, 1), (destroyed, 2)])
def test_the_same_command_does_the_rest_and_the_next_undoes_all_of_it(run, tmp_path, undone, at):
    assert run(ONE)[0] == 0
    before = content(run.server)
    undone(run)
    after = content(run.server)
    kept = all_backups(tmp_path / "kept")[0].identity
    for _ in range(2):
        run.proxy.arm(GONE, at if content(run.server) == after else 0)
        assert run(ONE, "rollback", "--yes")[0] == 1
        run.proxy.heal()
        assert content(run.server) != before
    stopped = all_backups(tmp_path / "kept")[0]
    assert (stopped.goes_back_to, stopped.is_unfinished) == (kept, True)
    listed = run(ONE, "rollback", "--list")[1].splitlines()
    assert ["a rollback that did not do all of it" in line for line in listed] == [True, True, False, False]
    code, out, _ = run(ONE, "rollback", "--yes")
    assert (code, content(run.server)) == (0, before)
    assert out.startswith(f"Back to the state before the push of backup {kept}. This goes on with the rollback of backup {stopped.identity}, which did not do all of it")  # fmt: skip  # one sentence
    assert run(ONE, "rollback", "--yes")[0] == 0
    assert content(run.server) == after


def test_the_rest_may_be_undone_instead(run, tmp_path):
    assert run(ONE)[0] == 0
    changed(run)
    after = content(run.server)
    run.proxy.arm(GONE, 1)
    assert run(ONE, "rollback", "--yes")[0] == 1
    run.proxy.heal()
    assert content(run.server) != after
    assert run(ONE, "rollback", "--yes", "--to", all_backups(tmp_path / "kept")[0].identity)[0] == 0
    assert content(run.server) == after


def test_what_people_change_after_a_rollback_that_is_done_does_not_begin_it_again(run):
    assert run(ONE)[0] == 0
    changed(run)
    after = content(run.server)
    assert run(ONE, "rollback", "--yes")[0] == 0
    run.server.state.rules["glassbox-RequestsWaiting"].body["isPaused"] = True
    assert run(ONE, "rollback", "--yes")[0] == 0
    assert content(run.server) == after


def test_a_second_run_with_force_goes_on_with_what_was_kept(run):
    assert run(ONE)[0] == 0
    before = content(run.server)
    assert run(TWO, "--yes")[0] == 0
    run.server.state.rules["glassbox-RequestsWaiting"].body["labels"] = {"severity": "mine"}
    edited_since = content(run.server)
    code, out, _ = run(ONE, "rollback", "--yes")
    assert (code, run.server.state.folders["glassbox"].title) == (2, "Glassbox")
    assert "or use --force" in out
    assert run(ONE, "rollback", "--yes", "--force")[0] == 0
    assert content(run.server) == before
    assert run(ONE, "rollback", "--yes", "--force")[0] == 0
    assert content(run.server) == edited_since


def test_without_force_what_was_kept_is_not_gone_on_with(run):
    assert run(ONE)[0] == 0
    edited(run.server, "glassbox-queue", title="Mine")
    held = content(run.server)
    assert run(ONE, "rollback", "--yes")[0] == 2
    assert content(run.server) != held
    assert run(ONE, "rollback", "--yes")[0] == 0
    assert content(run.server) == held


def test_a_backup_that_cannot_say_that_all_was_done_is_one_sentence(run, tmp_path, monkeypatch):
    assert run(ONE)[0] == 0
    before = content(run.server)
    changed(run)
    whole, calls = backup_writing.os.fsync, []

    def full_at_the_second(descriptor):
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        whole(descriptor)

    monkeypatch.setattr(backup_writing.os, "fsync", full_at_the_second)
    code, _, err = run(ONE, "rollback", "--yes")
    assert (code, content(run.server)) == (1, before)
    assert err.startswith("Error: All was rolled back, and ") and "(No space left on device)" in err
    assert all(file.suffix == ".json" for file in (tmp_path / "kept").iterdir())


def test_no_backups_are_said_to_be_none(run, tmp_path):
    assert run(ONE, "rollback", "--list")[:2] == (0, f"There are no backups in {tmp_path / 'kept'}.\n")


def test_a_backup_with_a_rollback_that_is_not_whole_is_refused(run, tmp_path):
    assert run(ONE)[0] == 0
    (file,) = (tmp_path / "kept").iterdir()
    file.write_text(json.dumps(json.loads(file.read_text()) | {"rollback": {"to": "x"}}))
    code, _, err = run(ONE, "rollback")
    assert (code, "is not a backup of this version" in err) == (1, True)


HERE = Installation("http://grafana", Organisation(1, "Main Org."), "glassbox")


def backup(identity, goes_back_to="", *, done=True):
    return Backup(identity, HERE, (), goes_back_to=goes_back_to, is_unfinished=not done)


def ids(ways):
    return ["".join(each.identity for each in way.backups) for way in ways]


@pytest.mark.parametrize(
    ("found", "ways"),
    [
        ([backup("b"), backup("a")], ["b", "ba"]),
        ([backup("r", "b"), backup("b"), backup("a")], ["r", "rb", "rba"]),
        ([backup("r", "b", done=False), backup("b"), backup("a")], ["b", "r", "rb", "rba"]),
        ([backup("r", "a", done=False), backup("b"), backup("a")], ["ba", "r", "rb", "rba"]),
        ([backup("s", "b"), backup("r", "b", done=False), backup("b")], ["sr", "b", "sr", "srb"]),
        ([backup("s", "a"), backup("r", "b", done=False), backup("b"), backup("a")], ["s", "sb", "sr", "srb", "srba"]),
        ([backup("c"), backup("r", "b", done=False), backup("b")], ["c", "cb", "cr", "crb"]),
        ([backup("r", "lost", done=False), backup("b")], ["r", "rb"]),
    ],
)  # fmt: skip  # a row is a case
def test_which_ways_back_are_tried_one_after_the_other(found, ways):
    assert ids(ways_back(found)) == ways
