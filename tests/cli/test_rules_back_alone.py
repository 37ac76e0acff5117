"""Going back over rules that were pushed without a Grafana: to a ruler asked directly, and to a folder."""

import json
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import replace

import pytest
from starlette.responses import PlainTextResponse

from glassbox.cli import main as command_line
from glassbox.cli.rules_back import changed_by_others
from glassbox.deploying.backups import Backup, Installation
from glassbox.grafana.organisation import Organisation
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.ruler_stand_in import ruler_stand_in
from tests.support.small_content import PRODUCT

OLD = {"name": "old", "interval": "1m", "rules": [{"record": "all:old:sum", "expr": "vector(1)"}]}


@pytest.fixture
def resources():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def run(tmp_path, capsys):
    """The command line with an evaluation interval, and its folder of backups, `run.kept`."""
    file = tmp_path / "settings.yaml"

    def with_settings(seconds, *arguments, grafana="{}", tenant="A"):
        file.write_text(f"grafana: {grafana}\nruler: {{tenant: {tenant}}}\nevaluation_interval_seconds: {seconds}\n")
        given = ["--settings", str(file), *map(str, arguments), "--backups", str(tmp_path / "kept")]
        code = command_line.main(PRODUCT, given)
        return code, *capsys.readouterr()

    with_settings.kept = tmp_path / "kept"
    return with_settings


def backups(run):
    """The oldest first."""
    return sorted(run.kept.glob("*.json"), key=lambda file: file.stem)


class Ruler:
    """`--mimir URL`."""

    def __init__(self, resources, _folder):
        self.ruler = resources.enter_context(ruler_stand_in(tenants=True))
        self.title = f"the ruler at {self.ruler.url}/prometheus for tenant A, namespace glassbox"
        self.options = ("--mimir", f"{self.ruler.url}/prometheus")

    def state(self):
        return deepcopy(self.ruler.of("A").get("glassbox", {}))

    def add_old(self):
        self.ruler.of("A")["glassbox"]["old"] = OLD

    def add_foreign(self):
        self.ruler.of("A")["theirs"] = {"old": OLD}


class Folder:
    """`--prometheus-rules DIR`."""

    def __init__(self, _resources, folder):
        self.folder = folder / "rules"
        self.folder.mkdir()
        self.title, self.options = str(self.folder), ("--prometheus-rules", self.folder)

    def state(self):
        return {file.name: file.read_text() for file in self.folder.glob("*.yaml") if file.name != "theirs.yaml"}

    def add_old(self):
        (waiting,) = self.state().values()
        (self.folder / "glassbox-old.yaml").write_text(waiting.replace("name: waiting", "name: old"))

    def add_foreign(self):
        (self.folder / "theirs.yaml").write_text("groups: []\n")


@pytest.fixture(params=[Ruler, Folder])
def place(request, resources, tmp_path):
    return request.param(resources, tmp_path)


@pytest.fixture
def ruler(resources, tmp_path):
    return Ruler(resources, tmp_path)


@pytest.fixture
def grafana(resources, monkeypatch):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = prometheus_source("http://127.0.0.1:9")
    server = GrafanaStandIn(tokens={"admin": "Admin"}, data_sources=[source], search_lag_seconds=0)
    return resources.enter_context(server)


