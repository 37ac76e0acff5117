"""Alerts and panels that projects have published, each with what lint must say of it: all of it, and nothing else."""

import pytest

from glassbox.lint.examples import as_alert, on_panel
from glassbox.lint.linting import judged

ALERTS = {
    # vLLM, examples/online_serving/prometheus_grafana/k8s-monitoring/prometheusrule.yaml (commit cf6f12c2).
    "histogram_quantile(0.99, sum by(le,model_name)(rate(vllm:e2e_request_latency_seconds_bucket[5m]))) > 120": set(),
    'increase(vllm:e2e_request_latency_seconds_bucket{le="120"}[5m]) < increase(vllm:e2e_request_latency_seconds_count[5m])': {
        "impossible-match",
        "unknown-bucket",
    },
    "vllm:kv_cache_usage_perc > 0.95": set(),
    "vllm:num_requests_waiting > 50": set(),
    "rate(vllm:num_preemptions[5m]) > 1": {"missing-suffix"},
    'count(up{job="vllm"}==1) < 40': {"silent-when-all-are-gone"},
    # llm-d, docs/monitoring/prometheus-alerting-rules.yaml (commit bdd5e5b4).
    "sum(rate(inference_model_request_error_total[5m]))/sum(rate(inference_model_request_total[5m])) > 0.05": set(),
    'sum(up{job=~".*vllm.*"}) == 0': {"silent-when-all-are-gone"},
    "sum by(pod)(rate(vllm:num_preemptions[5m])) > 1": {"missing-suffix"},
    "avg by(pod,model_name)(vllm:kv_cache_usage_perc) > 0.90": set(),
    'increase(kube_pod_container_status_restarts_total{container=~"vllm|epp|routing-proxy"}[1h]) > 5': set(),
    'sum(kube_pod_status_phase{phase="Pending",namespace=~".*llm.*"}) > 0': set(),
    # Copies in many repositories.
    "increase(DCGM_FI_DEV_XID_ERRORS[5m]) > 0": {"last-code"},
    "DCGM_FI_DEV_XID_ERRORS > 0": {"last-code"},
    "changes(DCGM_FI_DEV_XID_ERRORS[5m]) > 0 and DCGM_FI_DEV_XID_ERRORS > 0": {"last-code"},
    "DCGM_FI_DEV_GPU_TEMP > 85": set(),
    "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE) > 0.9": set(),
}
# vLLM 0.33.0, examples/observability: query, legend, unit and type of a panel.
_LATENCY = "rate(vllm:{0}_sum{1}[$__interval]) / rate(vllm:{0}_count{1}[$__interval])"
PANELS = [
    (_LATENCY.format("e2e_request_latency_seconds", ""), "E2E Latency", "s", "timeseries", {"interval-window", "lines-alike"}),
    ("rate(vllm:iteration_tokens_total_count[$__interval])", "Overall Iteration TPS", "", "timeseries", {
        "count-of-observations", "interval-window", "lines-alike", "no-unit",
    }),
    ("histogram_quantile(0.99, sum by(le, model_name) (rate(vllm:e2e_request_latency_seconds_bucket[$__rate_interval])))", "", "ms", "stat", {"wrong-unit"}),
    ("histogram_quantile(0.90, sum by(le, model_name) (rate(vllm:request_prompt_tokens_bucket[$__rate_interval])))", "", "cps", "stat", {"wrong-unit"}),
    ("sum by (le, model_name) (rate(vllm:request_prompt_tokens_bucket[$__rate_interval]))", "{{model_name}} le={{le}}", "cps", "histogram", {"histogram-of-buckets"}),
    ("rate(vllm:request_queue_time_seconds_sum[$__rate_interval])", "", "", "timeseries", {"no-unit", "sum-without-count"}),
    ("histogram_quantile(0.99, sum by(le) (rate(vllm:time_to_first_token_seconds_bucket[$__rate_interval])))", "P99", "s", "timeseries", set()),
    ("vllm:kv_cache_usage_perc", "{{instance}}", "percentunit", "timeseries", set()),
    ("sum by(le) (increase(vllm:request_prompt_tokens_bucket[$__rate_interval]))", "{{le}}", "none", "heatmap", set()),
]  # fmt: skip  # a panel is one line


def rules(example):
    return {finding.rule for finding in judged(example.corpus)}


@pytest.mark.parametrize("expr", ALERTS)
def test_what_is_wrong_with_an_alert_is_found_and_nothing_else(expr):
    assert rules(as_alert(expr)) == ALERTS[expr]


@pytest.mark.parametrize(("expr", "legend", "unit", "type_", "expected"), PANELS)
def test_what_is_wrong_with_a_panel_is_found_and_nothing_else(*, expr, legend, unit, type_, expected):
    assert rules(on_panel(expr, legend, panel={"unit": unit, "type": type_})) == expected
