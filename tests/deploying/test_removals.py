"""What the code no longer has: deleted last, and nothing else with it; rules keep their uids and state when groups change."""

import pytest

from glassbox.deploying.change import Action
from glassbox.grafana.rule_marks import marked
from tests.support.pushing import pending, planned, push, rule_numbers
from tests.support.small_bundle import board, bundle, edited, grafana_of, group, rule, settings_of

SETTINGS = settings_of()


def places(server):
    return {uid: each.group for uid, each in server.state.rules.items()}


def test_a_board_and_a_group_that_left_the_code_are_deleted_last(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([board("a"), board("b")], [group("one", "A"), group("two", "B", "C")]))
    made = planned(grafana, SETTINGS, bundle([board("a"), board("new")], [group("one", "A")]))
    assert pending(made.changes) == [
        ("dashboard", "New", Action.CREATE), ("rule group", "two", Action.DELETE), ("dashboard", "B", Action.DELETE),
    ]  # fmt: skip  # a row is a change
    assert [change.lost for change in made.pending] == [(), ("B", "C"), ("B",)]
    push(grafana, SETTINGS, bundle([board("a"), board("new")], [group("one", "A")]))
    assert sorted(server.state.dashboards) == ["glassbox-a", "glassbox-new"]
    assert sorted(server.state.rules) == ["glassbox-A"]
    assert [request.method for request in server.writes][-3:] == ["DELETE"] * 3


def test_without_prune_all_of_it_stays(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([board("a")], [group("one", "A", "B"), group("two", "C")]))
    less = bundle([], [group("one", "A")])
    assert planned(grafana, SETTINGS, less, prune=False).pending == ()
    push(grafana, SETTINGS, bundle([], [group("one", "A", interval=30)]), prune=False)
    assert places(server) == {"glassbox-A": "one", "glassbox-B": "one", "glassbox-C": "two"}
    assert list(server.state.dashboards) == ["glassbox-a"]


def test_a_rule_that_left_its_group_is_told_as_a_loss(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([], [group("one", "A", "B")]))
    (change,) = planned(grafana, SETTINGS, bundle([], [group("one", "A")])).pending
    assert (change.action, change.lost) == (Action.UPDATE, ("B",))
    assert [(each.part, each.text) for each in change.differences] == [("B", "rule removed")]
    push(grafana, SETTINGS, bundle([], [group("one", "A")]))
    assert list(server.state.rules) == ["glassbox-A"]


def test_a_renamed_group_keeps_its_rules_with_their_pauses(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([], [group("old", "A", "B")]))
    before = rule_numbers(server)
    server.state.rules["glassbox-A"].body["isPaused"] = True
    made = planned(grafana, SETTINGS, bundle([], [group("new", "A", "B")]))
    assert pending(made.changes) == [("rule group", "new", Action.UPDATE)]
    assert [each.text for each in made.pending[0].differences] == ["moves here from group old"] * 2
    assert made.pending[0].edit is None and made.pending[0].lost == ()
    push(grafana, SETTINGS, bundle([], [group("new", "A", "B")]))
    assert rule_numbers(server) == before and set(places(server).values()) == {"new"}
    assert server.state.rules["glassbox-A"].body["isPaused"]
    assert planned(grafana, SETTINGS, bundle([], [group("new", "A", "B")])).pending == ()


@pytest.mark.parametrize("before", [("first", "second"), ("second", "first")])
def test_a_moved_rule_keeps_its_state_in_whatever_order_groups_are_written(servers, before):
    server, grafana = servers
    groups = {"first": group("first", "A", "M"), "second": group("second", "B")}
    push(grafana, SETTINGS, bundle([], [groups[name] for name in before]))
    known = rule_numbers(server)
    server.state.rules["glassbox-M"].body["isPaused"] = True
    groups = {"first": group("first", "A"), "second": group("second", "B", "M")}
    push(grafana, SETTINGS, bundle([], [groups[name] for name in before]))
    assert rule_numbers(server) == known
    assert places(server) == {"glassbox-A": "first", "glassbox-B": "second", "glassbox-M": "second"}
    assert server.state.rules["glassbox-M"].body["isPaused"]
    assert planned(grafana, SETTINGS, bundle([], [groups[name] for name in before])).pending == ()


def test_two_rules_that_change_places_keep_their_state(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([], [group("first", "A"), group("second", "B")]))
    known = rule_numbers(server)
    swapped = bundle([], [group("first", "B"), group("second", "A")])
    push(grafana, SETTINGS, swapped)
    assert rule_numbers(server) == known
    assert places(server) == {"glassbox-A": "second", "glassbox-B": "first"}
    assert planned(grafana, SETTINGS, swapped).pending == ()


def test_a_threshold_and_another_order_keep_uids(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([], [group("one", "A", "B", expr="up > 1")]))
    known = rule_numbers(server)
    changed = bundle([], [group("one", "B", "A", expr="up > 2")])
    (change,) = [each for each in push(grafana, SETTINGS, changed) if each.action is Action.UPDATE]
    assert [each.text for each in change.differences] == [
        "threshold 1 -> 2",
        "threshold 1 -> 2",
        "order of rules changed",
    ]
    assert rule_numbers(server) == known


def test_objects_of_others_survive_the_removal_of_all_ours(servers):
    server, grafana = servers
    push(grafana, SETTINGS, bundle([board("a")], [group("one", "A")]))
    theirs = board("copy") | {"uid": "theirs", "tags": ["glassbox", "glassbox:glassbox"]}
    grafana.save_dashboard(theirs, folder_uid="glassbox", message="", overwrite=False)
    copy = {**group("copies"), "rules": [marked(rule("A2", "copies") | {"uid": "theirs"}, "glassbox", 60)]}
    grafana.put_rule_group(copy, editable=True)
    push(grafana, SETTINGS, bundle())
    assert (list(server.state.dashboards), list(server.state.rules)) == (["theirs"], ["theirs"])
    assert "glassbox" in server.state.folders


def test_a_rule_that_somebody_adds_to_a_removed_group_meanwhile_survives():
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, bundle([], [group("one", "A")]))
        (change,) = planned(grafana, SETTINGS, bundle()).pending
        one = grafana.rule_group("glassbox", "one")
        grafana.put_rule_group(one | {"rules": [*one["rules"], rule("Theirs", "one") | {"uid": "t"}]}, editable=True)
        change.kind.remove(grafana, change.live, "glassbox")
        assert list(server.state.rules) == ["t"]


def test_a_removed_board_that_somebody_edited_is_an_edit_to_keep():
    with grafana_of() as (server, grafana):
        push(grafana, SETTINGS, bundle([board("a")]))
        edited(server, "glassbox-a", title="Mine")
        (change,) = planned(grafana, SETTINGS, bundle()).pending
        assert (change.action, change.edit.by) == (Action.DELETE, "alice")
        push(grafana, SETTINGS, bundle(), force=False)
        assert list(server.state.dashboards) == ["glassbox-a"]
