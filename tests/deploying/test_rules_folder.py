"""Alert rules in a folder of their own: pushed, moved by the setting, pruned, destroyed, and never left firing in silence."""

import json
from pathlib import Path

import jsonschema
import pytest

from glassbox.cli import main as command_line
from glassbox.compile.grafana_notifications import FOLDER_LABEL
from glassbox.deploying import plan_json
from glassbox.deploying.apply import apply
from glassbox.deploying.change import Action
from glassbox.deploying.plan import plan
from glassbox.deploying.plan_words import heading
from glassbox.deploying.rollback import destroy_plan
from glassbox.deploying.selection import EVERYTHING, Selection
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.rule_marks import is_where_pushed, marked
from glassbox.standin.server import GrafanaStandIn, prometheus_source
from tests.support.pushing import deployment, pending, planned, push
from tests.support.small_bundle import (
    TOKENS,
    VERSIONS,
    board,
    bundle,
    grafana_of,
    group,
    in_folder,
    rule,
    settings_of,
)
from tests.support.small_content import PRODUCT
from tests.support.small_notifications import declared, is_ours, notifying

SCHEMA = Path(plan_json.__file__).with_name("plan.schema.json")
TOGETHER, APART, OTHER = (
    settings_of(),
    settings_of(rules_folder_uid="rules"),
    settings_of(rules_folder_uid="third", rules_folder_title="Third"),
)
GROUPS = (group("engine", "Down", "Slow"), group("queue", "Long"))
IN_ONE = bundle([board("a")], GROUPS)
IN_TWO = bundle([board("a")], in_folder("rules", *GROUPS))
IN_THIRD = bundle([board("a")], in_folder("third", *GROUPS))
UIDS = ["glassbox-Down", "glassbox-Long", "glassbox-Slow"]


@pytest.fixture(params=VERSIONS)
def servers(request):
    with grafana_of(request.param) as pair:
        yield pair


def folders_of_rules(server):
    return {uid: each.folder_uid for uid, each in server.state.rules.items()}


def known(server):
    """Grafana's number of each rule: one that was deleted and created again has another."""
    return {uid: each.id for uid, each in server.state.rules.items()}


def carry_out(grafana, made):
    apply(grafana, made, made.pending, lambda _change: None)


def someones(grafana, folder, name="theirs", title="engine"):
    """A rule that somebody made by hand."""
    stored = grafana.rule_group(folder, title) or {"title": title, "folderUid": folder, "interval": 60, "rules": []}
    made = rule(name, title, folder) | {"uid": name}
    grafana.put_rule_group(stored | {"rules": [*stored["rules"], made]}, editable=True)


def test_a_first_push_makes_both_folders_and_a_second_writes_nothing(servers):
    server, grafana = servers
    made = push(grafana, APART, IN_TWO)
    assert [(change.kind.name, change.identity) for change in made][:3] == [
        ("folder", "glassbox"), ("folder", "rules"), ("dashboard", "glassbox-a"),
    ]  # fmt: skip  # a row is a change
    assert {uid: folder.title for uid, folder in server.state.folders.items()} == {"glassbox": "Glassbox", "rules": "Glassbox alerts"}  # fmt: skip  # one thing is one line
    assert folders_of_rules(server) == dict.fromkeys(UIDS, "rules")
    assert server.state.dashboards["glassbox-a"].folder_uid == "glassbox"
    again = planned(grafana, APART, IN_TWO)
    assert (again.pending, again.remarks) == ((), ())
    assert heading(again).endswith("folder 'glassbox', rules in 'rules'")


def test_without_the_setting_there_is_one_folder_and_its_marks_are_those_of_before(servers):
    server, grafana = servers
    push(grafana, settings_of(rules_folder_uid="glassbox", rules_folder_title="Nowhere"), IN_ONE)
    assert {uid: folder.title for uid, folder in server.state.folders.items()} == {"glassbox": "Glassbox"}
    assert server.state.rules["glassbox-Down"].body["annotations"]["__glassbox__"].count(" ") == 2
    again = planned(grafana, TOGETHER, IN_ONE)
    assert again.pending == ()
    assert heading(again).endswith("folder 'glassbox'")
    assert "rules_folder_uid" not in plan_json.plan_json(again, EVERYTHING, prune=True)


