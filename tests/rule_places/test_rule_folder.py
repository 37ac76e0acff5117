"""Rule files in the folder of a real Prometheus: written whole, loaded, evaluated, or the old ones are back."""

import json
import os
import socket

import pytest
import yaml

from glassbox.errors import GlassboxError
from glassbox.prometheus.api import Prometheus
from glassbox.prometheus.board_queries import api_data
from glassbox.rule_places import confirming
from glassbox.rule_places.folder_push import FolderPlace
from glassbox.rule_places.group_changes import GroupAction
from glassbox.rule_places.reloading import Reloader
from glassbox.rule_places.rule_folder import RuleFolder
from glassbox.servers import processes
from tests.support.waiting import eventually


def rules(value="1", name="ones"):
    rule = {"record": "all:ones:sum", "expr": f"vector({value})"}
    return {f"{name}.yaml": {"groups": [{"name": name, "interval": "1s", "rules": [rule]}]}}


@pytest.fixture
def place(tmp_path):
    """The folder of an installation."""
    folder = tmp_path / "rules"
    folder.mkdir()
    return RuleFolder(folder, "glassbox")


@pytest.fixture
def server(components, tmp_path, place):
    """A Prometheus that reads that folder."""
    config = tmp_path / "prometheus.yml"
    config.write_text(f"rule_files: ['{place.folder}/*.yaml']\n")
    with processes.prometheus(config) as running:
        yield running


@pytest.fixture
def reloader(server):
    with Prometheus(server.url) as prometheus:
        yield Reloader(prometheus)


def value_of(server, query="all:ones:sum"):
    return [each["value"][1] for each in api_data(server.url, "query", query=query)["result"]]


def names(place):
    return sorted(path.name for path in place.folder.iterdir())


def push(place, files, reloader):
    told = []
    return FolderPlace(place, reloader).push(files, told.append), told


def test_a_push_is_over_when_the_new_rules_have_been_evaluated(place, reloader, server):
    changes, told = push(place, rules("1"), reloader)
    assert [(change.name, change.action) for change in changes] == [("ones", GroupAction.CREATE)]
    assert value_of(server) == ["1"]
    assert told == ["Waiting until 1 group has been evaluated, for at most 31 s."]
    changes, _ = push(place, rules("2"), reloader)
    assert [each.what for each in changes[0].differences] == ["expression changed"]
    assert value_of(server) == ["2"]
    assert names(place) == ["glassbox-ones.yaml"]
    assert (place.folder / "glassbox-ones.yaml").stat().st_mode & 0o777 == 0o644


def test_a_second_push_writes_nothing(place, reloader):
    push(place, rules(), reloader)
    file = place.folder / "glassbox-ones.yaml"
    before = file.stat()
    changes, told = push(place, rules(), reloader)
    assert [change.action for change in changes] == [GroupAction.KEEP] and told == []
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_is_not_wanted_any_more_goes_and_files_of_others_stay(place, reloader, server):
    theirs = place.folder / "theirs.yaml"
    theirs.write_text(yaml.safe_dump({"groups": [{"name": "ones", "rules": [{"record": "a:b:c", "expr": "1"}]}]}))
    other_installation = RuleFolder(place.folder, "glassbox-two")
    push(other_installation, rules(name="twos"), reloader)
    push(place, rules() | rules(name="old"), reloader)
    changes, _ = push(place, rules(), reloader)
    assert [(change.name, change.action) for change in changes][-1] == ("old", GroupAction.DELETE)
    assert names(place) == ["glassbox-ones.yaml", "glassbox-two-twos.yaml", "theirs.yaml"]
    loaded = {group["file"].rpartition("/")[2] for group in api_data(server.url, "rules")["groups"]}
    assert loaded == {"glassbox-ones.yaml", "glassbox-two-twos.yaml", "theirs.yaml"}


def test_a_plan_changes_nothing(place, reloader):
    push(place, rules() | rules(name="old"), reloader)
    before = {path.name: path.read_bytes() for path in place.folder.iterdir()}
    changes = FolderPlace(place, Reloader(None)).plan(rules("2") | rules(name="new"))
    assert [(change.name, change.action) for change in changes] == [
        ("ones", GroupAction.UPDATE),
        ("new", GroupAction.CREATE),
        ("old", GroupAction.DELETE),
    ]
    assert {path.name: path.read_bytes() for path in place.folder.iterdir()} == before


