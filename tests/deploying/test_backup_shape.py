"""Backups that somebody damaged: one sentence that names the file and what is wrong in it, before anything is written."""

import json
from copy import deepcopy

import pytest

from glassbox.cli import main as command_line
from glassbox.deploying.backups import all_backups, keep
from glassbox.errors import GlassboxError
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.pushing import planned, push
from tests.support.small_bundle import TOKENS, board, bundle, grafana_of, group, panel, settings_of
from tests.support.small_content import PRODUCT
from tests.support.small_notifications import notifying

GROUP = {"name": "waiting", "interval": "10s", "rules": [{"record": "all:a:sum", "expr": "up", "labels": {"x": "y"}}]}
RULER = {"ruler": "http://mimir", "tenant": "", "namespace": "glassbox"}
PLACES = [
    {"title": "/etc/rules", "origin": {"folder": "/etc/rules"}, "before": {"glassbox-a.yaml": "# text", "glassbox-b.yaml": None}},
    {"title": "the ruler", "origin": RULER, "before": {"waiting": GROUP, "gone": None}},
    {"title": "the ruler of data source", "origin": {"data_source": "m", "namespace": "glassbox"}, "before": {"waiting": GROUP}},
    {"title": "rules", "origin": {}, "before": {"glassbox-a.yaml": "# text", "waiting": GROUP}},
]  # fmt: skip  # one place is one line
SETTINGS = settings_of()
ABSENT = object()
_BOARD, _GROUP = ("dashboard", "before", "dashboard"), ("rule group", "before")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A backup with every kind of object and of place, as it was written."""
    folder = tmp_path_factory.mktemp("kept")
    board_a = board("a", panel("Latency"), templating={"list": [{"name": "model"}]})
    with pytest.MonkeyPatch.context() as patched, grafana_of() as (_, grafana):
        patched.setenv("CHAT_URL", "https://hooks.example/s3cret")
        push(grafana, *notifying(boards=[board_a], groups=[group("engine", "Down")]))
        made = planned(grafana, SETTINGS, bundle([board("b")], [group("queue", "Long")]))
        keep(grafana, made, made.pending, folder, PLACES)
    (file,) = folder.iterdir()
    return json.loads(file.read_text())


def damaged(whole, path, value):
    """The backup with another value at a path, whose beginning may be the kind of an object; ABSENT takes it away."""
    backup, (*way, last) = deepcopy(whole), path
    of_kind = {each["kind"]: each for each in backup["objects"] if each["before"]}
    holder = backup
    for part in way:
        holder = of_kind[part] if holder is backup and part in of_kind else holder[part]
    if value is ABSENT:
        del holder[last]
    else:
        holder[last] = value
    return backup


def refusal(backup, folder):
    (folder / "20260101T000000Z.json").write_text(json.dumps(backup))
    with pytest.raises(GlassboxError) as refused:
        all_backups(folder)
    return str(refused.value)


def test_a_backup_as_it_was_written_is_read(whole, tmp_path):
    (tmp_path / "20260101T000000Z.json").write_text(json.dumps(whole))
    (backup,) = all_backups(tmp_path)
    assert list(backup.places) == PLACES
    assert {each["kind"] for each in backup.objects} == {"dashboard", "rule group", "contact point", "mute timing", "template", "route"}  # fmt: skip  # one set


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("server",), [], "server is not an object"),
        (("objects",), {"a": 1}, "objects is not an array"),
        (("objects", 0), "a", "objects[0] is not an object"),
        (("objects", 0, "kind"), "alien", ".kind is not one of folder, dashboard"),
        (("objects", 0, "kind"), ["dashboard"], ".kind is not text"),
        (("objects", 0, "before"), ABSENT, ".before is missing"),
        (("folder_uid",), None, "folder_uid is not text"),
        ((*_GROUP, "rules"), 3, ".before.rules is not an array"),
        ((*_GROUP, "rules"), ["a"], ".before.rules[0] is not an object"),
        ((*_GROUP, "rules", 0, "uid"), ABSENT, ".before.rules[0].uid is missing"),
        ((*_GROUP, "rules", 0, "labels"), ["a"], ".before.rules[0].labels is not an object"),
        ((*_GROUP, "rules", 0, "annotations"), "a", ".before.rules[0].annotations is not an object"),
        ((*_GROUP, "rules", 0, "data", 0, "model"), 1, ".before.rules[0].data[0].model is not an object"),
        ((*_GROUP, "interval"), ABSENT, ".before.interval is missing"),
        ((*_GROUP, "interval"), None, ".before.interval is missing"),
        ((*_GROUP, "interval"), "1m", ".before.interval is not a whole number"),
        ((*_BOARD, "uid"), 1, ".before.dashboard.uid is not text"),
        (("dashboard", "before", "metadata"), [], ".before.metadata is not an object"),
        (("dashboard", "before", "metadata", "storedVersion"), 2, ".before.metadata.storedVersion is not text"),
        ((*_BOARD, "panels"), 3, ".before.dashboard.panels is not an array"),
        ((*_BOARD, "panels", 0, "targets"), [3], ".before.dashboard.panels[0].targets[0] is not an object"),
        ((*_BOARD, "templating", "list", 0), "a", ".before.dashboard.templating.list[0] is not an object"),
        (("dashboard", "before", "meta"), None, ".before.meta is not an object"),
        (("contact point", "before", "settings"), [], ".before.settings is not an object"),
        (("mute timing", "before", "time_intervals"), ["a"], ".before.time_intervals[0] is not an object"),
        (("template", "before", "template"), {}, ".before.template is not text"),
        (("route", "before", "route"), "a", ".before.route is not an object"),
        (("places",), {"a": 1}, "places is not an array"),
        (("places", 0, "before"), None, "places[0].before is not an object"),
        (("places", 0, "before"), [], "places[0].before is not an object"),
        (("places", 3, "title"), "/etc/\0", "places[3].title is not a name"),
        (("places", 0, "origin"), {"folder": 1}, "places[0].origin does not name a place"),
        (("places", 2, "origin"), {"data_source": "m"}, "places[2].origin does not name a place"),
        (("places", 0, "before", "glassbox-a.yaml"), {"a": 1}, "['glassbox-a.yaml'] is not text"),
        (("places", 0, "before", "../evil.yaml"), "a", "['../evil.yaml'] is not the name of a rule file"),
        (("places", 0, "before", "/evil.yaml"), "a", "['/evil.yaml'] is not the name of a rule file"),
        (("places", 3, "before", "../evil.yaml"), "a", "['../evil.yaml'] is not the name of a rule file"),
        (("places", 0, "before", ".."), None, "['..'] is not the name of a rule file"),
        (("places", 0, "before", "prometheus.yml\0.yaml"), "a", "is not the name of a rule file"),
        (("places", 0, "before", "authorized_keys"), "a", "['authorized_keys'] is not the name of a rule file"),
        (("places", 1, "before", "waiting"), "text", "['waiting'] has another shape: group is not an object"),
        (("places", 2, "before", "waiting", "rules"), 3, "['waiting'] has another shape: group.rules is not an array"),
        (("places", 1, "before", "waiting", "rules", 0, "labels"), [1], "group.rules[0].labels is not an object"),
        (("places", 1, "before", "waiting", "name"), "other", "['waiting'] has another name"),
    ],
)  # fmt: skip  # a row is a case
def test_each_other_shape_is_named(whole, tmp_path, path, value, said):
    told = refusal(damaged(whole, path, value), tmp_path)
    file = tmp_path / "20260101T000000Z.json"
    assert told.startswith(f"{file} is not a backup of this version (glassbox-backup/1): ")
    assert said in told and told.endswith("; move it away.")


@pytest.mark.parametrize("levels", [60, 900])
def test_what_is_nested_deeper_than_any_backup_is_refused(whole, tmp_path, levels):
    backup = damaged(whole, (*_BOARD, "x"), json.loads("[" * levels + "]" * levels))
    if levels == 900:
        assert ": it has more than 100 levels; move it away." in refusal(backup, tmp_path)
    else:
        (tmp_path / "20260101T000000Z.json").write_text(json.dumps(backup))
        assert len(all_backups(tmp_path)) == 1


@pytest.mark.parametrize("half", ['"\\ud800"', '"\\udfff a"'])
def test_half_a_character_is_refused(whole, tmp_path, half):
    text = json.dumps(damaged(whole, ("places", 0, "before", "glassbox-a.yaml"), "HALF"))
    (tmp_path / "20260101T000000Z.json").write_text(text.replace('"HALF"', half))
    with pytest.raises(GlassboxError, match="it is not JSON in UTF-8; move it away"):
        all_backups(tmp_path)


def test_a_damaged_backup_ends_every_rollback_before_its_first_write(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GRAFANA_TOKEN", "admin")
    rules, kept = tmp_path / "d" / "rules", tmp_path / "kept"
    rules.mkdir(parents=True)
    with GrafanaStandIn(tokens=TOKENS, data_sources=[prometheus_source("http://127.0.0.1:9")]) as server:
        given = ["--prometheus-rules", str(rules), "--grafana", server.url, "--backups", str(kept)]
        assert command_line.main(PRODUCT, given) == 0
        (file,) = kept.iterdir()
        backup = json.loads(file.read_text())
        (held,) = rules.glob("*.yaml")
        backup["places"][0]["before"]["../evil.yaml"] = held.read_text()
        file.write_text(json.dumps(backup))
        before = len(server.writes), held.read_text()
        for arguments in (["--list"], ["--dry-run"], ["--yes"]):
            capsys.readouterr()
            assert command_line.main(PRODUCT, ["rollback", *arguments, *given]) == 1
            (line,) = capsys.readouterr().err.splitlines()
            assert line.startswith(f"Error: {file} is not a backup of this version")
        assert (len(server.writes), held.read_text()) == before
    assert sorted(path.name for path in tmp_path.rglob("*.yaml")) == [held.name]