@pytest.mark.parametrize(
    ("before", "content_before", "after", "content_after"),
    [(TOGETHER, IN_ONE, APART, IN_TWO), (APART, IN_TWO, TOGETHER, IN_ONE), (APART, IN_TWO, OTHER, IN_THIRD)],
    ids=["on", "off", "to another"],
)
def test_the_setting_moves_rules_with_their_uids_and_their_pauses(servers, before, content_before, after, content_after):  # fmt: skip  # one thing is one line
    server, grafana = servers
    push(grafana, before, content_before)
    numbers = known(server)
    server.state.rules["glassbox-Long"].body["isPaused"] = True
    left = before.grafana.folder_of_rules
    made = planned(grafana, after, content_after)
    moved = [change for change in made.pending if change.kind.name == "rule group"]
    assert [(change.title, change.action, change.lost, change.edit) for change in moved] == [
        ("engine", Action.UPDATE, (), None), ("queue", Action.UPDATE, (), None),
    ]  # fmt: skip  # a row is a change
    assert [each.text for each in moved[1].differences] == [f"folder {left} -> {after.grafana.folder_of_rules}"]
    stays = f"Folder '{left}' held alert rules of ours, and stays: delete it in Grafana if nobody needs it."
    anew = "Grafana evaluates rules anew that move to another folder: what fires resolves, and fires again after its `for`."  # fmt: skip  # one sentence
    assert list(made.remarks) == [anew, *([stays] if left != "glassbox" else [])]
    carry_out(grafana, made)
    assert folders_of_rules(server) == dict.fromkeys(UIDS, after.grafana.folder_of_rules)
    assert known(server) == numbers
    assert server.state.rules["glassbox-Long"].body["isPaused"]
    again = planned(grafana, after, content_after)
    assert (again.pending, again.remarks) == ((), ())


@pytest.mark.parametrize(
    ("before", "content_before", "after", "content_after"),
    [
        (TOGETHER, IN_ONE, APART, bundle([board("a")], in_folder("rules", group("engine", "Down")))),
        (APART, IN_TWO, TOGETHER, bundle([board("a")], [group("engine", "Down")])),
        (APART, IN_TWO, OTHER, bundle([board("a")], in_folder("third", group("engine", "Down")))),
        (APART, IN_TWO, TOGETHER, bundle([board("a")])),
    ],
    ids=["on", "off", "to another", "no rules at all"],
)
def test_rules_that_the_code_lost_with_the_move_are_pruned_where_they_were(servers, before, content_before, after, content_after):  # fmt: skip  # one thing is one line
    server, grafana = servers
    push(grafana, before, content_before)
    left = before.grafana.folder_of_rules
    wanted = {rule["uid"] for each in content_after.grafana_groups for rule in each["rules"]}
    made = planned(grafana, after, content_after)
    removed = [(change.title, change.identity) for change in made.pending if change.action is Action.DELETE]
    assert removed == [(f"{name} in folder {left}", f"{left}/{name}") for name in ("queue", "engine")]
    push(grafana, after, content_after, prune=False)
    assert sorted(server.state.rules) == UIDS
    push(grafana, after, content_after)
    assert folders_of_rules(server) == dict.fromkeys(wanted, after.grafana.folder_of_rules)
    assert planned(grafana, after, content_after).pending == ()


def test_rules_of_others_stay_where_they_are_through_every_move(servers):
    server, grafana = servers
    push(grafana, TOGETHER, IN_ONE)
    someones(grafana, "glassbox", "one")
    push(grafana, APART, IN_TWO)
    assert folders_of_rules(server) == dict.fromkeys(UIDS, "rules") | {"one": "glassbox"}
    someones(grafana, "rules", "two", "their group")
    with pytest.raises(GlassboxError, match="Rule 'one' in group 'engine' is not ours and would be deleted"):
        push(grafana, TOGETHER, IN_ONE)
    server.state.rules["one"].group = "their group"
    push(grafana, TOGETHER, IN_ONE)
    push(grafana, APART, bundle())
    assert folders_of_rules(server) == {"one": "glassbox", "two": "rules"}


def test_a_rule_that_somebody_moved_away_is_theirs_once_the_code_does_not_want_it(servers):
    server, grafana = servers
    push(grafana, APART, IN_TWO)
    grafana.create_folder("theirs", "Theirs")
    server.state.rules["glassbox-Down"].folder_uid = "theirs"
    push(grafana, TOGETHER, bundle([board("a")]))
    assert folders_of_rules(server) == {"glassbox-Down": "theirs"}


def test_a_mark_knows_the_folder_that_a_rule_was_pushed_to():
    ours = rule("Down", "engine") | {"folderUID": "rules"}
    assert is_where_pushed(marked(ours, "glassbox", 60), "glassbox")
    assert not is_where_pushed(marked(ours, "glassbox", 60) | {"folderUID": "other"}, "glassbox")
    assert not is_where_pushed(marked(ours, "glassbox", 60), "rules")
    assert not is_where_pushed(ours, "glassbox")


