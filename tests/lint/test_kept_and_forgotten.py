"""Alerts on values that do not fall, and on what Prometheus forgets before they ask for it."""

import pytest

from glassbox.lint.examples import as_alert
from glassbox.lint.linting import judged


def messages(rule, expr, for_="5m", text="", **grafana):
    example = as_alert(expr, for_, annotations={"summary": text}, **grafana)
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


@pytest.mark.parametrize(
    "expr",
    [
        "redis_slowlog_length > 10",
        "sum(redis_slowlog_length) by (instance) >= 1",
        "mysql_global_status_max_used_connections / mysql_global_variables_max_connections * 100 > 80",
        "100 * redis_memory_used_peak_bytes / redis_memory_max_bytes > 90",
        "1 < redis_last_slow_execution_duration_seconds",
    ],
)
def test_an_alert_on_the_worst_so_far_is_found(expr):
    assert len(messages("never-falls", expr)) == 1


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("mysql_global_status_max_used_connections > 80", "The highest number since the start"),
        ("redis_memory_used_peak_bytes > 1e9", "内存峰值过高"),
        ("delta(redis_slowlog_length[5m]) > 0", ""),
        ("redis_slowlog_length == 0", ""),
        ("redis_slowlog_length > redis_slowlog_length offset 5m", ""),
        ("redis_memory_max_bytes / redis_memory_used_peak_bytes > 2", ""),
        ("redis_memory_used_bytes > 1e9", ""),
    ],
)
def test_what_falls_or_says_what_it_is_is_right(expr, text):
    assert messages("never-falls", expr, text=text) == []


@pytest.mark.parametrize(
    ("expr", "for_"),
    [
        ("time() - container_last_seen > 300", "1m"),
        ('time() - container_last_seen{name=~"a.*"} > 180', "2m"),
        ("time() - max(timestamp(x)) > 600", ""),
        ("absent(x) or time() - timestamp(x) > 300", "5m"),
        ("timestamp(x) < time() - 3600", ""),
        ("max(timestamp(x > 1) < time() - 3600)", ""),
        ('time() - timestamp({job="a"}) > 600', ""),
    ],
)
def test_an_age_that_no_sample_has_is_found(expr, for_):
    assert len(messages("forgotten-before", expr, for_)) == 1


@pytest.mark.parametrize(
    ("expr", "for_"),
    [
        ("time() - container_last_seen > 60", "0m"),
        ("time() - container_last_seen > 120", "2m"),
        ("time() - timestamp(x offset 1h) > 600", ""),
        ("time() - timestamp(x) > 60 or time() - timestamp(y) > 60", "10m"),
        ("time() - x_timestamp_seconds > 600", ""),
        ("time() - max_over_time(timestamp(x)[1h:]) > 600", ""),
        ("time() - timestamp(x) < 600", ""),
        ("time() - timestamp(last_over_time(x[1h]) offset 1h) > 100", ""),
        ("timestamp(x) > time() - 600", ""),
    ],
)
def test_an_age_that_a_sample_may_have_is_right(expr, for_):
    assert messages("forgotten-before", expr, for_) == []


def test_thresholds_of_grafana_are_left_alone():
    assert messages("forgotten-before", "time() - timestamp(x) > 600", grafana={}) == []
