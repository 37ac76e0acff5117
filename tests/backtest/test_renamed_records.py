"""What of a version's recorded series gets another name beside those of another version."""

import pytest

from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.renamed_records import NotWorkedOutError, beside
from glassbox.backtest.rule_set import RuleSet
from glassbox.past.rule_order import RecordingRule


def record(name, expr, interval_seconds=30, **labels):
    return RecordingRule("g", 0, interval_seconds, name, expr, tuple(labels.items()))


def rules(*records, query="a:b > 1"):
    return RuleSet((AlertRule("A", "g", query),), records)


BASE = rules(record("a:b", "sum(x)"), record("a:bc", "sum(y)"), record("a:c", "max_over_time(a:b[5m])"))


def test_only_what_is_recorded_otherwise_and_what_is_made_of_it_is_renamed():
    version = rules(
        record("a:b", "sum(2 * x)"),
        record("a:bc", "sum(y)"),
        record("a:c", "max_over_time(a:b[5m])"),
        query='a:c > 1 and {__name__="a:b"} unless on (job) a:bc{le="a:bcd"}',
    )
    found, old_names = beside(version, BASE, "other")
    assert [rule.query for rule in found.alerts] == [
        'a:c:other > 1 and {__name__="a:b:other"} unless on (job) a:bc{le="a:bcd"}'
    ]
    assert [(rule.record, rule.expr) for rule in found.records] == [
        ("a:b:other", "sum(2 * x)"),
        ("a:bc", "sum(y)"),
        ("a:c:other", "max_over_time(a:b:other[5m])"),
    ]
    assert old_names == {"a:b:other": "a:b", "a:c:other": "a:c"}


@pytest.mark.parametrize("other", [record("a:b", "sum(x)", 60), record("a:b", "sum(x)", severity="page")])
def test_other_intervals_and_labels_are_another_recording(other):
    found, _ = beside(rules(other), rules(record("a:b", "sum(x)")), "v")
    assert found.records[0].record == "a:b:v"


def test_what_is_the_same_in_another_order_keeps_its_names():
    first, second = record("a:b", "sum(x)"), record("a:b", "sum(y)")
    version = rules(first, second)
    assert beside(version, rules(second, first), "v") == (version, {})


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (rules(record("rps", "sum(x)"), query="sum by (rps) (rps)"), "rps has no colon"),
        (rules(record("a:b", "sum(z)"), query='{__name__=~"a:.*"}'), r"reads it by the pattern a:\.\*"),
    ],
)
def test_a_name_that_a_text_does_not_tell_apart_is_refused(version, reason):
    with pytest.raises(NotWorkedOutError, match=reason):
        beside(version, BASE, "v")
