"""Comparisons that no value satisfies, and those that some value may."""

import pytest

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.linting import judged
from glassbox.lint.result_bounds import Bounds, bounds_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GrafanaThreshold
from glassbox.syntax.parsing import tree_of


def messages(example, rule="never-holds"):
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("vllm:kv_cache_usage_perc > 90", "between 0 and 1, so that > 90 never holds"),
        ("ray_vllm_kv_cache_usage_perc > 90", "between 0 and 1, so that > 90 never holds"),
        ("max by (pod) (vllm:kv_cache_usage_perc) * 100 > 100", "between 0 and 100, so that > 100 never holds"),
        ("90 < avg_over_time(vllm:kv_cache_usage_perc[5m])", "between 0 and 1, so that > 90 never holds"),
        ("1 - vllm:kv_cache_usage_perc < 0", "between 0 and 1, so that < 0 never holds"),
        ("100 * (1 - vllm:kv_cache_usage_perc) >= 101", "between 0 and 100, so that >= 101 never holds"),
        ("DCGM_FI_DEV_GPU_UTIL > 100", "between 0 and 100, so that > 100 never holds"),
        ("DCGM_FI_DEV_GPU_UTIL / 100 == 90", "between 0 and 1, so that == 90 never holds"),
        ("up > 1", "between 0 and 1, so that > 1 never holds"),
        ("up > bool 1", "between 0 and 1, so that > 1 never holds"),
        ("absent(up) > 1", "always 1, so that > 1 never holds"),
        ("absent(up) == 0", "always 1, so that == 0 never holds"),
        ('ALERTS{severity="critical"} >= 2', "always 1, so that >= 2 never holds"),
        ("vllm:gpu_cache_usage_perc > 90", "between 0 and 1, so that > 90 never holds"),
        ("DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_TOTAL > 90", "between 0 and 1, so that > 90 never holds"),
        ("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 90", "between 0 and 1, so that > 90"),
        (
            "sum by (pod) (a_used_bytes) / sum by (pod) (a_total_bytes) > 90",
            "between 0 and 1, so that > 90 never holds",
        ),
        ("avg(nv_gpu_utilization) > 90", "between 0 and 1, so that > 90 never holds"),
        ("rate(x[5m]) < 0", "never below 0, so that < 0 never holds"),
        ("sum by (job) (increase(x[5m])) <= -1", "never below 0, so that <= -1 never holds"),
        (
            "rate(kube_pod_container_status_restarts_total[15m]) * 60 * 5 > 3",
            "between 0 and 2.64444, so that > 3 never holds",
        ),
        ("increase(kube_pod_container_status_restarts_total[1h]) > 30", "so that > 30 never holds"),
        ("-rate(x[5m]) > 0", "never above 0, so that > 0 never holds"),
        ("up == 0 and up == 1", "No value is == 0 and == 1"),
        ("x > 5 and x < 3", "No value is > 5 and < 3"),
        ("x > 5 < 3", "No value is > 5 and < 3"),
        ("x > 5 and y > 1 and x <= 5", "No value is > 5 and <= 5"),
        ('sum(rate(x{a="1"}[5m])) >= 5 and sum(rate(x{a="1"}[5m])) < 5', "No value is >= 5 and < 5"),
        ("(x > 5 and x < 3) or y > 1", "No value is > 5 and < 3"),
    ],
)
def test_what_no_value_satisfies_is_found_once(expr, said):
    (message,) = messages(as_alert(expr))
    assert said in message


def with_threshold(expr, operator, number, ref_id=""):
    return as_alert(expr, grafana={"threshold": GrafanaThreshold(ref_id, operator, number)})


@pytest.mark.parametrize(
    ("expr", "operator", "number", "said"),
    [
        ("up == 0", ">", 0, "leaves what is == 0, of which nothing is > 0, as the condition asks."),
        ("x < 5", ">", 5, "leaves what is < 5"),
        ("5 < x", "<=", 5, "leaves what is > 5"),
        ("vllm:kv_cache_usage_perc > 0.9", ">", 1, "leaves what is > 0.9"),
        ("vllm:kv_cache_usage_perc", ">", 90, "between 0 and 1, so that > 90 never holds"),
        ("up > bool 0", ">", 1, "between 0 and 1, so that > 1 never holds"),
    ],
)
def test_a_threshold_of_grafana_beside_what_the_query_leaves(expr, operator, number, said):
    (message,) = messages(with_threshold(expr, operator, number))
    assert said in message