def test_a_group_that_somebody_edited_moves_only_with_force(servers):
    server, grafana = servers
    push(grafana, TOGETHER, IN_ONE)
    server.state.rules["glassbox-Down"].body["labels"]["severity"] = "ticket"
    push(grafana, APART, IN_TWO, force=False)
    assert folders_of_rules(server) == dict(zip(UIDS, ("glassbox", "rules", "glassbox"), strict=True))
    (change,) = planned(grafana, APART, IN_TWO).pending
    assert [each.part for each in change.edit.differences] == ["Down"]
    push(grafana, APART, IN_TWO)
    assert set(folders_of_rules(server).values()) == {"rules"}


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


def test_destroy_takes_both_folders_and_nothing_of_others(servers):
    server, grafana = servers
    push(grafana, settings_of("team"), bundle([board("a", folder="team")], [group("engine", "Down", folder="team")]))
    push(grafana, APART, IN_TWO)
    made = destroy_plan(grafana, APART.grafana)
    assert pending(made.changes) == [
        ("rule group", "queue", Action.DELETE), ("rule group", "engine", Action.DELETE), ("dashboard", "A", Action.DELETE),
        ("folder", "Glassbox", Action.DELETE), ("folder", "Glassbox alerts", Action.DELETE),
    ]  # fmt: skip  # a row is a change
    carry_out(grafana, made)
    held = (list(server.state.folders), list(server.state.dashboards), list(server.state.rules))
    assert held == (["team"], ["team-a"], ["team-Down"])


def test_destroy_finds_the_rules_of_a_folder_that_the_settings_have_left(servers):
    server, grafana = servers
    push(grafana, APART, IN_TWO)
    made = destroy_plan(grafana, TOGETHER.grafana)
    carry_out(grafana, made)
    assert (list(server.state.folders), list(server.state.rules)) == (["rules"], [])
    assert made.remarks == (
        "Folder 'rules' held alert rules of ours, and stays: delete it in Grafana if nobody needs it.",
    )


def test_destroy_before_the_first_push_to_a_new_folder_finds_the_rules_of_the_old_one(servers):
    server, grafana = servers
    push(grafana, TOGETHER, IN_ONE)
    carry_out(grafana, destroy_plan(grafana, APART.grafana))
    assert (list(server.state.folders), list(server.state.rules)) == ([], [])


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


def test_both_folders_go_into_the_parent(servers):
    server, grafana = servers
    grafana.create_folder("team", "Team")
    inside = settings_of(rules_folder_uid="rules", parent_folder_uid="team")
    push(grafana, inside, IN_TWO)
    assert {uid: folder.parent_uid for uid, folder in server.state.folders.items()} == {"team": "", "glassbox": "team", "rules": "team"}  # fmt: skip  # one thing is one line
    assert planned(grafana, inside, IN_TWO).pending == ()


def test_our_route_takes_the_alerts_of_the_folder_of_rules(servers, monkeypatch):
    monkeypatch.setenv("CHAT_URL", "https://hooks.example/s3cret")
    server, grafana = servers
    settings, content = notifying(boards=[board("a")], groups=GROUPS)
    push(grafana, settings, content)
    settings, content = notifying(declared(), boards=[board("a")], groups=in_folder("rules", *GROUPS), rules_folder_uid="rules")  # fmt: skip  # one thing is one line
    push(grafana, settings, content)
    (route,) = [each for each in server.state.policies["routes"] if is_ours(each)]
    assert [each for each in route["object_matchers"] if each[0] == FOLDER_LABEL] == [[FOLDER_LABEL, "=", "rules"]]
    assert planned(grafana, settings, content).pending == ()


def test_a_plan_as_json_names_both_folders_and_keeps_groups_of_one_name_apart():
    with grafana_of() as (_, grafana):
        push(grafana, TOGETHER, IN_ONE)
        made = planned(grafana, APART, bundle([], in_folder("rules", group("engine", "Down"))))
        whole = plan_json.plan_json(made, EVERYTHING, prune=True)
        jsonschema.validate(whole, json.loads(SCHEMA.read_text(encoding="utf-8")), jsonschema.Draft202012Validator)
        assert (whole["folder_uid"], whole["rules_folder_uid"]) == ("glassbox", "rules")
        names = [(change["kind"], change["uid"]) for change in whole["changes"]]
        assert len(set(names)) == len(names)
        assert {("rule group", "engine"), ("rule group", "glassbox/engine"), ("rule group", "glassbox/queue")} < set(names)  # fmt: skip  # one thing is one line


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
