"""Differences as people read them."""

import copy

import pytest

from glassbox.grafana.differences.board_differences import board_differences
from glassbox.grafana.differences.quantities import quantity
from glassbox.grafana.differences.rule_differences import group_differences, query_change, rule_differences
from tests.support.small_bundle import board, panel, rule


def told(differences):
    return [(each.part, each.text) for each in differences]


def panel_told(**fields):
    before = board("serving", panel("Time to first token"))
    after = board("serving", panel("Time to first token", **fields))
    return told(board_differences(before, after))


def test_equal_boards_have_no_difference():
    assert panel_told() == []


def test_a_threshold_is_told_with_its_unit():
    assert panel_told(threshold=1.5) == [("Time to first token", "threshold 2 s -> 1.5 s")]


def test_a_query_is_told_by_its_legend():
    both = [{"refId": "A", "expr": "up", "legendFormat": "p50"}, {"refId": "B", "expr": "x", "legendFormat": "p95"}]
    assert panel_told(targets=both) == [("Time to first token", "query p95 added")]
    assert panel_told(targets=[]) == [("Time to first token", "query p50 removed")]
    assert panel_told(targets=[{"refId": "A", "expr": "down", "legendFormat": "p50"}]) == [
        ("Time to first token", "query p50 changed")
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"description": "Other. " * 20}, "description changed"),
        ({"type": "stat"}, "type timeseries -> stat"),
        ({"gridPos": {"x": 0, "y": 8, "w": 12, "h": 8}}, "moved"),
        ({"gridPos": {"x": 0, "y": 0, "w": 24, "h": 8}}, "resized"),
        ({"options": {"legend": {"calcs": []}}}, "options added"),
        ({"interval": "1m"}, "interval 1m added"),
    ],
)
def test_every_other_field_of_a_panel_is_told(fields, text):
    assert panel_told(**fields) == [("Time to first token", text)]


def test_panels_are_known_by_id_whatever_their_title():
    before = board("serving", panel("Old"), panel("Gone", 2))
    after = board("serving", panel("New"), panel("Here", 3))
    assert told(board_differences(before, after)) == [
        ("Gone", "panel removed"), ("New", "title Old -> New"), ("Here", "panel added"),
    ]  # fmt: skip  # a row is a difference


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"refresh": "1m"}, "refresh 30s -> 1m"),
        ({"tags": ["glassbox", "more"]}, "tag more added"),
        ({"templating": {"list": [{"name": "model"}]}}, "variable model added"),
        ({"time": {"from": "now-1h"}}, "time added"),
        ({"title": "Serving 2"}, "title Serving -> Serving 2"),
    ],
)
def test_every_other_field_of_a_board_is_told(fields, text):
    assert told(board_differences(board("serving"), board("serving", **fields))) == [("", text)]


def test_every_value_of_a_board_that_is_changed_is_told():
    """Nothing that a push writes is left out of the plan."""
    whole = board(
        "serving", panel("P"), links=[{"title": "x"}], annotations={"list": [{"name": "Deploys", "on": True}]}
    )
    for path in paths(whole):
        changed = copy.deepcopy(whole)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = "other" if place[path[-1]] != "other" else "another"
        assert list(board_differences(whole, changed)), path


def paths(value, path=()):
    """Every scalar's path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key)) if isinstance(item, dict | list) else [(*path, key)]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("a > 0.9", "a > 0.95", "threshold 0.9 -> 0.95"),
        ("a > bool 2 and b", "a > bool 3 and b", "threshold 2 -> 3"),
        ("a >= 1e3", "a >= 2e3", "threshold 1e3 -> 2e3"),
        ("a > 2 and b > 2", "a > 3 and b > 3", "threshold 2 -> 3"),
        ("a > 2 and b > 2", "a > 3 and b > 4", "query changed"),
        ("rate(a[5m]) > 1", "rate(a[10m]) > 1", "query changed"),
        ("a * 2 > 1", "a * 3 > 1", "query changed"),
        ("a > 1", "b > 1", "query changed"),
        ("a1 > 1", "a2 > 1", "query changed"),
    ],
)
def test_the_number_that_a_rule_compares_with_is_told(before, after, text):
    found = query_change("Slow", before, after)
    moved = [float(number) for number in text.removeprefix("threshold ").split(" -> ")] if "->" in text else None
    assert (found.part, found.text, found.before, found.after) == ("Slow", text, before, after)
    assert found.numbers == (tuple(moved) if moved else None)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"for": "10m"}, "for 5m -> 10m"),
        ({"labels": {"severity": "ticket"}}, "label severity page -> ticket"),
        ({"annotations": {"summary": "It is gone"}}, "annotation summary It is down -> It is gone"),
        ({"isPaused": True}, "paused"),
        ({"execErrState": "OK"}, "state on errors KeepLast -> OK"),
        ({"ruleGroup": "other"}, "moves here from group group"),
        ({"condition": "x"}, "condition query -> x"),
    ],
)
def test_every_field_of_a_rule_is_told(fields, text):
    before = rule("Down", "group")
    assert told(rule_differences(before, before | fields)) == [("Down", text)]


def test_durations_are_told_with_their_unit():
    before = rule("Down", "group") | {"for": 180, "keep_firing_for": 60}
    after = rule("Down", "group") | {"for": 0, "keep_firing_for": None}
    assert told(rule_differences(before, after)) == [
        ("Down", "for 180 s -> 0 s"),
        ("Down", "keep firing for 60 s removed"),
    ]


def test_rules_of_a_group_are_known_by_uid():
    old, new = (
        {"interval": 30, "rules": [rule(name, "g") for name in names]} for names in (("A", "B", "C"), ("C", "A", "D"))
    )
    assert told(group_differences(old, new | {"interval": 60}, {"glassbox-B": "other"})) == [
        ("", "interval 30 s -> 60 s"), ("B", "moves to group other"), ("D", "rule added"), ("", "order of rules changed"),
    ]  # fmt: skip  # a row is a difference


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [(2, "s", "2 s"), (0.985, "percentunit", "98.5%"), (5, "suffix:tok/s", "5 tok/s"), (3, "short", "3"), (7, "odd", "7 odd")],
)  # fmt: skip  # a row is a case
def test_quantities_have_their_units(number, unit, text):
    assert quantity(number, unit) == text