def test_a_file_of_somebody_else_with_our_name_is_refused(place, reloader):
    (place.folder / "glassbox-ones.yaml").write_text("groups: []\n")
    with pytest.raises(GlassboxError, match=r"glassbox-ones.yaml was not written by this installation"):
        FolderPlace(place, Reloader(None)).plan(rules())
    with pytest.raises(GlassboxError, match=r"was not written by this installation and would be replaced: move it"):
        push(place, rules(), reloader)
    assert (place.folder / "glassbox-ones.yaml").read_text() == "groups: []\n"


def test_what_promtool_refuses_is_not_written(place, reloader):
    push(place, rules(), reloader)
    with pytest.raises(GlassboxError) as caught:
        push(place, rules("1 +"), reloader)
    assert "promtool refuses the rules, and nothing was written: glassbox-ones.yaml: " in str(caught.value)
    assert "/tmp" not in str(caught.value)
    assert "vector(1)" in (place.folder / "glassbox-ones.yaml").read_text()


def test_a_rule_that_cannot_be_evaluated_brings_the_old_files_back(place, reloader, server):
    """promtool cannot see it: both sides have the same labels twice."""
    push(place, rules("1"), reloader)
    many = '(label_replace(vector(1), "a", "1", "", "") or vector(2)) * on() group_left() (label_replace(vector(1), "b", "1", "", "") or vector(2))'
    broken = {"ones.yaml": {"groups": [{"name": "ones", "interval": "1s", "rules": [{"record": "all:ones:sum", "expr": many}]}]}}  # fmt: skip  # one thing is one line
    with pytest.raises(GlassboxError) as caught:
        push(place, broken, reloader)
    assert "The group 'ones' cannot be evaluated (all:ones:sum: " in str(caught.value)
    assert str(caught.value).endswith("; the files from before are back and loaded again.")
    assert "vector(1)" in (place.folder / "glassbox-ones.yaml").read_text()
    (group,) = api_data(server.url, "rules")["groups"]
    assert group["rules"][0]["query"] == "vector(1)"
    assert names(place) == ["glassbox-ones.yaml"]


def test_a_reload_that_fails_says_what_the_server_says_and_the_old_files_are_back(place, reloader, server):
    push(place, rules("1"), reloader)
    (place.folder / "theirs.yaml").write_text("groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]")
    with pytest.raises(GlassboxError) as caught:
        push(place, rules("2"), reloader)
    sentence = str(caught.value)
    assert 'could not reload (it answered 500: "failed to reload config' in sentence
    assert sentence.endswith("; the files from before are back, but could not be loaded again.")
    assert "vector(1)" in (place.folder / "glassbox-ones.yaml").read_text()
    (place.folder / "theirs.yaml").unlink()
    push(place, rules("2"), reloader)
    assert value_of(server) == ["2"]


def test_a_server_that_does_not_read_the_folder_is_told_apart_and_nothing_stays(
    components, tmp_path, place, monkeypatch
):
    monkeypatch.setattr(confirming, "APPEARING_SECONDS", 1.0)
    config = tmp_path / "other.yml"
    config.write_text("{}")
    sentence = "did not load the group 'ones': name the folder's files under rule_files"
    with (
        processes.prometheus(config) as running,
        Prometheus(running.url) as prometheus,
        pytest.raises(GlassboxError, match=sentence),
    ):
        push(place, rules(), Reloader(prometheus))
    assert names(place) == []


def test_files_that_are_right_and_not_loaded_are_loaded(place, reloader, server, tmp_path):
    push(place, rules(), reloader)
    config = tmp_path / "prometheus.yml"
    config.write_text("{}")
    Reloader(reloader.prometheus).reload()
    assert api_data(server.url, "rules")["groups"] == []
    config.write_text(f"rule_files: ['{place.folder}/*.yaml']\n")
    push(place, rules(), reloader)
    assert [group["name"] for group in api_data(server.url, "rules")["groups"]] == ["ones"]


