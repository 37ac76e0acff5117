"""Numbers that are right and are taken for others: what these rules leave alone."""

import pytest

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.linting import judged

MEAN = "sum(rate(x_seconds_sum[5m])) / sum(rate(x_seconds_count[5m]))"
BUCKETS = "rate({}:time_to_first_token_seconds_bucket[5m])"


def rules(example):
    return {finding.rule for finding in judged(example.corpus)} - {"no-unit", "fixed-window"}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (f"({MEAN}) or vector(0)", {"zero-for-missing"}),
        ("100 * avg(vllm:kv_cache_usage_perc) or vector(0)", {"zero-for-missing"}),
        ("sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) or vector(0)", set()),
        ("sum(up) or vector(0)", set()),
        ('sum(rate(x{result="success"}[5m])) / clamp_min(sum(rate(x[5m])), 1e-9)', {"zero-for-missing"}),
        ('sum(rate(x{result="success"}[5m])) / sum(rate(x[5m]))', set()),
        ('sum(rate(x{result="error"}[5m])) / clamp_min(sum(rate(x[5m])), 1e-9)', set()),
        ('sum(rate(x{result!="hit"}[5m])) / clamp_min(sum(rate(x[5m])), 1e-9)', set()),
        ('sum(rate(x{result="hit"}[5m])) / clamp_max(sum(rate(x[5m])), 1)', set()),
        ("avg(up) or vector(1)", set()),
    ],
)
def test_a_number_of_events_may_be_0_and_a_time_may_not(expr, expected):
    assert rules(on_panel(expr)) == expected


def test_in_an_alert_a_time_of_0_is_below_every_threshold():
    assert rules(as_alert("(histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) or vector(0)) > 1")) == set()


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(rate(vllm:generation_tokens_total[5m])) / sum(rate(vllm:request_success_total[5m]))", {"mean-of-other-requests"}),
        ("sum(rate(vllm:generation_tokens_total[5m])) / sum(rate(vllm:prompt_tokens_total[5m]))", set()),
        ("sum(rate(own_tokens_total[5m])) / sum(rate(own_requests_total[5m]))", set()),
    ],
)  # fmt: skip  # a query in a line
def test_counters_are_divided_wrongly_only_where_there_is_a_histogram(expr, expected):
    assert rules(on_panel(expr)) == expected


@pytest.mark.parametrize(
    ("of", "by", "expected"),
    [
        (("vllm", "sglang"), "le", {"quantile-across-engines"}),
        (("vllm", "sglang"), "le, job", set()),
        (("vllm", "own"), "le", set()),
    ],
)
def test_buckets_are_mixed_only_where_both_are_known_and_nothing_keeps_them_apart(of, by, expected):
    both = " or ".join(BUCKETS.format(each) for each in of)
    assert rules(on_panel(f"histogram_quantile(0.9, sum by ({by}) ({both}))")) == expected


def test_of_one_target_no_engines_are_mixed():
    both = " or ".join(
        BUCKETS.format(each).replace("_bucket", '_bucket{instance="a:8000"}') for each in ("vllm", "sglang")
    )
    assert rules(on_panel(f"histogram_quantile(0.9, sum by (le) ({both}))")) == set()


@pytest.mark.parametrize(
    ("type_", "title", "expected"),
    [
        ("stat", "P90", {"quantile-of-whole-range"}),
        ("stat", "P90 of the selected range", set()),
        ("timeseries", "P90", set()),
    ],
)
def test_a_quantile_of_the_range_is_fine_where_the_title_says_so(type_, title, expected):
    query = "histogram_quantile(0.9, sum by (le) (rate(x_bucket[$__range])))"
    assert rules(on_panel(query, panel={"type": type_, "title": title})) == expected


