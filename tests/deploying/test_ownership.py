"""Two installations whose folder uids begin alike, and objects of others that look like ours."""

import pytest

from glassbox.deploying.change import Action
from glassbox.deploying.plan_words import edit_sentence
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.credentials import Token
from glassbox.grafana.ownership import begins_as_ours, owner_among, tag_of
from glassbox.grafana.rule_marks import marked, was_edited
from tests.support.pushing import pending, planned, push, rule_numbers
from tests.support.small_bundle import VERSIONS, board, bundle, grafana_of, group, rule, settings_of

ONE, TWO = settings_of(), settings_of("glassbox-two")
NOTHING = bundle()


def of(folder):
    return bundle([board("serving", folder=folder)], [group("engine", "Down", "Slow", folder=folder)])


@pytest.fixture(params=VERSIONS)
def both(request):
    """A server that two installations were pushed to."""
    with grafana_of(request.param) as (server, grafana):
        push(grafana, ONE, of("glassbox"))
        push(grafana, TWO, of("glassbox-two"))
        yield server, grafana


def test_installations_that_begin_alike_do_not_see_each_other(both):
    _, grafana = both
    assert planned(grafana, ONE, of("glassbox")).pending == planned(grafana, TWO, of("glassbox-two")).pending == ()
    removed = [("rule group", "engine", Action.DELETE), ("dashboard", "Serving", Action.DELETE)]
    assert pending(push(grafana, ONE, NOTHING)) == removed
    assert planned(grafana, TWO, of("glassbox-two")).pending == ()


def test_what_a_changed_folder_uid_leaves_behind_is_named_until_it_is_pushed(servers):
    _, grafana = servers
    push(grafana, ONE, of("glassbox"))
    made = planned(grafana, TWO, of("glassbox-two"))
    assert [remark.partition(":")[0] for remark in made.remarks] == ["The installation of the folder 'glassbox' has alert rules of the same names, and stays"]  # fmt: skip  # one sentence
    assert made.left_out == ()
    others = bundle([], [group("engine", "Other", folder="glassbox-two")])
    assert planned(grafana, TWO, others).remarks == ()
    push(grafana, TWO, of("glassbox-two"))
    assert planned(grafana, TWO, of("glassbox-two")).remarks == ()


def test_what_somebody_moved_into_our_folder_stays_the_others(both):
    server, grafana = both
    moved = grafana.dashboard("glassbox-two-serving")["dashboard"] | {"title": "Two"}
    grafana.save_dashboard(moved, folder_uid="glassbox", message="", overwrite=True)
    server.state.rules["glassbox-two-Down"].folder_uid = "glassbox"
    server.state.rules["glassbox-two-Down"].group = "other"
    made = planned(grafana, ONE, of("glassbox"))
    assert made.pending == ()
    assert sorted(made.remarks) == [
        "Dashboard 'Two' (glassbox-two-serving) is left alone: it belongs to the installation of the folder 'glassbox-two'.",
        "Rule 'Down' (glassbox-two-Down) is left alone: it belongs to the installation of the folder 'glassbox-two'.",
    ]
    push(grafana, ONE, NOTHING)
    assert grafana.dashboard("glassbox-two-serving") and "glassbox-two-Down" in server.state.rules


def test_a_rule_of_the_other_in_our_group_stops_a_push(both):
    server, grafana = both
    moved = server.state.rules["glassbox-two-Down"]
    moved.folder_uid, moved.group, moved.index = "glassbox", "engine", 9
    with pytest.raises(GlassboxError, match="Rule 'Down' in group 'engine' is not ours and would be deleted"):
        planned(grafana, ONE, of("glassbox"))


def test_an_unmarked_rule_with_a_uid_like_ours_is_left_alone_and_told():
    with grafana_of() as (server, grafana):
        push(grafana, ONE, of("glassbox"))
        unmarked = rule("Hand", "engine")
        engine = grafana.rule_group("glassbox", "engine")
        grafana.put_rule_group(engine | {"rules": [*engine["rules"], unmarked]}, editable=True)
        grafana.put_rule_group({**group("hand"), "rules": [rule("Alone", "hand")]}, editable=True)
        made = planned(grafana, ONE, of("glassbox"))
        assert made.pending == ()
        assert [remark.partition(":")[0] for remark in made.remarks] == [
            "Rule 'Hand' (glassbox-Hand) is left alone", "Rule 'Alone' (glassbox-Alone) is left alone",
        ]  # fmt: skip  # a row is a remark
        push(grafana, ONE, NOTHING)
        assert sorted(server.state.rules) == ["glassbox-Alone", "glassbox-Hand"]


