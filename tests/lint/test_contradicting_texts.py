"""Texts of alerts that name a time or a number: what contradicts the alert, and what may be meant."""

import pytest

from glassbox.lint.examples import as_alert, as_record, together
from glassbox.lint.linting import judged

TIME, NUMBER, OPPOSITE = "other-time-in-text", "other-number-in-text", "opposite-in-text"


def said(rule, expr, text, for_="5m"):
    example = as_alert(expr, for_, annotations={"description": text})
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


@pytest.mark.parametrize(
    ("expr", "for_", "text"),
    [
        ("x > 5", "30m", "High for 15m."),
        ("x > 7", "", "High for more than 5 minutes."),
        ("increase(x_total[48h]) > 9", "1m", "Nothing in the last 24 hours"),
        ("rate(x_total[10m]) > 9", "10m", "{{ $value }} over the past 5 min"),
        ("up == 0", "2s", "服务器延时超过 2 分钟"),
        ("rate(x_total[5m]) > 9", "2s", "持续 5 分钟高于 100M"),
        ("rate(x_total[5m]) > 9", "", "Continuously for 5 minutes"),
    ],
)
def test_another_time_is_found(expr, for_, text):
    assert len(said(TIME, expr, text, for_)) == 1


@pytest.mark.parametrize(
    ("expr", "for_", "text"),
    [
        ("x > 5", "15m", "High for 15 minutes, see the log in 5 minutes"),
        ("rate(x_total[5m]) > 5", "10m", "High for 15m"),
        ("time() - x > 3600 * 26", "5m", "Not run for 26 hours"),
        ("x_minutes > 45", "5m", "Open for 45 minutes"),
        ("x offset 1w > 5", "5m", "Higher for the last 7 days"),
        ("new_in_24h > 5", "5m", "New in the last 24 hours"),
        ("x_of_script > 5", "5m", "Counted over the last 6 hours"),
        ("x > 5", "5m", "Wait for 10 minutes, they are kept for 30 days"),
        ("job:x:rate1h > 5", "5m", "Burns for 1 hour"),
        ("x > 5", "5m", "已经持续5分钟"),
        ("rate(x_total[5m]) > 5", "1m", "持续 5 分钟"),
        ("min_over_time(x[5m]) > 5", "", "持续 5 分钟"),
        ("rate(x_total[5m]) > 5 and time() - x > 300", "", "持续 5 分钟"),
        ("rate(x_total[5m]) > 5", "", "High for 5 minutes"),
        ("x > 5", "5m", 'Up for {{ $labels.uptime | printf "for 3m" }}'),
    ],
)
def test_a_time_of_the_rule_is_right(expr, for_, text):
    assert said(TIME, expr, text, for_) == []


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("x / y < 0.15", "Free space < 20%"),
        ("x > 300000000", "Over 150,000,000 are open"),
        ("x < 2", "fewer than 3 are left"),
        ("x < 8", "The threshold (15) is that of old nodes"),
        ("100 * x > 60", "Usage exceeds 90%"),
        ("x * 100 > 15", "内存使用大于95%"),
        ("x * 100 > 50", "Above 60%"),
    ],
)
def test_another_number_is_found(expr, text):
    assert len(said(NUMBER, expr, text)) == 1


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("x / y > 0.85", "More than 85% used, less than 15% free"),
        ("1 - x / y > 0.85", "Below 15% free"),
        ("x_bytes > 7000000000", "Over 70% of the database"),
        ("x_bytes < 536870912", "Below 512MiB"),
        ("x_seconds > 0.5", "Above 500ms"),
        ("burn > 14.4 * 0.001", "Burns above 14.4x"),
        ("x >= 3", "More than 2 restarts"),
        ("x <= 2", "Fewer than 3 are left"),
        ("x > 0", "Keys above 64KB are dropped"),
        ('rate(x_total{code=~"4.."}[5m]) > 5', "Answers >= 400 and < 500"),
        ("time() - x > 1800", "Not seen, over 5 minutes is unusual"),
        ("job:x:rate5m > 5", "Above 10 per second"),
        ("x > on () y", "Above 10"),
        ("x > 5", "超过 2 分钟"),
        ("used / free > 19", "More than 95% are used"),
        ("rate(gc_time_ms[5m]) > 100", "More than 10% of the time"),
    ],
)
def test_a_number_of_the_query_is_right(expr, text):
    assert said(NUMBER, expr, text) == []


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("100 - x * 100 < 60", "Above 60% busy"),
        ("x < 0.9", "Exceeds 90%"),
        ("x >= 3", "Fewer than 3 are left"),
        ("x < 60", "使用率大于 60"),
    ],
)
def test_the_opposite_of_what_is_asked_is_found(expr, text):
    (message,) = said(OPPOSITE, expr, text)
    assert "and it asks for what is " + ("below" if "<" in expr else "above") in message


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("x < 0.1", "Less than 10% is left, more than 90% is used"),
        ("x < 0.9", "Should be above 90%"),
        ("x < 0.9", "Not above 90% any more"),
        ("x < 5 or x > 9", "Above 5"),
        ("x < 5", "The threshold is 5"),
        ("x < 5", "Below 5"),
        ("x == 5", "Above 5"),
    ],
)
def test_what_is_asked_or_wanted_is_not_the_opposite(expr, text):
    assert said(OPPOSITE, expr, text) == []


def test_the_window_of_a_recorded_series_is_in_its_rule():
    text = {"summary": "High for 10m, above 7"}
    example = together(as_record("load", "rate(x_total[10m])"), as_alert("load > 5", annotations=text))
    assert judged(example.corpus, select=(TIME, NUMBER)) == []


def test_rules_of_grafana_are_left_alone():
    example = as_alert("x > 5", "5m", annotations={"summary": "High for 10m, above 7"}, grafana={})
    assert judged(example.corpus, select=(TIME, NUMBER)) == []
