"""Alerts read from rule files, and what tells one instance from another."""

import pytest

from glassbox.backtest.alert_rule import AlertRule, alert_rules
from glassbox.backtest.rule_set import rule_set, rules_in_files, rules_of_bundle
from glassbox.errors import GlassboxError
from glassbox.prometheus.times import DEFAULT_INTERVAL_SECONDS
from tests.support.ours import our_bundle


def file_with(*rules, **group):
    return {"a.yaml": {"groups": [{"name": "g", "rules": list(rules), **group}]}}


def test_times_labels_and_the_board_are_read():
    rule = {
        "alert": "A",
        "expr": " up == 0 ",
        "for": "1m30s",
        "keep_firing_for": "2h",
        "labels": {"severity": "page", "number": 3},
        "annotations": {"dashboard": "/d/x"},
    }
    (found,) = alert_rules(file_with(rule, {"record": "r", "expr": "up"}, interval="15s"))
    assert found == AlertRule("A", "g", "up == 0", 15, 90, 7200, {"severity": "page", "number": "3"}, "/d/x")


def test_what_is_not_said_is_as_prometheus_has_it():
    (found,) = alert_rules(file_with({"alert": "A", "expr": "up", "for": 0}))
    assert (found.interval_seconds, found.for_seconds, found.keep_firing_seconds) == (DEFAULT_INTERVAL_SECONDS, 0, 0)
    assert (found.severity, found.dashboard, found.is_heartbeat) == ("", "", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"alert": "A"},
        {"alert": "A", "expr": 5},
        {"alert": "A", "expr": "up", "for": "soon"},
        {"alert": "A", "expr": "up", "labels": ["a"]},
        {"alert": ["A"], "expr": "up"},
    ],
)
def test_an_alert_that_cannot_be_read_is_one_sentence_with_its_file(wrong):
    with pytest.raises(GlassboxError, match=r"^a\.yaml: the alert .* cannot be read \(.*\): correct it\.$"):
        alert_rules(file_with(wrong))


def test_labels_of_the_rule_replace_those_of_the_series_and_empty_ones_are_none():
    rule = AlertRule("A", "g", "up", labels={"severity": "page", "pod": ""})
    series = {"__name__": "up", "job": "a", "pod": "p", "severity": "low"}
    assert rule.labels_of(series) == {"alertname": "A", "job": "a", "severity": "page"}


def test_a_label_that_is_a_template_is_known_as_one():
    assert AlertRule("A", "g", "up", labels={"a": "{{ $labels.x }}", "b": "c"}).templated_labels == ("a",)


def test_all_of_ours_are_read_with_what_they_read():
    bundle = our_bundle()
    rules = rules_of_bundle(bundle)
    declared = [alert.name for group in bundle.content.alerts for alert in group.alerts]
    assert [rule.name for rule in rules.alerts] == declared
    assert sum(rule.is_heartbeat for rule in rules.alerts) == 1
    reading = {rule.name: rules.read_by(rule.query) for rule in rules.alerts}
    # A recorded series, and what its own rule reads.
    assert any(len(each) > 1 for each in reading.values())


def test_what_rules_read_through_other_rules_is_found_and_circles_end():
    rules = rule_set(
        file_with(
            {"record": "b", "expr": "c"},
            {"record": "c", "expr": "last_over_time(b[1h]) or d"},
            {"record": "other", "expr": "e"},
            {"alert": "A", "expr": "b > 1"},
        )
    )
    assert rules.read_by("b > 1") == {"b": ("c",), "c": ("last_over_time(b[1h]) or d",)}


def test_kubernetes_objects_are_read_and_other_files_refused(tmp_path):
    file, board = tmp_path / "rule.yaml", tmp_path / "board.json"
    file.write_text(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups:\n  - name: g\n    rules:\n    - {alert: A, expr: up}\n"
    )
    board.write_text('{"panels": []}')
    assert [rule.name for rule in rules_in_files([file]).alerts] == ["A"]
    with pytest.raises(GlassboxError, match="holds no alerts"):
        rules_in_files([board])
    file.write_text("groups:\n- name: g\n  rules:\n  - {record: a, expr: up}\n")
    with pytest.raises(GlassboxError, match="holds no alerts"):
        rules_in_files([file])
