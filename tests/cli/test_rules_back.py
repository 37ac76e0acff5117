"""Going back over rules beside Grafana: a ruler behind its data source, a ruler asked directly, and a folder."""

import json
from contextlib import ExitStack
from copy import deepcopy
from types import MappingProxyType

import pytest
from starlette.responses import PlainTextResponse

from glassbox.cli import main as command_line
from glassbox.cli.rules_back import RulesBack
from glassbox.deploying.backups import NO_ORGANISATION, Backup, Installation
from glassbox.standin.server import GrafanaStandIn
from tests.support.ruler_stand_in import grafana_before, ruler_stand_in
from tests.support.small_content import PRODUCT

FIRST, SECOND = (f"ruler: {{through_grafana: always}}\nevaluation_interval_seconds: {each}\n" for each in (10, 20))
OLD = {"name": "old", "interval": "1m", "rules": [{"record": "all:old:sum", "expr": "vector(1)"}]}
BEHIND = "the ruler of data source Metrics, namespace glassbox"


@pytest.fixture
def resources():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def ruler(resources):
    return resources.enter_context(ruler_stand_in())


@pytest.fixture
def run(resources, ruler, tmp_path, monkeypatch, capsys):
    """The command line against a Grafana whose data source is that ruler's server."""
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    source = {"uid": "m", "name": "Metrics", "type": "prometheus", "url": ruler.source_url, "isDefault": True}
    server = GrafanaStandIn(tokens={"admin": "Admin"}, data_sources=[source], search_lag_seconds=0)
    url = resources.enter_context(grafana_before(ruler, resources.enter_context(server).url, "m"))
    file = tmp_path / "settings.yaml"

    def with_settings(settings, *arguments):
        file.write_text(settings)
        given = ["--settings", str(file), *arguments, "--grafana", url, "--backups", str(tmp_path / "kept")]
        code = command_line.main(PRODUCT, given)
        return code, *capsys.readouterr()

    with_settings.server = server
    return with_settings


def kept(tmp_path):
    """The places that each backup holds, oldest first, as parts by title."""
    files = sorted((tmp_path / "kept").iterdir(), key=lambda file: file.stem)
    held = [json.loads(file.read_text()).get("places", []) for file in files]
    return [{each["title"]: each["before"] for each in places} for places in held]


class Behind:
    """The ruler through Grafana."""

    title, options = BEHIND, ()

    def __init__(self, ruler, _tmp_path):
        self._ruler = ruler

    def state(self):
        return deepcopy(self._ruler.of().get("glassbox", {}))

    def add_old(self):
        self._ruler.of()["glassbox"]["old"] = OLD


class Direct(Behind):
    """`--mimir URL`."""

    def __init__(self, ruler, tmp_path):
        super().__init__(ruler, tmp_path)
        self.title = f"the ruler at {ruler.url}/prometheus, namespace glassbox"
        self.options = ("--mimir", f"{ruler.url}/prometheus")


class Folder:
    """`--prometheus-rules DIR`."""

    def __init__(self, _ruler, tmp_path):
        self._folder = tmp_path / "rules"
        self._folder.mkdir()
        self.title, self.options = str(self._folder), ("--prometheus-rules", str(self._folder))

    def state(self):
        return {file.name: file.read_text() for file in self._folder.iterdir() if file.suffix == ".yaml"}

    def add_old(self):
        (waiting,) = self.state().values()
        (self._folder / "glassbox-old.yaml").write_text(waiting.replace("name: waiting", "name: old"))


@pytest.fixture(params=[Behind, Direct, Folder])
def place(request, ruler, tmp_path):
    return request.param(ruler, tmp_path)


def test_a_rollback_brings_back_rules_that_a_push_changed_and_deleted(run, place, tmp_path):
    assert run(FIRST, *place.options)[0] == 0
    place.add_old()
    before, boards = place.state(), deepcopy(run.server.state.dashboards)
    assert run(SECOND, *place.options, "--yes")[0] == 0
    after = place.state()
    assert before.keys() > after.keys() and after != {name: before[name] for name in after}
    assert kept(tmp_path)[1] == {place.title: before}
    code, out, _ = run(SECOND, "rollback", "--dry-run", *place.options)
    assert (code, place.state()) == (2, after)
    told = out[out.index(f"Rules in {place.title}:\n") :].splitlines()
    assert {"  ~ waiting", "  + old", "  Groups: 1 to create, 1 to update, 0 to delete, 0 unchanged."} < set(told)
    code, _, err = run(SECOND, "rollback", *place.options)
    assert (code, place.state()) == (1, after)
    assert "This brings Grafana and rules beside it back to an earlier state. There is no terminal to ask at" in err
    assert run(SECOND, "rollback", "--yes", *place.options)[0] == 0
    assert place.state() == before
    assert run.server.state.dashboards.keys() == boards.keys()


def test_a_rollback_of_a_rollback_and_before_the_first_push(run, place):
    assert run(FIRST, *place.options)[0] == 0
    first = place.state()
    assert run(SECOND, *place.options)[0] == 0
    second = place.state()
    assert run(SECOND, "rollback", "--yes", *place.options)[0] == 0
    assert place.state() == first
    assert run(SECOND, "rollback", "--yes", *place.options)[0] == 0
    assert place.state() == second
    oldest = run(SECOND, "rollback", "--list")[1].splitlines()[-1]
    assert oldest.endswith(f"rules in {place.title}")
    assert run(SECOND, "rollback", "--to", oldest.partition(" ")[0], "--yes", *place.options)[0] == 0
    assert (place.state(), run.server.state.dashboards) == ({}, {})