def test_a_push_that_was_killed_before_its_reload_is_loaded_by_the_next(place, reloader, server):
    """Its files are as they should be, and the server has the old ones."""
    push(place, rules("1"), reloader)
    place.mark_unconfirmed()
    place.replace(place.ours(), place.texts_of(rules("2")))
    push(place, rules("2"), reloader)
    assert value_of(server) == ["2"]
    assert not place.is_unconfirmed


def test_a_group_that_fails_and_was_not_changed_is_reported_and_stops_nothing(place, reloader, server):
    """A later push must be able to correct something else."""
    flaky = {"flaky.yaml": {"groups": [{"name": "flaky", "interval": "1s", "rules": [{"record": "a:b:c", "expr": "absent(all:ones:sum == 2) * on() group_left() (up or all:ones:sum)"}]}]}}  # fmt: skip  # one thing is one line
    push(place, rules("1") | flaky, reloader)
    broken = {
        "expr": '(label_replace(all:ones:sum == 2, "a", "1", "", "") or (all:ones:sum == 2)) * on() (all:ones:sum == 2)'
    }
    flaky["flaky.yaml"]["groups"][0]["rules"][0] |= broken
    push(place, rules("1") | flaky, reloader)
    push(place, rules("2") | flaky, reloader)
    eventually(lambda: '"err"' in json.dumps(api_data(server.url, "rules")), 20)
    _, told = push(place, rules("2") | flaky, reloader)
    assert "The group 'flaky', which this push did not change, cannot be evaluated: a:b:c: " in "\n".join(told)


def test_sighup_reloads_a_server_whose_api_may_not(components, tmp_path, place):
    config = tmp_path / "prometheus.yml"
    config.write_text(f"rule_files: ['{place.folder}/*.yaml']\n")
    program = processes.find("prometheus")
    flags = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data"]
    with (
        processes.running("Prometheus", [str(program), *flags], folder=tmp_path) as running,
        Prometheus(running.url) as prometheus,
    ):
        with pytest.raises(GlassboxError) as caught:
            push(place, rules(), Reloader(prometheus))
        assert "does not take reloads (403): start Prometheus with --web.enable-lifecycle" in str(caught.value)
        with Prometheus(f"{running.url}/graph") as wrong, pytest.raises(GlassboxError) as caught:
            push(place, rules(), Reloader(wrong))
        assert "(404): check that this is its own address, including its sub-path; else start" in str(caught.value)
        assert names(place) == [".glassbox-rules.unconfirmed"]
        pid_file = tmp_path / "pid"
        pid_file.write_text(f"{running.pid}\n")
        push(place, rules("3"), Reloader(prometheus, pid_file))
        assert value_of(running) == ["3"]
        (place.folder / "theirs.yaml").write_text("groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]")
        with pytest.raises(
            GlassboxError, match="could not reload its rules: its log says which file is wrong; the files"
        ):
            push(place, rules("4"), Reloader(prometheus, pid_file))
        assert "vector(3)" in (place.folder / "glassbox-ones.yaml").read_text()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "does not hold the id of a process"),
        ("1", "does not hold the id of a process"),
        ("-5", "does not hold the id of a process"),
        ("999999999", "does not run on this machine"),
        ("that of this test", "and not Prometheus or vmalert: write the right process id into it"),
    ],
)
def test_no_other_process_gets_a_signal(place, tmp_path, content, sentence):
    """SIGHUP ends most programs: this test would not come to its end."""
    pid_file = tmp_path / "pid"
    pid_file.write_text(str(os.getpid()) if content == "that of this test" else content)
    with pytest.raises(GlassboxError, match=sentence):
        push(place, rules(), Reloader(None, pid_file))
    assert not [name for name in names(place) if name.endswith(".yaml")]