@pytest.mark.parametrize(
    "example",
    [
        with_threshold("up == 0", "==", 0),
        with_threshold("up == bool 0", ">", 0),
        with_threshold("x > 5", ">", 0),
        with_threshold("x != 0", ">", 0),
        with_threshold("up", "<", 1),
        with_threshold("up == 0", ">", 0, ref_id="B"),
        with_threshold("x < $most", ">", 5),
        as_alert("vllm:kv_cache_usage_perc > 0.99"),
        as_alert("vllm:kv_cache_usage_perc >= 1"),
        as_alert("vllm:kv_cache_usage_perc * 100 > 90"),
        as_alert("sum(vllm:kv_cache_usage_perc) > 90"),
        as_alert("count(vllm:kv_cache_usage_perc) > 90"),
        as_alert("rate(node_cpu_seconds_total[5m]) > 1"),
        as_alert("DCGM_FI_DEV_GPU_UTIL != 101"),
        as_alert("a_used_bytes / a_limit_bytes > 90"),
        as_alert("a_used_bytes / b_total_bytes > 90"),
        as_alert("rate(a_used_total[5m]) / rate(a_total[5m]) > 90"),
        as_alert('a_used_bytes / a_total_bytes{b="c"} > 90'),
        as_alert("max(a_used_bytes) / min(a_total_bytes) > 90"),
        as_alert("sum by (pod) (a_used_bytes) / sum by (node) (a_total_bytes) > 90"),
        as_alert("a_total_bytes / a_used_bytes > 90"),
        as_alert("up == 0"),
        as_alert("sum(up) > 3"),
        as_alert("count(ALERTS) >= 2"),
        as_alert("ALERTS == 1"),
        as_alert("rate(x[5m]) <= 0"),
        as_alert("increase(kube_pod_container_status_restarts_total[15m]) > 5"),
        as_alert("increase(kube_pod_container_status_restarts_total[1m]) > 3"),
        as_alert("sum by (namespace) (increase(kube_pod_container_status_restarts_total[15m])) > 50"),
        on_panel("rate(kube_pod_container_status_restarts_total[$__rate_interval]) > 1"),
        as_alert("deriv(x[5m]) < 0"),
        as_alert("delta(x[5m]) < 0"),
        as_alert("predict_linear(x[1h], 3600) < 0"),
        as_alert("rate(x[5m]) - 1 < 0"),
        as_alert("rate(x[5m]) - rate(y[5m]) < 0"),
        as_alert("absent(up) == 1"),
        as_alert("foreign_ratio > 90"),
        as_alert("up == 0 and on (job) up == 1"),
        as_alert("up == 0 and ignoring (pod) up == 1"),
        as_alert('up{a="1"} == 0 and up{a="2"} == 1'),
        as_alert("up == 0 or up == 1"),
        as_alert("up == 1 unless up == 0"),
        as_alert("x > 3 and x < 5"),
        as_alert("x > 5 and x offset 1h < 3"),
        as_alert("x > 5 and rate(x[5m]) < 3"),
        as_alert("x >= 5 and x <= 5"),
        as_alert("(x > bool 5) < 3"),
        as_alert('{__name__=~"a|b"} > 5 and {__name__=~"a|b"} < 3'),
        as_alert("x > NaN"),
        on_panel("up > $threshold"),
        on_panel("up * $__interval_ms > 1"),
        together(as_record("up", "x"), as_alert("up > 1")),
    ],
    ids=lambda each: each.text,
)
def test_what_some_value_may_satisfy_is_left_alone(example):
    assert messages(example) == []


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (as_alert("vllm:kv_cache_usage_perc < 20"), "between 0 and 1, so that < 20 always holds"),
        (as_alert("avg(vllm:gpu_prefix_cache_hit_rate) < 30"), "between 0 and 1, so that < 30 always holds"),
        (as_alert("-1 < vllm:kv_cache_usage_perc"), "between 0 and 1, so that > -1 always holds"),
        (as_alert("DCGM_FI_DEV_GPU_UTIL <= 100"), "between 0 and 100, so that <= 100 always holds"),
        (as_alert("node_filesystem_avail_bytes / node_filesystem_size_bytes < 10"), "so that < 10 always holds"),
        (as_alert("up >= 0"), "between 0 and 1, so that >= 0 always holds"),
        (as_alert("sum(rate(x[5m])) >= 0"), "never below 0, so that >= 0 always holds"),
        (with_threshold("vllm:kv_cache_usage_perc", "<", 20), "between 0 and 1, so that < 20 always holds"),
    ],
    ids=lambda each: getattr(each, "text", each),
)
def test_an_alert_whose_condition_every_value_satisfies(example, said):
    (message,) = messages(example, "always-holds")
    assert said in message


@pytest.mark.parametrize(
    "example",
    [
        as_alert("vllm:kv_cache_usage_perc < 0.2"),
        as_alert("vllm:kv_cache_usage_perc <= 0.99"),
        as_alert("vllm:kv_cache_usage_perc != 2"),
        as_alert("vllm:kv_cache_usage_perc > bool -1"),
        as_alert("vllm:kv_cache_usage_perc < 20 and rate(x[5m]) > 5"),
        as_alert("absent(up) == 1"),
        as_alert("absent(up) > 0"),
        as_alert("ALERTS == 1"),
        as_alert("rate(x[5m]) > 0"),
        as_alert("deriv(x[5m]) >= 0"),
        as_alert("foreign_ratio < 20"),
        as_alert("up < $most"),
        on_panel("up >= 0"),
        as_record("x", "up >= 0"),
        with_threshold("up", "<", 2, ref_id="B"),
        as_alert("up >= 0", grafana={"compares": True}),
        together(as_record("up", "x"), as_alert("up >= 0")),
    ],
    ids=lambda each: each.text,
)
def test_a_condition_that_some_value_does_not_satisfy_is_left_alone(example):
    assert messages(example, "always-holds") == []


@pytest.mark.parametrize(
    ("query", "bounds"),
    [
        ("up * -2 + 1", Bounds(-1, 1)),
        ("3 - up", Bounds(2, 3)),
        ("up / 0", Bounds()),
        ("up or vector(2)", Bounds()),
        ("up or absent(up)", Bounds(0, 1)),
        ("up and x", Bounds(0, 1)),
        ("stddev(x)", Bounds(low=0)),
        ("x > bool 1", Bounds(0, 1)),
        ("max_over_time(up[5m:1m])", Bounds(0, 1)),
        ("0 * x", Bounds()),
    ],
)
def test_bounds_of_a_result_follow_from_what_it_reads(query, bounds):
    assert bounds_of(tree_of(query), Corpus()) == bounds