@pytest.mark.parametrize("fields", [{}, {"for": "9m"}])
def test_a_rule_that_somebody_took_our_mark_from_is_an_edit(servers, fields):
    server, grafana = servers
    ours = bundle([], [group("engine", "Down"), group("queue", "Long")])
    push(grafana, ONE, ours)
    rule = server.state.rules["glassbox-Down"]
    rule.body["annotations"] = {"summary": "It is down"}
    rule.body |= fields
    (change,) = planned(grafana, ONE, ours).pending
    assert edit_sentence(change.edit) == f"edited since our last push by somebody (Grafana does not report who), {change.edit.at} (Down: without our mark, so what was changed is not known)"  # fmt: skip  # one sentence
    assert change.edit.at
    assert [each.text for each in change.kind.adopted(change.content, change.live)] == (["for 300 s -> 540 s"] if fields else [])  # fmt: skip  # one thing is one line
    push(grafana, ONE, ours, force=False)
    assert rule.body["annotations"] == {"summary": "It is down"}
    push(grafana, ONE, ours, force=True)
    assert planned(grafana, ONE, ours).pending == ()
    assert server.state.rules["glassbox-Down"].body["for"] == "5m"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unmarked_rule_with_our_uid_in_another_folder_is_not_taken_without_force(version):
    settings, ours = settings_of(), bundle([], [group("g", "A"), group("h", "B")])
    theirs = rule("A", "theirs", folderUID="team", title="Theirs")
    with grafana_of(version) as (server, grafana):
        grafana.create_folder("team", "Team")
        grafana.put_rule_group(
            {"title": "theirs", "folderUid": "team", "interval": 60, "rules": [theirs]}, editable=True
        )
        made = planned(grafana, settings, ours)
        (taking,) = [change for change in made.pending if change.title == "g"]
        assert (taking.action, taking.edit.of_others) == (Action.UPDATE, True)
        push(grafana, settings, ours, force=False)
        assert {uid: (each.folder_uid, each.body["title"]) for uid, each in server.state.rules.items()} == {
            "glassbox-A": ("team", "Theirs"), "glassbox-B": ("glassbox", "B"),
        }  # fmt: skip  # a rule is one line
        push(grafana, settings, ours, force=True)
        assert server.state.rules["glassbox-A"].folder_uid == "glassbox"


def test_what_an_earlier_version_pushed_gets_its_mark():
    with grafana_of() as (server, grafana):
        grafana.create_folder("glassbox", "Glassbox")
        grafana.save_dashboard(board("serving"), folder_uid="glassbox", message="glassbox 0", overwrite=False)
        grafana.put_rule_group(group("engine", "Down", "Slow"))
        before = rule_numbers(server)
        assert pending(push(grafana, ONE, of("glassbox"))) == [
            ("dashboard", "Serving", Action.UPDATE), ("rule group", "engine", Action.UPDATE),
        ]  # fmt: skip  # a row is a change
        assert rule_numbers(server) == before
        assert planned(grafana, ONE, of("glassbox")).pending == ()


def test_a_mark_names_the_whole_uid():
    assert owner_among(["glassbox", tag_of("glassbox-two")]) == "glassbox-two"
    assert owner_among(["glassbox", "gpu"]) is None
    assert begins_as_ours("glassbox-two-x", "glassbox")
    assert not begins_as_ours("glassbox-x", "glassbox-two")


def test_a_mark_remembers_the_rule_and_not_what_people_set():
    mine = marked(rule("Down", "engine"), "glassbox", 60)
    assert not was_edited(mine, 60)
    assert not was_edited(
        mine | {"isPaused": True, "notification_settings": {"receiver": "night"}, "updated": "now"}, 60
    )
    assert not was_edited(
        {key: value for key, value in mine.items() if key != "keep_firing_for"} | {"for": "300s"}, None
    )
    assert was_edited(mine, 30)
    assert was_edited(mine | {"labels": {}}, 60)
    assert was_edited(mine | {"ruleGroup": "other"}, 60)
    assert not was_edited(rule("Down", "engine"), 60)


def test_a_dashboard_that_somebody_moved_stays_there_until_force(servers):
    server, grafana = servers
    push(grafana, ONE, of("glassbox"))
    grafana.create_folder("mine", "Mine")
    with Grafana(server.url, Token("editor")) as theirs:
        moved = theirs.dashboard("glassbox-serving")["dashboard"]
        theirs.save_dashboard(moved, folder_uid="mine", message="", overwrite=True)
    (change,) = planned(grafana, ONE, of("glassbox")).pending
    assert edit_sentence(change.edit) == f"edited since our last push by sa-editor, {change.edit.at} (folder glassbox -> mine)"  # fmt: skip  # one sentence
    push(grafana, ONE, of("glassbox"), force=False)
    assert server.state.dashboards["glassbox-serving"].folder_uid == "mine"
    push(grafana, ONE, of("glassbox"), force=True)
    assert planned(grafana, ONE, of("glassbox")).pending == ()
