"""Alert rules in a folder of their own: pushed, moved by the setting, pruned, destroyed, and never left firing in silence."""

import json
from pathlib import Path

import jsonschema
import pytest

from glassbox.compile.grafana_notifications import FOLDER_LABEL
from glassbox.deploying import plan_json
from glassbox.deploying.change import Action
from glassbox.deploying.destroying import destroy_plan
from glassbox.deploying.plan_words import heading, remarks
from glassbox.deploying.selection import EVERYTHING
from glassbox.errors import GlassboxError
from glassbox.grafana.rule_marks import is_where_pushed, marked
from tests.support.pushing import pending, planned, push, rule_numbers
from tests.support.rules_folders import (
    APART,
    GROUPS,
    IN_ONE,
    IN_THIRD,
    IN_TWO,
    OTHER,
    TOGETHER,
    UIDS,
    carry_out,
    folders_of_rules,
    someones,
)
from tests.support.small_bundle import (
    board,
    bundle,
    grafana_of,
    group,
    in_folder,
    rule,
    settings_of,
)
from tests.support.small_notifications import declared, is_ours, notifying

SCHEMA = Path(plan_json.__file__).with_name("plan.schema.json")


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
    assert (again.pending, remarks(again, again.pending)) == ((), [])
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
    numbers = rule_numbers(server)
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
    assert remarks(made, made.pending) == [anew, *([stays] if left != "glassbox" else [])]
    carry_out(grafana, made)
    assert folders_of_rules(server) == dict.fromkeys(UIDS, after.grafana.folder_of_rules)
    assert rule_numbers(server) == numbers
    assert server.state.rules["glassbox-Long"].body["isPaused"]
    again = planned(grafana, after, content_after)
    assert (again.pending, remarks(again, again.pending)) == ((), [])


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
    assert remarks(made, made.pending) == [
        "Folder 'rules' held alert rules of ours, and stays: delete it in Grafana if nobody needs it."
    ]


def test_destroy_before_the_first_push_to_a_new_folder_finds_the_rules_of_the_old_one(servers):
    server, grafana = servers
    push(grafana, TOGETHER, IN_ONE)
    carry_out(grafana, destroy_plan(grafana, APART.grafana))
    assert (list(server.state.folders), list(server.state.rules)) == ([], [])


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


@pytest.mark.parametrize(
    ("before", "content", "after", "says_so"),
    [
        (TOGETHER, IN_ONE, settings_of(title="Renamed"), True),
        (APART, IN_TWO, settings_of(rules_folder_uid="rules", rules_folder_title="Renamed"), True),
        (APART, IN_TWO, settings_of(rules_folder_uid="rules", rules_folder_title="Glassbox alerts", title="Boards"), False),
    ],
    ids=["of boards and rules", "of rules", "of boards"],
)  # fmt: skip  # a row is a setting
def test_a_new_title_says_what_becomes_of_firing_alerts(servers, before, content, after, says_so):
    _, grafana = servers
    push(grafana, before, content)
    made = planned(grafana, after, content)
    assert [change.kind.name for change in made.pending] == ["folder"]
    anew = "Grafana evaluates alert rules anew whose folder gets another title: what fires resolves, and fires again after its `for`."  # fmt: skip  # one sentence
    assert remarks(made, made.pending) == ([anew] if says_so else [])