def test_without_a_server_the_files_are_written_and_the_next_push_with_one_loads_them(place, components, tmp_path):
    changes, _ = push(place, rules("5"), Reloader(None))
    assert [change.action for change in changes] == [GroupAction.CREATE]
    config = tmp_path / "prometheus.yml"
    config.write_text(f"rule_files: ['{place.folder}/*.yaml']\n")
    with processes.prometheus(config) as running, Prometheus(running.url) as prometheus:
        push(place, rules("5"), Reloader(prometheus))
        assert value_of(running) == ["5"]
    assert not place.is_unconfirmed


def test_two_pushes_at_once_do_not_mix(place):
    with place.alone(), pytest.raises(GlassboxError, match=r"Another push is writing to .*: wait until it has ended"):
        push(RuleFolder(place.folder, "glassbox"), rules(), Reloader(None))
    push(place, rules(), Reloader(None))


def test_a_disk_that_is_full_half_way_leaves_the_old_files(place, monkeypatch):
    push(place, rules("1") | rules("1", name="twos"), Reloader(None))
    written, real = [], os.fsync

    def full(number):
        written.append(number)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GlassboxError) as caught:
        push(place, rules("2") | rules("2", name="twos"), Reloader(None))
    assert "cannot be written (No space left on device)" in str(caught.value)
    assert str(caught.value).endswith("; the files from before are back.")
    assert all("vector(1)" in text for text in place.ours().values()) and len(place.ours()) == 2
    assert not [name for name in names(place) if name.endswith(".new")]


def test_an_interrupt_while_it_waits_brings_the_old_files_back(place, reloader, server):
    push(place, rules("1"), reloader)

    def interrupted(_seconds):
        raise KeyboardInterrupt

    told = []
    with pytest.raises(KeyboardInterrupt):
        FolderPlace(place, Reloader(reloader.prometheus, pause=interrupted)).push(rules("2"), told.append)
    assert told[-1].startswith("Interrupted: the files from before are back")
    assert "vector(1)" in (place.folder / "glassbox-ones.yaml").read_text()


def test_a_folder_that_is_not_there_and_a_server_that_is_not_there(tmp_path, place):
    with pytest.raises(GlassboxError, match="is not a folder: create it, and name its files under rule_files"):
        RuleFolder(tmp_path / "nowhere", "glassbox")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with (
            Prometheus(url) as prometheus,
            pytest.raises(
                GlassboxError,
                match=r"refused the connection.*the files from before are back, but could not be loaded again.$",
            ),
        ):
            push(place, rules(), Reloader(prometheus))
    assert not [name for name in names(place) if name.endswith(".yaml")]


def test_a_text_without_our_mark_is_not_written(place):
    with pytest.raises(GlassboxError, match=r"The rules for .*/glassbox-a.yaml do not begin with the mark"):
        FolderPlace(place, Reloader(None)).push_to({"glassbox-a.yaml": "groups: []\n"}, print)
    assert names(place) == []


@pytest.mark.parametrize("groups", ["5", "[5]", "[{name: 5, rules: []}]", "[{name: a}]", "[{name: a, rules: 5}]", "[{name: a, rules: [5]}]", "[{name: a, rules: [{record: b, labels: 5}]}]"])  # fmt: skip  # a row is a case
def test_a_file_of_ours_that_somebody_broke_is_written_anew(place, groups):
    texts = place.texts_of(rules())
    (mark, _, _) = texts["glassbox-ones.yaml"].partition("\n")
    (place.folder / "glassbox-ones.yaml").write_text(f"{mark}\ngroups: {groups}\n")
    (change,) = FolderPlace(place, Reloader(None)).plan_to(texts)
    assert change.action is GroupAction.CREATE


@pytest.mark.parametrize("interval", ["{a: 1}", "[1]"])
def test_a_field_that_somebody_broke_is_told(place, interval):
    texts = place.texts_of(rules())
    group = yaml.safe_load(texts["glassbox-ones.yaml"])["groups"][0] | {"interval": yaml.safe_load(interval)}
    (mark, _, _) = texts["glassbox-ones.yaml"].partition("\n")
    (place.folder / "glassbox-ones.yaml").write_text(f"{mark}\n{yaml.safe_dump({'groups': [group]})}")
    (change,) = FolderPlace(place, Reloader(None)).plan_to(texts)
    assert [each.what.partition(":")[0] for each in change.differences] == ["interval"]