def test_the_state_before_a_push_comes_back_exactly(run, place):
    code, out, _ = run(10, *place.options)
    (first,) = backups(run)
    assert (code, f"Backup: {first.stem} in {run.kept}\n" in out) == (0, True)
    place.add_old()
    place.add_foreign()
    before = place.state()
    assert run(20, *place.options)[0] == 0
    after = place.state()
    assert before.keys() > after.keys() and after != {name: before[name] for name in after}
    kept = json.loads(backups(run)[1].read_text())
    assert "server" not in kept and (kept["folder_uid"], kept["objects"]) == ("glassbox", [])
    assert [(each["title"], each["before"]) for each in kept["places"]] == [(place.title, before)]

    code, out, _ = run(20, "rollback", "--dry-run", *place.options)
    assert (code, place.state(), len(backups(run))) == (2, after, 2)
    told = out.splitlines()
    assert told[0] == f"Back to the state before the push of backup {backups(run)[1].stem}."
    assert {f"Rules in {place.title}:", "  ~ waiting", "  + old", "  Groups: 1 to create, 1 to update, 0 to delete, 0 unchanged."} < set(told)  # fmt: skip  # one set
    code, _, err = run(20, "rollback", *place.options)
    assert (code, place.state(), len(backups(run))) == (1, after, 2)
    assert err == "Error: This brings rules back to an earlier state. There is no terminal to ask at: give --yes.\n"

    assert run(20, "rollback", "--yes", *place.options)[0] == 0
    assert place.state() == before
    assert "a rollback that did not do all of it" not in run(20, "rollback", "--list")[1]
    assert run(20, "rollback", "--yes", *place.options)[0] == 0
    assert place.state() == after
    assert run(20, "rollback", "--yes", "--to", first.stem, *place.options)[0] == 0
    # No push made the other one, so that it is older than all of them.
    assert place.state() == {name: part for name, part in before.items() if "old" in name}


def test_a_push_that_changes_nothing_keeps_no_backup(run, ruler):
    assert run(10, *ruler.options)[0] == run(10, *ruler.options)[0] == 0
    assert len(backups(run)) == 1


def test_the_list_says_that_no_grafana_was_changed(run, ruler):
    assert run(10, *ruler.options)[0] == 0
    (line,) = run(10, "rollback", "--list")[1].splitlines()
    assert line == f"{backups(run)[0].stem}  no Grafana  folder 'glassbox': rules in {ruler.title}"


def test_a_backup_that_cannot_be_written_ends_the_push_before_its_first_write(run, ruler):
    run.kept.write_text("")
    code, _, err = run(10, *ruler.options)
    assert (code, ruler.state()) == (1, {}) and str(run.kept) in err


def test_a_refused_write_of_a_rollback_leaves_all_as_it_was(run, ruler):
    assert run(10, *ruler.options)[0] == run(20, *ruler.options)[0] == 0
    second = ruler.state()
    ruler.ruler.refusals.append(PlainTextResponse("out of space", 500))
    code, _, err = run(20, "rollback", "--yes", *ruler.options)
    assert (code, ruler.state()) == (1, second) and "the groups are as they were before" in err
    code, out, _ = run(20, "rollback", "--yes", *ruler.options)
    assert (code, ruler.state()["waiting"]["interval"]) == (0, "10s") and "goes on with the rollback" in out


def test_what_is_not_ours_is_refused(run, resources, tmp_path):
    place = Folder(resources, tmp_path)
    assert run(10, *place.options)[0] == run(20, *place.options)[0] == 0
    second, (_, newest) = place.state(), backups(run)
    kept = newest.read_text()
    # Nobody's mark: a text that was put into the backup.
    newest.write_text(kept.replace("# Rules of the Glassbox installation glassbox", "# Rules"))
    code, _, err = run(20, "rollback", "--yes", *place.options)
    assert (code, place.state()) == (1, second) and "do not begin with the mark of this installation" in err
    # Another installation's mark.
    newest.write_text(kept)
    code, _, err = run(20, "rollback", "--yes", *place.options, grafana="{folder_uid: other}")
    assert (code, place.state()) == (1, second) and "There is no backup of these rules and the folder 'other'" in err
    # Somebody else's file where ours was.
    (file,) = place.folder.glob("*.yaml")
    file.write_text("groups: []\n")
    code, _, err = run(20, "rollback", "--yes", *place.options)
    assert (code, file.read_text()) == (1, "groups: []\n") and "was not written by this installation" in err


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("objects", [{"kind": "dashboard", "uid": "a", "title": "a", "edited": False, "before": None}], "server.url is missing"),
        ("places", [{"title": "the ruler", "origin": {"data_source": "m", "namespace": "n"}, "before": {}}], "server.url is missing"),
        ("folder_uid", None, "folder_uid is not text"),
    ],
)  # fmt: skip  # a row is a case
def test_a_broken_backup_ends_a_rollback_before_its_first_write(run, ruler, part, value, said):
    assert run(10, *ruler.options)[0] == 0
    held, (file,) = ruler.state(), backups(run)
    file.write_text(json.dumps(json.loads(file.read_text()) | {part: value}))
    code, _, err = run(10, "rollback", "--yes", *ruler.options)
    assert (code, ruler.state()) == (1, held)
    assert err == f"Error: {file} is not a backup of this version (glassbox-backup/1): {said}; move it away.\n"


