"""The order of rules, how far back they reach, and the states of alerts."""

import pytest

from glassbox.past.alerts_past import AlertsOfRule, alerting_rules_of
from glassbox.past.reach import cut, reaches_seconds
from glassbox.past.rule_order import in_order, rules_of
from glassbox.prometheus.samples import StoredSeries

HOUR = 3600


def rules(*groups):
    """Rules of groups, each given as its records and their queries."""
    return rules_of(
        {"groups": [{"name": str(number), "rules": [{"record": name, "expr": expr} for name, expr in group.items()]}]}
        for number, group in enumerate(groups)
    )


def levels(*groups):
    return [
        sorted((tuple(rule.record for rule in unit.rules), unit.by_moment) for unit in level)
        for level in in_order(rules(*groups), HOUR)
    ]


def test_rules_come_after_those_that_they_read():
    found = levels({"c": "b + raw", "other": "raw"}, {"b": "sum(a)"}, {"a": "rate(raw[5m])"})
    assert found == [[(("a",), False), (("other",), False)], [(("b",), False)], [(("c",), False)]]


def test_a_rule_that_reads_itself_is_worked_out_by_moments():
    assert levels({"a": "raw or last_over_time(a[1h])"}) == [[(("a",), True)]]


def test_what_is_read_from_before_the_piece_orders_nothing():
    assert levels({"a": "avg_over_time(b[7d:30m] offset 1h)"}, {"b": "a + raw"}) == [
        [(("a",), False)],
        [(("b",), False)],
    ]
    assert levels({"a": "b offset 59m"}, {"b": "a + raw"}) == [[(("a", "b"), True)]]


def test_a_rule_that_reads_a_later_one_of_its_group_sees_the_evaluation_before():
    assert levels({"a": "b", "b": "raw"}) == [[(("a", "b"), True)]]


def test_a_query_that_is_not_promql_is_refused():
    with pytest.raises(Exception, match="is not PromQL"):
        levels({"a": "sum("})


def test_the_past_that_a_series_depends_on_is_added_up():
    of = rules({"a": "rate(raw[5m])", "b": "max_over_time(a[1h] offset 10m)", "c": "b or last_over_time(c[2h])"})
    assert reaches_seconds(of) == {"a": 300, "b": 300 + HOUR + 600, "c": 2 * HOUR}
    assert cut(of, HOUR) == {"b": 4500, "c": 2 * HOUR}


def states(found):
    return {
        (each.labels["__name__"], each.labels.get("alertstate")): list(zip(each.times_ms, each.values, strict=True))
        for each in found
    }


def test_an_alert_is_pending_until_it_has_held_for_its_time():
    rule = {"alert": "A", "expr": "x > 1", "for": "20s", "labels": {"severity": "page", "of": "{{ $value }}"}}
    (alert,) = alerting_rules_of([{"groups": [{"name": "g", "interval": "10s", "rules": [rule]}]}])
    assert alert.rule.labels == (("alertname", "A"), ("severity", "page"))
    of_rule = AlertsOfRule(alert)
    labels = {"__name__": "ALERTS", "alertname": "A"}
    first = of_rule.series([StoredSeries(labels, [10_000, 20_000], [2, 2])], range(10_000, 20_001, 10_000))
    assert states(first) == {
        ("ALERTS", "pending"): [(10_000, 1), (20_000, 1)],
        ("ALERTS_FOR_STATE", None): [(10_000, 10), (20_000, 10)],
    }
    then = of_rule.series([StoredSeries(labels, [30_000, 50_000], [2, 2])], range(30_000, 50_001, 10_000))
    assert states(then) == {
        ("ALERTS", "firing"): [(30_000, 1)],
        ("ALERTS", "pending"): [(50_000, 1)],
        ("ALERTS_FOR_STATE", None): [(30_000, 10), (50_000, 50)],
    }
    assert of_rule.series([], range(60_000, 70_001, 10_000)) == []
    again = of_rule.series([StoredSeries(labels, [80_000], [2])], range(80_000, 80_001, 10_000))
    assert ("ALERTS", "pending") in states(again)
