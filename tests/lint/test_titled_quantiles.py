"""Quantiles that titles of panels name."""

import pytest

from glassbox.lint.examples import on_panel
from glassbox.lint.rules.titled_quantiles import RULES

(NOT_ASKED,) = RULES
P50 = "histogram_quantile(0.5, sum by (le) (rate(a_bucket[5m])))"


def said(title, expr):
    return [defect.message for defect in NOT_ASKED.judge(on_panel(expr, panel={"title": title}).corpus)]


@pytest.mark.parametrize(
    ("title", "expr", "missing"),
    [
        ("Latency P99", P50, "P99"),
        ("Latency p50, p90 and p99.9", P50, "P90 and P99.9"),
        ("95th percentile", "quantile_over_time(0.9, a[5m])", "P95"),
        ("Latency (p999)", "quantile(0.99, a)", "P99.9"),
        ("Latency p99", 'a{quantile="0.9"}', "P99"),
    ],
)
def test_what_no_query_asks_for_is_found(title, expr, missing):
    assert said(title, expr) == [f"The title names {missing}, and no query asks for it."]


@pytest.mark.parametrize(
    ("title", "expr"),
    [
        ("Latency P50", P50),
        ("Latency", P50),
        ("Pod p12 of rack 95", P50),
        ("Latency p50-p99", P50),
        ("Latency p$quantile", P50),
        ("Latency P99", "histogram_quantile($q, sum by (le) (rate(a_bucket[5m])))"),
        ("Latency P99", "latency:p99:5m"),
        ("Latency P99", "rate(a_sum[5m]) / rate(a_count[5m])"),
        ("Latency P99", 'a{quantile=~"0.9|0.99"}'),
        ("Latency P99", "histogram_quantile(scalar(b), sum by (le) (rate(a_bucket[5m])))"),
    ],
)
def test_what_is_asked_for_or_may_be_is_right(title, expr):
    assert said(title, expr) == []