def test_the_rules_of_another_place_are_left_alone(run, ruler):
    assert run(10, *ruler.options)[0] == run(20, *ruler.options)[0] == 0
    second, newest = ruler.state(), backups(run)[1].stem
    for arguments in ((), ("--to", newest)):
        code, _, err = run(20, "rollback", "--yes", *arguments, *ruler.options, tenant="B")
        assert (code, ruler.state(), ruler.ruler.of("B")) == (1, second, {})
        assert "There is no backup of these rules and the folder 'glassbox'" in err
    code, _, err = run(20, "rollback", "--yes", "--to", "x", *ruler.options)
    assert (code, ruler.state()) == (1, second) and "There is no backup 'x' of these rules" in err


def test_a_push_to_two_places_goes_back_at_both_and_is_gone_on_with_at_the_second(run, ruler, resources, tmp_path):
    folder = Folder(resources, tmp_path)
    assert run(10, *ruler.options, *folder.options)[0] == run(20, *ruler.options, *folder.options)[0] == 0
    second = folder.state()
    code, out, _ = run(20, "rollback", "--yes", *ruler.options)
    assert (code, folder.state(), ruler.state()["waiting"]["interval"]) == (0, second, "10s")
    assert f"Rules in {folder.title} were changed too and are left as they are: name that place" in out
    code, out, _ = run(20, "rollback", "--yes", *ruler.options, *folder.options)
    assert (code, "This goes on with the rollback" in out, folder.state() != second) == (0, True, True)
    assert ruler.state()["waiting"]["interval"] == "10s"


def test_without_the_second_place_the_next_rollback_undoes_the_one_before(run, ruler, resources, tmp_path):
    folder = Folder(resources, tmp_path)
    assert run(10, *ruler.options, *folder.options)[0] == run(20, *ruler.options, *folder.options)[0] == 0
    second = folder.state()
    for interval in ("10s", "20s"):
        assert run(20, "rollback", "--yes", *ruler.options)[0] == 0
        assert (folder.state(), ruler.state()["waiting"]["interval"]) == (second, interval)


class TestBesideAGrafana:
    """Pushes to the same place with a Grafana and without one."""

    def test_the_newest_push_goes_back_first_whichever_it_was(self, run, ruler, grafana):
        to_grafana = ("--grafana", grafana.url)
        assert run(10, *ruler.options, *to_grafana)[0] == 0
        assert run(20, *ruler.options)[0] == 0
        boards, writes = set(grafana.state.dashboards), len(grafana.writes)
        code, out, _ = run(20, "rollback", "--yes", *ruler.options, *to_grafana)
        assert (code, ruler.state()["waiting"]["interval"]) == (0, "10s")
        assert out.startswith(f"Back to the state before the push of backup {backups(run)[1].stem}.\n")
        assert (set(grafana.state.dashboards), len(grafana.writes)) == (boards, writes)

    def test_without_grafana_only_what_went_to_none_goes_back(self, run, ruler, grafana):
        to_grafana = ("--grafana", grafana.url)
        assert run(10, *ruler.options)[0] == 0
        assert run(20, *ruler.options, *to_grafana)[0] == 0
        held, (first, second) = ruler.state(), [file.stem for file in backups(run)]
        for arguments in ((), ("--to", first)):
            code, _, err = run(20, "rollback", "--yes", *arguments, *ruler.options)
            assert (code, ruler.state()) == (1, held)
            assert f"Error: Backup {second} holds what a push to Grafana changed, rules among it: give --grafana {grafana.url}, " in err  # fmt: skip  # one sentence
        assert run(30, *ruler.options)[0] == 0
        assert run(30, "rollback", "--yes", *ruler.options)[0] == 0
        assert ruler.state() == held
        assert run(30, "rollback", "--yes", "--to", first, *ruler.options, *to_grafana)[0] == 0
        assert (ruler.state(), grafana.state.dashboards) == ({}, {})

    def test_pushes_to_places_that_are_not_named_do_not_stand_in_the_way(self, run, ruler, grafana):
        to_grafana = ("--grafana", grafana.url)
        assert run(10, *to_grafana)[0] == run(10, *ruler.options)[0] == 0
        held, alone = ruler.state(), backups(run)[1].stem
        code, out, _ = run(10, "rollback", "--dry-run", "--to", alone, *to_grafana)
        assert (code, f"Rules in {ruler.title} were changed too and are left as they are" in out) == (0, True)
        code, out, _ = run(10, "rollback", "--yes", *to_grafana)
        assert (code, ruler.state(), grafana.state.dashboards) == (0, held, {})
        assert "left as they are" not in out


