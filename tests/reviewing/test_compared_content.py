"""Two states of content compared: what a reviewer reads of dashboards and groups of rules."""

import pytest

from glassbox.deploying.change import Action
from glassbox.reviewing.compared_content import changes
from glassbox.view.revisions import RevisionContent
from tests.support.small_bundle import board, group, panel


def state(boards=(), rules=None, groups=()):
    return RevisionContent(
        {each["uid"]: each for each in boards}, rules or {}, {each["title"]: each for each in groups}, {}
    )


def alerts(*rules, name="g", **fields):
    return {"groups": [{"name": name, "interval": "1m", "rules": list(rules), **fields}]}


def alert(name, expr="up == 0", **fields):
    return {"alert": name, "expr": expr, **fields}


def record(name, expr, **fields):
    return {"record": name, "expr": expr, **fields}


def told(before, after):
    """Action, title, and the differences in words, of what changes."""
    return [
        (
            change.action.value,
            change.title,
            [f"{each.part}: {each.text}" for each in change.differences] or list(change.lost),
        )
        for change in changes(before, after)
        if change.action is not Action.KEEP
    ]


def test_dashboards_come_go_and_change():
    before = state([board("kept"), board("gone"), board("slow", panel("Wait", threshold=2))])
    after = state([board("kept"), board("slow", panel("Wait", threshold=1.5)), board("new")])
    assert told(before, after) == [
        ("update", "Slow", ["Wait: threshold 2 s -> 1.5 s"]),
        ("create", "New", []),
        ("delete", "Gone", []),
    ]
    assert [change.action for change in changes(before, before)] == [Action.KEEP] * 3


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (alert("A", "x > 0.9"), alert("A", "x > 0.95"), "A: threshold 0.9 -> 0.95"),
        (alert("A", **{"for": "5m"}), alert("A", **{"for": "10m"}), "A: for 5m -> 10m"),
        (alert("A", labels={"s": "page"}), alert("A", labels={"s": "ticket"}), "A: label s page -> ticket"),
        (record("r", "sum(x)"), record("r", "max(x)"), "r: query changed"),
        (record("r", "sum(x)"), record("q", "sum(x)"), "r: rule removed"),
    ],
)
def test_rules_are_told_as_prometheus_evaluates_them(old, new, text):
    ((action, title, texts),) = told(
        state(rules={"alerts/a.yaml": alerts(old)}), state(rules={"alerts/a.yaml": alerts(new)})
    )
    assert (action, title, texts[0]) == ("update", "g", text)


def test_an_interval_and_a_removed_group_are_told():
    before = state(rules={"a": alerts(alert("A")), "b": alerts(alert("B"), alert("C"), name="h")})
    after = state(rules={"a": alerts(alert("A"), interval="30s")})
    assert told(before, after) == [("update", "g", [": interval 60 s -> 30 s"]), ("delete", "h", ["B", "C"])]


def test_a_rule_that_moves_is_not_a_lost_one():
    before = state(rules={"a": alerts(alert("A"), alert("B")), "b": alerts(alert("C"), name="h")})
    after = state(rules={"a": alerts(alert("A")), "b": alerts(alert("C"), alert("B"), name="h")})
    assert told(before, after) == [
        ("update", "g", ["B: moves to group h"]),
        ("update", "h", ["B: moves here from group g"]),
    ]


def test_one_series_of_several_engines_is_compared_with_that_of_the_same_group():
    files = {"a": alerts(record("r", "sum(x)")), "b": alerts(record("r", "sum(y)"), name="h")}
    # The order in which files are read says nothing.
    turned = dict(reversed(files.items()))
    assert told(state(rules=files), state(rules=turned)) == []
    assert told(state(rules=files), state(rules=turned | {"b": alerts(record("r", "max(y)"), name="h")})) == [
        ("update", "h", ["r: query changed"])
    ]


def test_equal_series_with_other_labels_are_different_rules():
    pair = record("r", "x", labels={"slo": "a"}), record("r", "y", labels={"slo": "b"})
    before, after = (state(rules={"a": alerts(*rules)}) for rules in (pair, pair[::-1]))
    assert told(before, after) == [("update", "g", [": order of rules changed"])]


def test_what_only_grafanas_rules_change_is_told_once():
    same = {"a": alerts(alert("A"))}
    before, after = (state(rules=same, groups=[group("g", "A", noDataState=kind)]) for kind in ("OK", "Alerting"))
    assert told(before, after) == [("update", "g", ["A: state without data OK -> Alerting"])]
    changed = state(rules={"a": alerts(alert("A", "up == 1"))}, groups=[group("g", "A", expr="up == 1")])
    assert [title for _, title, _ in told(before, changed)] == ["g"]