def test_a_push_that_changes_rules_alone_is_gone_back_over_too(run, ruler, tmp_path):
    assert run(FIRST)[0] == 0
    ruler.of()["glassbox"]["old"] = OLD
    before, writes = deepcopy(ruler.of()), len(run.server.writes)
    assert run(FIRST)[0] == 0
    assert (len(run.server.writes), list(ruler.of()["glassbox"])) == (writes, ["waiting"])
    assert kept(tmp_path)[1] == {BEHIND: {"old": OLD}}
    code, out, _ = run(FIRST, "rollback", "--yes")
    assert (code, ruler.of(), len(run.server.writes)) == (0, before, writes)
    assert out.splitlines()[0].startswith("Back to the state before the push of backup ")


def test_a_push_that_changes_nothing_keeps_no_backup(run, tmp_path):
    assert run(FIRST)[0] == run(FIRST)[0] == 0
    assert len(kept(tmp_path)) == 1


def test_a_place_that_is_not_named_is_left_alone_and_said(run, ruler, tmp_path):
    place = Direct(ruler, tmp_path)
    assert run(FIRST, *place.options)[0] == 0
    held = place.state()
    code, out, _ = run(FIRST, "rollback", "--yes")
    assert (code, place.state(), run.server.state.dashboards) == (0, held, {})
    assert f"Rules in {place.title} were changed too and are left as they are: name that place with --prometheus-rules DIR or --mimir URL" in out  # fmt: skip  # one sentence


def test_a_place_that_is_named_afterwards_is_gone_on_with(run, ruler, tmp_path):
    place = Folder(ruler, tmp_path)
    assert run(FIRST, *place.options)[0] == 0
    held, boards = place.state(), set(run.server.state.dashboards)
    assert run(FIRST, "rollback", "--yes")[0] == 0
    code, out, _ = run(FIRST, "rollback", "--yes", *place.options)
    assert (code, place.state(), run.server.state.dashboards) == (0, {}, {})
    assert "This goes on with the rollback" in out
    assert run(FIRST, "rollback", "--yes", *place.options)[0] == 0
    assert (place.state(), set(run.server.state.dashboards)) == (held, boards)


def test_without_its_place_the_next_rollback_undoes_the_one_before(run, ruler, tmp_path):
    place = Folder(ruler, tmp_path)
    assert run(FIRST, *place.options)[0] == 0
    held, boards = place.state(), set(run.server.state.dashboards)
    for there in (set(), boards):
        assert run(FIRST, "rollback", "--yes")[0] == 0
        assert (place.state(), set(run.server.state.dashboards)) == (held, there)


def test_a_push_of_recorded_series_alone_is_not_passed_over_where_its_place_is_not_named(run, ruler, tmp_path):
    place = Folder(ruler, tmp_path)
    assert run(FIRST)[0] == 0
    boards, writes = deepcopy(run.server.state.dashboards), len(run.server.writes)
    assert run(FIRST, *place.options)[0] == 0
    first, newest = sorted(file.stem for file in (tmp_path / "kept").iterdir())
    for options in (("--dry-run",), ("--yes",)):
        code, _, err = run(FIRST, "rollback", *options)
        assert (code, len(run.server.writes), run.server.state.dashboards) == (1, writes, boards)
        assert f"Error: Backup {newest} holds rules in {place.title}: name that place with --prometheus-rules DIR or --mimir URL" in err  # fmt: skip  # one sentence
    code, out, _ = run(FIRST, "rollback", "--yes", "--to", first)
    assert (code, run.server.state.dashboards) == (0, {})
    assert "are left as they are: name that place" in out


def test_a_refused_write_leaves_rules_and_grafana_as_they_were(run, ruler):
    assert run(FIRST)[0] == 0
    first = deepcopy(ruler.of())
    assert run(SECOND)[0] == 0
    second, boards = deepcopy(ruler.of()), deepcopy(run.server.state.rules)
    ruler.refusals.append(PlainTextResponse("out of space", 500))
    code, _, err = run(SECOND, "rollback", "--yes")
    assert (code, ruler.of(), run.server.state.rules) == (1, second, boards)
    assert "the groups are as they were before" in err
    assert run(SECOND, "rollback", "--yes")[0] == 0
    assert ruler.of() == first


def test_a_data_source_without_its_ruler_ends_a_rollback_before_its_first_write(run, ruler):
    assert run(FIRST)[0] == 0
    ruler.enabled = False
    before = len(run.server.writes)
    code, _, err = run(FIRST, "rollback", "--yes")
    assert (code, len(run.server.writes)) == (1, before)
    assert f"Rules in {BEHIND} cannot be brought back, since Grafana has no such data source with a ruler" in err


class ReadPlace:
    """A place of rules that counts how often its content is read."""

    title, origin, reads = "rules", MappingProxyType({"folder": "/rules"}), 0

    def back_to(self, before):
        self.reads += 1
        return before

    def touched(self, content):
        return content


def test_what_comes_back_is_read_once_until_it_is_written():
    place, held = (
        ReadPlace(),
        {"title": "rules", "origin": {"folder": "/rules"}, "before": {"glassbox-a.yaml": "# text"}},
    )
    newest, oldest = (
        Backup(each, Installation("", NO_ORGANISATION, "glassbox"), (), places=(held,)) for each in ("2", "1")
    )
    rules_back = RulesBack(None, [place])
    assert rules_back.differs([newest], True) and rules_back.wanted([newest]) == [(place, held["before"])]
    assert place.reads == 1
    assert rules_back.wanted([newest, oldest]) == [(place, held["before"])] and place.reads == 2
    assert list(rules_back.in_turn([newest])) == [(place, held["before"])] and place.reads == 3