class TestBesideAnotherInstallation:
    """Pushes of two to the same place, whose backups are in one folder."""

    @pytest.fixture
    def other(self, resources):
        server = GrafanaStandIn(tokens={"admin": "Admin"}, data_sources=[prometheus_source("http://127.0.0.1:9")], search_lag_seconds=0)  # fmt: skip  # one server
        return resources.enter_context(server)

    def test_a_later_push_of_another_grafana_is_said(self, run, place, grafana, other):
        here, there = (("--grafana", each.url) for each in (grafana, other))
        assert run(10, *place.options, *here)[0] == run(20, *place.options, *here)[0] == 0
        assert "Another installation" not in run(20, "rollback", "--dry-run", *place.options, *here)[1]
        assert run(30, *place.options, *there)[0] == 0
        first, second, third = (file.stem for file in backups(run))
        code, out, _ = run(30, "rollback", "--dry-run", *place.options, *here)
        assert code == 2
        assert out.startswith(f"Back to the state before the push of backup {second}.\n")
        assert f"Another installation changed rules in {place.title} since, which become what they were before: backup {third} of the folder 'glassbox' at {other.url}, organisation 'Main Org.'.\n" in out  # fmt: skip  # one sentence
        code, out, _ = run(30, "rollback", "--dry-run", *place.options, *there)
        assert (code, "Another installation" in out) == (2, False)
        assert "Another installation" in run(30, "rollback", "--dry-run", "--to", first, *place.options, *here)[1]

    def test_the_data_source_of_another_grafana_is_another_place(self):
        behind = {"title": "the ruler of data source Metrics, namespace glassbox", "origin": {"data_source": "m", "namespace": "glassbox"}, "before": {}}  # fmt: skip  # one place
        here, there = (Installation(url, Organisation(1, "Main Org."), "glassbox") for url in ("http://a", "http://b"))
        of_another = replace(here, folder_uid="other")
        newer = [Backup("2", each, (), places=(behind,)) for each in (there, of_another)]
        assert changed_by_others([behind], [newer[0]], here.url) == []
        assert len(changed_by_others([behind], [newer[1]], here.url)) == 1

    def test_a_later_push_of_another_folder_is_said_without_a_grafana_too(self, run, ruler):
        assert run(10, *ruler.options)[0] == run(20, *ruler.options)[0] == 0
        kept = json.loads(backups(run)[1].read_text())
        newest = run.kept / "29990101T000000Z.json"
        newest.write_text(json.dumps(kept | {"folder_uid": "other"}))
        out = run(20, "rollback", "--dry-run", *ruler.options)[1]
        assert f"Another installation changed rules in {ruler.title} since, which become what they were before: backup {newest.stem} of the folder 'other' without a Grafana.\n" in out  # fmt: skip  # one sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rollback",), "--grafana URL is missing: give it, or --environment NAME before the command, or --prometheus-rules DIR or --mimir URL for rules alone."),
        (("rollback", "--mimir", "http://127.0.0.1:9", "--force"), "--force needs --grafana URL."),
        (("rollback", "--mimir", "http://127.0.0.1:9", "--token-file", "x"), "--token-file needs --grafana URL."),
        ((), "--backups needs --grafana URL, --prometheus-rules DIR or --mimir URL here."),
    ],
)  # fmt: skip  # a row is a case
def test_options_that_mean_nothing_are_refused(run, arguments, said):
    assert run(10, *arguments) == (1, "", f"Error: {said}\n")
