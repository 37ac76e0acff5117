"""What is said to change between our groups of rules and those of a place."""

import pytest

from glassbox.rule_places.group_changes import GroupAction, differing, group_changes
from glassbox.rule_places.wanted_rules import groups_of, wanted_files
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

FAST = {"alert": "Fast", "expr": "a > 1", "for": "2m", "labels": {"severity": "page"}, "annotations": {"summary": "s"}}
RATE = {"record": "job:requests:rate5m", "expr": "sum by (job) (rate(requests_total[5m]))"}
SIGNAL = {"record": "job:signal:ratio", "expr": "b", "labels": {"signal": "queue"}}
OTHER_SIGNAL = SIGNAL | {"labels": {"signal": "memory"}}


def group(*rules, name="g", **fields):
    return {"name": name, "interval": "30s", "rules": list(rules), **fields}


def one_change(ours, theirs):
    (change,) = group_changes({"g": ours}, {"g": theirs})
    return change


@pytest.mark.parametrize(
    "live",
    [
        group(RATE, FAST),
        group(RATE, FAST | {"for": "120s"}) | {"interval": "0m30s"},
        group(RATE | {"labels": {}}, FAST | {"keep_firing_for": "0s"}) | {"source_tenants": [], "limit": 0},
        group(RATE | {"expr": f" {RATE['expr']}\n"}, FAST),
    ],
)
def test_what_a_server_writes_in_other_words_is_no_change(live):
    assert one_change(group(RATE, FAST), live).action is GroupAction.KEEP


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (group(RATE | {"expr": "1"}, FAST), [("job:requests:rate5m", "expression changed")]),
        (group(RATE), [("Fast", "added")]),
        (group(RATE, FAST, SIGNAL), [("job:signal:ratio{signal='queue'}", "removed")]),
        (group(FAST, RATE), [("", "rules in another order")]),
        (group(RATE, FAST | {"for": "5m"}), [("Fast", "for: 5m -> 2m")]),
        (group(RATE, FAST | {"keep_firing_for": "5m"}), [("Fast", "keep_firing_for: 5m -> not set")]),
        (group(RATE, FAST | {"labels": {"severity": "ticket", "a": "1"}}), [("Fast", "labels changed (a, severity)")]),
        (group(RATE, FAST) | {"interval": "60s"}, [("", "interval: 60s -> 30s")]),
        (group(RATE, FAST) | {"source_tenants": ["a"]}, [("", "source_tenants: ['a'] -> not set")]),
    ],
)
def test_each_difference_is_said_by_rule(live, said):
    change = one_change(group(RATE, FAST), live)
    assert change.action is GroupAction.UPDATE
    assert [(each.rule, each.what) for each in change.differences] == said


def test_series_of_one_name_are_told_apart_by_their_labels_and_a_repeated_rule_by_its_number():
    change = one_change(group(SIGNAL, OTHER_SIGNAL | {"expr": "c"}), group(SIGNAL, OTHER_SIGNAL))
    assert [(each.rule, each.what) for each in change.differences] == [
        ("job:signal:ratio{signal='memory'}", "expression changed")
    ]
    twice = one_change(group(RATE, RATE | {"expr": "2"}), group(RATE, RATE))
    assert [each.rule for each in twice.differences] == ["job:requests:rate5m (2)"]


def test_groups_that_are_not_wanted_any_more_are_deleted_last():
    changes = group_changes({"b": group(name="b"), "c": group(name="c")}, {"a": group(name="a"), "b": group(name="b")})
    assert [(change.name, change.action) for change in changes] == [
        ("b", GroupAction.KEEP),
        ("c", GroupAction.CREATE),
        ("a", GroupAction.DELETE),
    ]
    assert [change.name for change in differing(changes)] == ["c", "a"]


def test_a_long_value_is_cut_so_that_a_change_stays_a_line():
    change = one_change(group(), group() | {"partial_response_strategy": "x" * 500})
    assert len(change.differences[0].what) < 120


def test_alerts_go_with_the_recorded_series_only_where_the_settings_say_so():
    """Then Grafana gets none, or every alert would arrive twice."""
    in_grafana, in_prometheus = Settings(), Settings(alerts_evaluated_by="prometheus")
    bundle, moved = our_bundle(in_grafana), our_bundle(in_prometheus)
    assert wanted_files(bundle, in_grafana) == bundle.recording_rules
    assert wanted_files(moved, in_prometheus) == {**bundle.recording_rules, **bundle.alerts}
    assert len(bundle.grafana_groups) == len(bundle.alerts) and moved.grafana_groups == ()
    assert len(groups_of(wanted_files(moved, in_prometheus))) == len(bundle.recording_rules) + len(bundle.alerts)
