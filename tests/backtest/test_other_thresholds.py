"""Which other values are tried, and which settings are found to decide an alert."""

from dataclasses import replace
from functools import cache

import pytest

from deploy import content
from glassbox.backtest.alert_evaluation import AlertPast
from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.other_thresholds import other_values, threshold_tables
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import rule_set, rules_of_bundle
from glassbox.backtest.standing import AlertStanding, Evidence
from glassbox.compile.compiler import compile_rules
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

WINDOW = PastWindow(0, 86400)


@pytest.mark.parametrize(
    ("section", "key", "value", "values"),
    [
        ("thresholds", "qps_low", 10, [5, 8, 12, 15, 20]),
        ("thresholds", "minimum_requests", 1, [2]),
        ("thresholds", "latency_high_share_ratio", 0.05, [0.025, 0.0375, 0.0625, 0.075, 0.1]),
        # Around its distance from 1.
        ("thresholds", "kv_cache_high_ratio", 0.9, [0.8, 0.85, 0.875, 0.925, 0.95]),
        ("gpu", "idle_while_queueing_ratio", 0.4, [0.2, 0.3, 0.5, 0.6, 0.8]),
        ("thresholds", "start_seconds", 3600, [1800, 2700]),
    ],
)
def test_values_around_the_present_one_that_the_settings_allow(section, key, value, values):
    assert other_values(section, key, value) == values


def history(rule):
    return AlertHistory(AlertPast(rule, ()), Evidence(AlertStanding.JUDGED, 1.0), WINDOW)


@cache
def tables_of(name):
    """The tables of one alert of ours by their setting, and the queries that were evaluated for each."""
    rules, asked = rules_of_bundle(our_bundle()), []

    def look(_rules, alerts):
        asked.extend(rule.query for rule in alerts)
        return [history(rule) for rule in alerts]

    (wanted,) = (history(rule) for rule in rules.alerts if rule.name == name)
    compiled = lambda settings: rule_set(compile_rules(content(), settings))  # noqa: E731  # as the command does
    return {each.setting: each for each in threshold_tables(Settings(), compiled, rules, [wanted], look)}, asked


def test_the_settings_that_decide_an_alert_are_found_and_each_value_evaluated():
    tables, asked = tables_of("InferenceQPSLow")
    assert list(tables) == ["thresholds.qps_low"]
    assert sorted(tables["thresholds.qps_low"].histories) == [5, 8, 10, 12, 15, 20]
    assert [query.rpartition(" < ")[2] for query in asked] == ["5", "8", "12", "15", "20"]
    assert [row[0] for row in tables["thresholds.qps_low"].rows] == ["5", "8", "10 (now)", "12", "15", "20"]


def test_a_setting_that_decides_what_is_recorded_is_not_known():
    tables, _ = tables_of("InferenceLatencyHigh")
    assert {name for name, table in tables.items() if table.reason} >= {"thresholds.latency_high_seconds"}
    assert tables["thresholds.latency_high_seconds"].rows == []
    assert "thresholds.latency_high_share_ratio" in tables
    assert tables["thresholds.latency_high_share_ratio"].rows


def test_without_alerts_nothing_is_compiled():
    def never(_settings):
        raise AssertionError

    rules = rules_of_bundle(our_bundle())
    assert list(threshold_tables(Settings(), never, rules, [], never)) == []


def test_rules_compiled_without_boards_are_those_of_the_bundle():
    settings = replace(Settings(), evaluation_interval_seconds=60)
    whole, alone = rules_of_bundle(our_bundle(settings)), rule_set(compile_rules(content(), settings))
    assert alone.recorded.keys() == whole.recorded.keys()
    assert all(each.fires_as(other) for each, other in zip(alone.alerts, whole.alerts, strict=True))
