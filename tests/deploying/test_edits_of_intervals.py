"""Another interval that somebody gave to a group of ours: an edit to keep, wherever the rules of the group go."""

import pytest

from glassbox.deploying.apply import apply
from glassbox.deploying.change import Action
from glassbox.deploying.plan import plan
from glassbox.deploying.selection import Selection
from tests.support.pushing import deployment, planned, push
from tests.support.rules_folders import APART, IN_ONE, IN_THIRD, IN_TWO, OTHER, TOGETHER, folders_of_rules
from tests.support.small_bundle import board, bundle, group

RENAMED = bundle([board("a")], [group("machines", "Down", "Slow"), group("queue", "Long")])
MOVED = bundle([board("a")], [group("engine", "Down"), group("queue", "Long", "Slow")])
GONE = bundle([board("a")], [group("queue", "Long")])
ENGINE = ("glassbox-Down", "glassbox-Slow")


def intervals(server):
    return {uid: rule.interval_seconds for uid, rule in server.state.rules.items()}


def slowed(server, seconds=300):
    for uid in ENGINE:
        server.state.rules[uid].interval_seconds = seconds


@pytest.mark.parametrize(
    ("before", "content_before", "after", "content_after"),
    [
        (TOGETHER, IN_ONE, TOGETHER, IN_ONE),
        (TOGETHER, IN_ONE, APART, IN_TWO),
        (APART, IN_TWO, TOGETHER, IN_ONE),
        (APART, IN_TWO, OTHER, IN_THIRD),
        (TOGETHER, IN_ONE, TOGETHER, RENAMED),
        (TOGETHER, IN_ONE, TOGETHER, MOVED),
        (TOGETHER, IN_ONE, TOGETHER, GONE),
    ],
    ids=["stays", "on", "off", "to another", "renamed", "one rule moves", "removed"],
)
def test_the_interval_that_somebody_chose_is_kept_until_force(servers, before, content_before, after, content_after):
    server, grafana = servers
    push(grafana, before, content_before)
    slowed(server)
    held = {uid: (folders_of_rules(server)[uid], server.state.rules[uid].group, 300) for uid in ENGINE}
    push(grafana, after, content_after, force=False)
    assert {uid: (each.folder_uid, each.group, each.interval_seconds) for uid, each in server.state.rules.items() if uid in ENGINE} == held  # fmt: skip  # one thing is one line
    kept = planned(grafana, after, content_after).pending
    assert kept and all(change.edit for change in kept)
    push(grafana, after, content_after)
    assert set(intervals(server).values()) == {60}
    assert planned(grafana, after, content_after).pending == ()


def test_another_interval_in_the_code_is_no_edit_where_rules_move(servers):
    server, grafana = servers
    push(grafana, TOGETHER, bundle([board("a")], [group("engine", "Down", "Slow")]))
    faster = bundle([board("a")], [group("machines", "Down", "Slow", interval=30)])
    (change,) = planned(grafana, TOGETHER, faster).pending
    assert change.edit is None
    push(grafana, TOGETHER, faster, force=False)
    assert set(intervals(server).values()) == {30}


@pytest.mark.parametrize("interval", [30, 60])
def test_a_rule_that_waits_in_a_group_whose_interval_a_push_changed_is_no_edit(servers, interval):
    """With --only, and after a push that failed between the two groups."""
    server, grafana = servers
    push(grafana, TOGETHER, bundle([], [group("first", "A", "M"), group("second", "B")]))
    content = bundle([], [group("first", "A", interval=interval), group("second", "B", "M")])
    made = plan(grafana, deployment(grafana, TOGETHER, content), Selection("rule-group/first"))
    apply(grafana, made, made.allowed(force=False), lambda _change: None)
    rest = planned(grafana, TOGETHER, content)
    assert [(change.title, change.action, change.edit) for change in rest.pending] == [("second", Action.UPDATE, None)]
    push(grafana, TOGETHER, content, force=False)
    assert server.state.rules["glassbox-M"].group == "second"
    assert planned(grafana, TOGETHER, content).pending == ()


def test_one_group_is_read_once_for_all_the_rules_that_leave_it(servers):
    server, grafana = servers
    names = [f"R{number}" for number in range(6)]
    push(grafana, TOGETHER, bundle([], [group("one", *names)]))
    before = len(server.requests)
    planned(grafana, TOGETHER, bundle([], [group("two", *names[:3]), group("three", *names[3:])]))
    read = [request.path for request in server.requests[before:] if "/rule-groups/" in request.path]
    assert read == ["/api/v1/provisioning/folder/glassbox/rule-groups/one"]