@pytest.mark.parametrize(
    ("expr", "unit", "expected"),
    [
        ("sum(rate(vllm:prompt_tokens_total[5m])) / sum(rate(vllm:request_success_total[5m]))", "cps", {"wrong-unit", "mean-of-other-requests"}),
        ("sum(rate(vllm:request_success_total[5m]))", "cpm", {"wrong-unit"}),
        ("sum(rate(vllm:request_success_total[5m]))", "reqps", set()),
        ("DCGM_FI_DEV_FB_USED", "decmbytes", {"wrong-unit"}),
        ("DCGM_FI_DEV_FB_USED", "mbytes", set()),
    ],
)  # fmt: skip  # a query in a line
def test_units_by_the_minute_of_each_request_and_of_mebibytes(expr, unit, expected):
    assert rules(on_panel(expr, panel={"unit": unit})) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(rabbitmq_build_info) < 3", {"silent-when-all-are-gone"}),
        ("sum by (job) (app_build_info) < 3", set()),
        ('index_size{name=~".*ccnew.*"}', set()),
        ("index_size", {"no-comparison"}),
    ],
)
def test_info_series_are_counted_by_their_sum_and_a_pattern_asks_whether_there_are_any(expr, expected):
    assert rules(as_alert(expr)) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ('broker_resource_info{ready!="True"}', set()),
        ('kube_pod_info{node=""}', set()),
        ('gateway_subsystem_metadata{any_host="yes"}', set()),
        ('kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}', set()),
        ('count by (version) (app_build_info{version!="1.2"})', set()),
        ('kube_pod_info{node=""} * on (namespace) group_left (label_team) kube_namespace_labels', set()),
        ("kube_pod_info", {"no-comparison"}),
        ('kube_pod_info{job="kube-state-metrics", cluster="a"}', {"no-comparison"}),
        ('kube_pod_status_phase{phase="Failed"}', {"no-comparison"}),
        ('sum by (pod) (kube_pod_status_phase{phase="Failed"})', {"no-comparison"}),
        ('restarts * on (pod) group_left (node) kube_pod_info{node=""}', {"no-comparison"}),
    ],
)
def test_a_label_of_an_info_series_is_a_condition_and_one_of_a_state_is_not(expr, expected):
    assert rules(as_alert(expr)) == expected


@pytest.mark.parametrize(("type_", "expected"), [("bargauge", {"raw-counter"}), ("stat", set())])
def test_bars_of_buckets_without_a_rate_only_climb(type_, expected):
    query = "sum by (le) (vllm:e2e_request_latency_seconds_bucket)"
    assert rules(on_panel(query, panel={"type": type_})) == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum(vllm:prefix_cache_hits_total) / sum(vllm:prefix_cache_queries_total)", {"average-since-start"}),
        ("sum(rate(vllm:prefix_cache_hits_total[5m])) / sum(rate(vllm:prefix_cache_queries_total[5m]))", set()),
        ("sum(own_hits_total) / sum(own_queries_total)", set()),
    ],
)
def test_a_quotient_of_counters_is_one_since_the_start_where_both_are_known(expr, expected):
    assert rules(on_panel(expr)) == expected


@pytest.mark.parametrize(
    ("expr", "reduced", "of_query", "count"),
    [
        ("sum(nv_gpu_power_usage)", "sum", {}, 1),
        ("round(irate(x[2m]), 0.001) * 60", "sum", {}, 1),
        ("sum(x_seconds_count)", "count", {}, 1),
        ("sum(increase(x[$__interval]))", "sum", {}, 0),
        ("sum(foreign_gauge)", "sum", {}, 0),
        ("sum(rate(x[5m]))", "sum", {"instant": True}, 0),
        ("sum(rate(x[5m]))", "mean", {}, 0),
    ],
)
def test_points_are_added_up_only_where_each_is_what_came_since_the_last(expr, reduced, of_query, count):
    panel = on_panel(expr, panel={"type": "stat", "reductions": (reduced,)}, **of_query)
    assert sum(finding.rule == "sum-of-points" for finding in judged(panel.corpus)) == count


def test_a_line_may_have_a_sum_in_its_legend():
    panel = on_panel("rate(x[5m])", panel={"type": "timeseries", "reductions": ("sum",)})
    assert "sum-of-points" not in rules(panel)
