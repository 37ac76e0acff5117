"""Rules about alerts and numbers: more that they find, and what they leave alone."""

import pytest

from glassbox.lint.examples import as_alert, as_record, on_panel, together
from glassbox.lint.linting import judged


def messages(rule, example):
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


LEFT_ALONE = [
    ("held-divisor", on_panel("rate(a_total[5m]) / (rate(b_total[5m]) + 1e-9)")),
    ("held-divisor", on_panel("sum(a) / (sum(b) + 1)")),
    ("increase-per-second", on_panel("increase(x_total[5m]) / 300", panel={"unit": "ops"})),
    ("increase-per-second", on_panel("increase(x_total[1m])", panel={"unit": "opm"})),
    ("moment-as-duration", on_panel("node_boot_time_seconds * 1000", panel={"unit": "dateTimeAsIso"})),
    ("moment-as-duration", on_panel("node_time_seconds - node_boot_time_seconds", panel={"unit": "s"})),
    ("no-comparison", as_alert("x > 1 or absent(x)")),
    ("no-comparison", as_alert("x > 1 or y unless z or (a and b)")),
    ("no-comparison", as_alert("(x or y) > 1")),
    ("used-by-free", as_alert("DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_FREE > 19")),
    ("share-of-a-pool", on_panel('jvm_memory_used_bytes{id="G1 Old Gen"} / jvm_memory_max_bytes')),
    ("share-of-a-pool", on_panel("jvm_memory_used_bytes / jvm_memory_max_bytes", "{{ id }}")),
    ("share-of-a-pool", on_panel("sum(jvm_memory_used_bytes) / sum(jvm_memory_max_bytes)")),
    ("dropped-label", on_panel("node_filesystem_free_bytes", "{{mountpoint}} {{device}}")),
    ("dropped-label", on_panel("rate(node_disk_reads_completed_total[5m])", "{{device}}")),
    ("dropped-label", together(as_record("node_load1", "sum by (device) (x)"), on_panel("node_load1", "{{device}}"))),
    # A program's own metric, beside which redis_exporter has redis_memory_used_bytes.
    ("unknown-metric", as_alert("redis_memory_usage_bytes > 1e9")),
    ("unknown-metric", on_panel("llamacpp:requests:rate5m")),
    (
        "impossible-match",
        as_alert("sum by (instance, job) (pg_stat_activity_count) / pg_settings_max_connections > 0.8"),
    ),
    ("impossible-match", as_alert("pg_stat_activity_count > ignoring (datname) pg_settings_max_connections")),
    ("impossible-match", as_alert("pg_stat_database_blks_hit / pg_stat_database_blks_read > 1")),
    (
        "limit-of-zero",
        as_alert(
            "redis_memory_used_bytes / redis_memory_max_bytes > 0.8",
            annotations={"description": "Redis uses more than 80% of its 4 GB limit."},
        ),
    ),
    (
        "limit-of-zero",
        as_alert('container_memory_usage_bytes{container="api"} / container_spec_memory_limit_bytes > 0.8'),
    ),
    ("held-divisor", on_panel("sum(rate(a[5m])) / clamp_min(sum(rate(b[5m])), 0.001)")),
    ("held-divisor", on_panel("sum(increase(a[5m])) / clamp_min(sum(increase(b[5m])), 1)")),
    ("held-divisor", on_panel("used / clamp_min(limit, 1)")),
    ("held-divisor", on_panel("sum(rate(a_bytes_total[5m])) / clamp_min(sum(rate(b_bytes_total[5m])), 1)")),
    ("held-divisor", on_panel("clamp_min(sum(rate(b[5m])), 1)")),
    ("held-divisor", as_alert("sum(rate(a[5m])) / clamp_min(sum(rate(b[5m])), 1) > 0.1")),
    ("impossible-match", on_panel("x / on () group_left () sum(y)")),
    ("impossible-match", on_panel("sum by (a) (x) / on ($label) sum by (b) (y)")),
    ("impossible-match", on_panel('x{a="1"} or y{a="2"}')),
    ("impossible-match", on_panel('x{a="$a"} / x{a="$b"}')),
    ("impossible-match", on_panel('x{a="1"} / ignoring (a) x{a="2"}')),
    ("impossible-match", on_panel("sum by (a, b) (x) * on (a) group_left () sum by (a) (y)")),
    ("impossible-match", on_panel('x and on (asked) label_replace(vector(1), "asked", "$1", "", "(.*)")')),
    ("impossible-match", on_panel("2 * sum(x) > 1")),
    ("impossible-match", on_panel("sum(x) / on (instance) y")),
    ("impossible-match", on_panel("sum by (instance) (x) / on (instance) node_load1")),
    ("impossible-match", on_panel("sum(x) / on (cluster) node_load1")),
    ("impossible-match", on_panel("sum(x) and on () node_load1 > 1")),
    ("impossible-match", together(as_record("node_load1", "vector(1)"), on_panel("sum(x) / on (instance) node_load1"))),
    ("impossible-match", as_alert('absent(up{job="a"}) and on () sum(x) > 0')),
    ("impossible-match", as_alert("container_memory_usage_bytes / on (pod) kube_pod_container_resource_limits > 0.9")),
    ("impossible-match", on_panel("container_memory_usage_bytes / container_spec_memory_limit_bytes")),
    ("impossible-match", on_panel("kube_pod_info * kube_pod_labels")),
    ("impossible-match", as_alert('replicas == 0 and on (instance) redis_instance_info{role="master"} == 1')),
    ("impossible-match", as_alert('replicas{role="master"} == 0 and redis_instance_info{role="master"} == 1')),
    ("impossible-match", as_alert('replicas == 0 and redis_instance_info{namespace="a"} == 1')),
    ("impossible-match", as_alert('a_info == 1 and b_info{role="master"} == 1')),
    ("aggregate-with-series", as_alert("sum by (team) (cost) > on (team) budget")),
    ("aggregate-with-series", as_alert("sum(cost) > scalar(budget)")),
    ("aggregate-with-series", as_alert("sum by (instance, job) (cost) > budget")),
    ("aggregate-with-series", as_alert("sum(cost) > team:budget")),
    ("aggregate-with-series", as_alert("sum(cost) > vector(1) or budget")),
    ("aggregate-with-series", together(as_record("budget", "vector(100)"), as_alert("sum(cost) > budget"))),
    ("aggregate-with-series", on_panel("sum(cost) / $budget")),
    ("empty-selector", on_panel('x{a!="", a="$a"}')),
    ("empty-selector", on_panel('x{a!~".+"}')),
    ("empty-selector", on_panel('x{a="1", a=~"1|2"}')),
    (
        "lost-label",
        together(as_record("a:x:sum", "sum by (a) (x)", {"b": "1"}), on_panel('a:x:sum{a="1", b="1", cluster="c"}')),
    ),
    ("absent-with-itself", as_alert("absent(x{a='1'}) and on () x > 1")),
    ("absent-with-itself", as_alert("absent(x) and on () max_over_time(x[1h]) > 1")),
    ("absent-with-itself", as_alert("absent(x) and on () x offset 1h > 1")),
    ("absent-with-itself", as_alert("x > 1 unless absent(x)")),
    ("no-comparison", as_alert("absent(up)")),
    ("no-comparison", as_alert("vector(1)")),
    ("no-comparison", as_alert("x unless y")),
    ("no-comparison", as_alert("job:slo_burning:bool")),
    ("no-comparison", as_alert('ALERTS{alertstate="firing"}')),
    ("no-comparison", as_alert("count(x > 1)")),
    ("count-never-zero", as_alert("count(x) < 2")),
    ("count-never-zero", as_alert("count(x > 1) < 1 or absent(x)")),
    ("count-never-zero", as_alert("x > 1 unless on () (count(y) == 0)")),
    ("silent-when-all-are-gone", as_alert("count by (job) (up == 1) < 2")),
    ("silent-when-all-are-gone", as_alert("count(up) < 2")),
    ("silent-when-all-are-gone", together(as_alert('sum(up{job="a"}) == 0'), as_alert('absent(up{job="a"})'))),
    ("silent-when-all-are-gone", together(as_alert("sum(rate(x[5m])) == 0"), as_alert("up == 0", name="Down"))),
    ("silent-when-all-are-gone", together(as_alert("sum(rate(x[5m])) == 0"), as_alert("absent(x)", name="Gone"))),
    ("silent-when-all-are-gone", as_alert("sum by (job) (rate(x[5m])) == 0")),
    ("silent-when-all-are-gone", as_alert("sum(rate(x[5m])) < 1")),
    ("silent-when-all-are-gone", as_alert("sum(rate(x[5m])) == 0 and sum(rate(y[5m])) > 0")),
    ("rate-of-gauge", as_alert("increase(container_start_time_seconds[15m]) > 0")),
    ("rate-of-gauge", on_panel("rate(node_time_seconds[5m])")),
    ("value-in-label", as_alert("x > 1", labels={"severity": "{{ $labels.severity }}"})),
    ("absent-too-soon", as_alert("absent_over_time(up[10m])", for_="")),
    ("absent-too-soon", as_alert("x > 1 unless absent(y)", for_="")),
    ("counted-twice", on_panel('sum by (pod) (container_memory_rss{image!=""})')),
    ("counted-twice", on_panel("sum by (pod, container) (container_memory_rss)")),
    ("counted-twice", on_panel("sum by (name) (container_memory_rss)")),
    ("counted-twice", on_panel("sum by ($by) (container_memory_rss{pod='a'})")),
    ("counted-twice", on_panel("max by (pod) (container_memory_rss)")),
    ("counted-twice", on_panel("sum by (pod) (rate(container_network_receive_bytes_total[5m]))")),
    ("counted-twice", on_panel("sum by (job) (container_memory_rss)")),
    ("counted-twice", as_alert('container_memory_rss{pod="a"} > 1e9')),
    ("counted-twice", as_alert('rate(container_cpu_usage_seconds_total{id="/"}[5m]) > 8')),
    ("no-data-fires", as_alert("up == bool 0", grafana={"no_data": "Alerting"})),
    ("no-data-fires", as_alert("up", grafana={"no_data": "Alerting"})),
    ("no-data-fires", as_alert("up == 0")),
    ("fragile-topk", as_alert("sum(topk(3, x)) > 1")),
    ("fragile-topk", as_alert("topk by (pod) (1, x) > 1")),
    ("fragile-topk", as_alert("x > 1 and on (pod) topk(3, y)")),
    ("bool-needed", on_panel("avg(x > 0)")),
    ("bool-needed", on_panel("x * on (pod) group_left () avg by (pod) (phase == 1)")),
    ("bool-needed", on_panel("max by (pod) (phase == 1)")),
    ("bool-needed", on_panel("sum(x == 1)")),
    ("bool-needed", on_panel("count(up == 0)")),
    ("bool-needed", on_panel("count(up == 0) / count(up)")),
    ("bool-needed", as_alert("100 * count by (job) (up == 1) / count by (job) (up) > 10")),
    ("bool-needed", as_alert("sum by (job) (reload_successful == 0)")),
    ("bool-needed", on_panel('x or on () label_replace(sum(replica == 0), "a", "b", "", "")')),
    ("bool-needed", on_panel("count(up == 1) / count(x)")),
    ("bool-needed", on_panel("count by (job) (up == 1) / count by (pod) (up)")),
    ("bool-needed", on_panel("sum(up == bool 0)")),
    ("bool-needed", on_panel("errors > bool 5", panel={"named_values": frozenset("01")})),
    ("bool-needed", on_panel("probe_success < 1", panel={"named_values": frozenset("01")})),
    ("bool-needed", on_panel("errors > 5", panel={"named_values": frozenset("012")})),
    ("bool-needed", on_panel("errors < 5", panel={"named_values": frozenset("01")})),
    ("bool-needed", on_panel("errors", panel={"named_values": frozenset("01")})),
    ("bool-needed", on_panel("avg by (name, condition) (certificate_ready == 1)", format="table")),
    ("average-since-start", on_panel("x_seconds_sum / x_seconds_count", "{{model}} - Overall Avg")),
    (
        "average-since-start",
        on_panel("x_seconds_sum / x_seconds_count", panel={"title": "Mean since the last restart"}),
    ),
    ("average-since-start", on_panel("x_hits_total / (y_total + x_misses_total)")),
    ("average-since-start", on_panel("x_hits_total / (x_hits_total + x_errors_total)")),
    ("average-since-start", on_panel("sum(rate(x_duration_seconds_sum[5m])) / sum(rate(x_requests_total[5m]))")),
    ("average-since-start", on_panel("x_bytes_sum / x_objects_total")),
    (
        "last-code",
        as_alert(
            'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1 and on (pod) increase(kube_pod_container_status_restarts_total[10m]) > 0'
        ),
    ),
    ("raw-counter", on_panel("sum(vllm:prompt_tokens_total)", panel={"title": "Cumulative tokens"})),
    ("raw-counter", on_panel("sum(vllm:prompt_tokens_total)", panel={"title": "Total Token Count"})),
    ("raw-counter", on_panel("sum(vllm:prompt_tokens_total)", hidden=True)),
    ("average-of-quantiles", on_panel("max(histogram_quantile(0.9, rate(x_bucket[5m])))")),
    ("average-of-quantiles", on_panel("sum by (instance, app, quantile) (latency_seconds)")),
    ("average-of-quantiles", on_panel("sum without (quantile) (latency_seconds)")),
    ("average-of-averages", on_panel("avg(rate(x_sum[5m]) / rate(y_count[5m]))")),
    ("average-of-averages", on_panel("avg by (host) (avg without (job) (avg_over_time(x[5m])))")),
    ("average-of-averages", on_panel("avg by (job) (avg by (job, instance) (node_load1))")),
    (
        "average-of-averages",
        on_panel("avg(avg by (instance) (node_memory_MemFree_bytes / node_memory_MemTotal_bytes))"),
    ),
    ("average-of-averages", on_panel("avg(avg by (instance) (tgi_queue_size))")),
    ("average-of-averages", on_panel("avg by (job) (avg without (cpu) (node_load1))")),
    ("average-of-averages", on_panel("avg by (job) (avg(x))")),
    (
        "average-of-averages",
        on_panel("avg without (instance, disk) (rate(x_sum{disk='$disk'}[5m]) / rate(x_count{disk='$disk'}[5m]))"),
    ),
    ("average-of-averages", on_panel("sum(rate(x_sum[5m]) / rate(x_count[5m]) > bool 1)")),
    ("average-of-averages", on_panel("sum(rate(x_sum[5m]) / rate(x_count[5m]) * rate(x_count[5m]))")),
    ("average-of-averages", on_panel("avg by (a, b) (avg by (a) (x))")),
    ("average-of-averages", on_panel("avg(avg by ($by) (x))")),
    ("nan-in-sum", as_record("a:x:sum", "sum(x / (rate(y[5m]) > 0))")),
    ("nan-in-sum", as_record("a:x:sum", "sum(x / node_memory_MemTotal_bytes)")),
    ("quantile-since-start", on_panel("histogram_quantile(0.9, sum by (le) (a:x_bucket:rate5m))")),
    ("quantile-since-start", on_panel("histogram_quantile(0.9, increase(x_bucket[$__range]))")),
    ("used-by-free", on_panel("pool_used_bytes / pool_size_bytes")),
    ("used-by-free", on_panel("pool_used_bytes / heap_free_bytes")),
    ("divided-by-itself", on_panel('rate(x{code="500"}[5m]) / rate(x{code!="500"}[5m])')),
    ("divided-by-itself", on_panel('rate(x{code="500"}[5m]) / rate(x[1h])')),
    ("divided-by-itself", on_panel('rate(x{code="500"}[5m]) / rate(y[5m])')),
    ("divided-by-itself", on_panel('x{code="500"} / ignoring (code) group_left sum without (code) (x)')),
    ("divided-by-itself", on_panel('sum by (job) (x{code="500"}) / sum by (job) (x)')),
    ("divided-by-itself", on_panel('sum without (code) (x{code="500"}) / sum without (code) (x)')),
    ("divided-by-itself", on_panel('sum by ($by) (x{code="500"}) / sum by ($by) (x)')),
    ("divided-by-itself", on_panel('{code="500"} / {job="a"}')),
    ("divided-by-itself", on_panel('x{code="500"} - x')),
    ("divided-by-itself", on_panel("x / x")),
    (
        "limit-of-zero",
        as_alert('container_memory_usage_bytes / container_spec_memory_limit_bytes{container="db"} > 0.9'),
    ),
    ("limit-of-zero", as_alert("container_memory_usage_bytes / container_spec_memory_limit_bytes < 0.1")),
    (
        "limit-of-zero",
        as_alert(
            "container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.9 and container_spec_memory_limit_bytes > 0"
        ),
    ),
    ("limit-of-zero", as_alert("container_memory_usage_bytes / own_limit_bytes > 0.9")),
    ("limit-of-zero", as_alert("redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.9")),
    (
        "limit-of-zero",
        as_record("a:used:ratio", "container_memory_usage_bytes / (container_spec_memory_limit_bytes > 0)"),
    ),
    ("limit-of-zero", on_panel("container_memory_usage_bytes / container_spec_memory_limit_bytes")),
    ("change-of-info", on_panel("changes(restarts[5m])")),
    ("short-window", on_panel("rate(x[2m])")),
    ("short-window", on_panel("rate(x[$window])")),
    ("short-window", on_panel("max_over_time(x[30s])")),
    ("short-window", on_panel("rate(sum(x)[30s:5s])")),
    ("interval-window", on_panel("rate(x[$__interval])", step_seconds=60)),
    ("interval-window", on_panel("rate(x[$__interval])", step_is_chosen=True)),
    ("interval-window", on_panel("max_over_time(x[$__interval])")),
    ("fixed-window", on_panel("a:x:rate5m or rate(x[5m])")),
    ("fixed-window", on_panel("rate(x[1h])")),
    ("fixed-window", on_panel("rate(x[5m])", panel={"type": "stat"})),
    ("rate-of-aggregate", on_panel("max_over_time(sum(rate(x[5m]))[1h:])")),
    (
        "rate-of-aggregate",
        together(as_record("a:x:copy", 'label_replace(x, "a", "b", "", "")'), on_panel("rate(a:x:copy[5m])")),
    ),
]


@pytest.mark.parametrize(("rule", "example"), LEFT_ALONE, ids=lambda each: each if isinstance(each, str) else each.text)
def test_what_may_be_meant_is_left_alone(rule, example):
    assert messages(rule, example) == []


FOUND = [
    (
        "impossible-match",
        as_alert("pg_stat_database_numbackends / pg_settings_max_connections > 0.8"),
        "a database's has datname, which a server's settings cannot have",
    ),
    (
        "limit-of-zero",
        as_alert("redis_memory_used_bytes / redis_memory_max_bytes > 0.8", grafana={}),
        "always fires for a Redis without a limit",
    ),
    ("held-divisor", as_alert("rate(a[5m]) / clamp_min(rate(b[5m]), 1) < 0.5"), "b is taken for one per second"),
    (
        "held-divisor",
        as_record("a:b:ratio", "rate(a[5m]) / clamp_min(rate(b[5m]), 1)"),
        "b is taken for one per second",
    ),
    (
        "held-divisor",
        on_panel("100 * sum(rate(a[5m])) / sum(clamp_min(rate(b[5m]) + rate(c[5m]), 1))"),
        "b is taken for one per second",
    ),
    (
        "held-divisor",
        on_panel("rate(a_seconds_total[5m]) / (rate(b_total[5m]) + 1)"),
        "b_total is taken for one per second or more",
    ),
    (
        "increase-per-second",
        on_panel("topk(3, sum by (a) (increase(x_total[5m])))", panel={"unit": "reqps"}),
        "The panel shows an increase as 'reqps'.",
    ),
    (
        "moment-as-duration",
        on_panel("max(node_boot_time_seconds)", panel={"unit": "dtdurations"}),
        "Seconds since 1970 are shown as the duration 'dtdurations'.",
    ),
    ("impossible-match", on_panel("sum by (a) (x) / sum by (b) (y)"), "one has a, which the other cannot have"),
    ("impossible-match", on_panel('x{a="1"} + x{a="2"}'), "a is '1' on one and another value on the other"),
    ("impossible-match", on_panel('sum(x) unless y{a="1"}'), "nothing is taken away"),
    ("impossible-match", as_alert('absent(up{job="a"}) and sum(x) > 0'), "one has job, which the other cannot have"),
    (
        "impossible-match",
        as_alert('container_memory_usage_bytes{pod="a"} / kube_pod_container_resource_limits{pod="a"} * 100 > 90'),
        "cAdvisor's has id, which kube-state-metrics' cannot have",
    ),
    (
        "impossible-match",
        as_alert('redis_connected_slaves == 0 and redis_instance_info{role="master"} == 1'),
        "redis_instance_info has role, which redis_connected_slaves lacks",
    ),
    ("impossible-match", on_panel("rate(vllm:prompt_tokens_total[5m]) / sum(x)"), "one has instance, job, which"),
    (
        "impossible-match",
        on_panel("sum(x) / on (instance) node_load1"),
        "one has instance, which the other cannot have",
    ),
    (
        "impossible-match",
        as_alert("(count(sum by (kernel) (x)) > 1) * on (instance) group_left (nodename) node_uname_info"),
        "one has instance, which the other cannot have",
    ),
    ("impossible-match", on_panel("sum by (node) (x) and on (job) kube_node_info"), "one has job, which the other"),
    (
        "aggregate-with-series",
        as_alert("replication_factor > 1 and sum by (job) (rate(errors_total[5m])) > 1"),
        "replication_factor has the label instance, which the other side of 'and' lacks.",
    ),
    ("aggregate-with-series", as_alert("sum by (team) (cost) / budget * 100 > 95"), "budget has the label instance"),
    ("empty-selector", on_panel('x{a="1", a!="1"}'), "a cannot be '1' and match !='1'"),
    ("empty-selector", on_panel('x{a="1", a="2"}'), "a cannot be '1' and match ='2'"),
    ("no-comparison", as_alert("x > bool 1"), "fires as long as its query has a result"),
    (
        "no-comparison",
        as_alert("sum(rate(a[5m])) / sum(rate(b[5m])) or sum(rate(c[5m])) > 0.1", name="Slow"),
        "Slow fires as long as there is a, whatever its value: comparisons bind more strongly than `or`",
    ),
    ("no-comparison", as_alert("x > 1 or y"), "as long as there is y"),
    (
        "average-since-start",
        on_panel("pg_stat_database_blks_hit / (pg_stat_database_blks_hit + pg_stat_database_blks_read + 1)"),
        "pg_stat_database_blks_hit and pg_stat_database_blks_read count everything",
    ),
    (
        "share-of-a-pool",
        as_alert("100 * jvm_memory_used_bytes / jvm_memory_max_bytes > 90"),
        "Each memory pool is judged by itself.",
    ),
    (
        "rate-in-text",
        as_alert(
            "sum(rate(x_total[5m])) < 0.5 * sum(rate(x_total[5m] offset 1d))",
            annotations={"summary": "Fell by {{ $value | humanizePercentage }}"},
        ),
        "x_total per second, and the annotation 'summary' takes them for a share",
    ),
    (
        "wrong-unit-in-text",
        as_alert("vllm:num_requests_waiting > 9", annotations={"summary": "{{ $value }}% wait"}),
        "The values are requests, and in the annotation 'summary' the text takes them for percent.",
    ),
    (
        "wrong-unit-in-name",
        as_record("gpu_memory_total_bytes", "DCGM_FI_DEV_FB_TOTAL"),
        "The values of gpu_memory_total_bytes are MiB, not bytes.",
    ),
    (
        "wrong-unit-in-name",
        as_record("gpu_memory_used_bytes", "DCGM_FI_DEV_MEM_COPY_UTIL"),
        "The values of gpu_memory_used_bytes are percent of 0 to 100, not bytes.",
    ),
    (
        "dropped-label",
        as_alert("node_netstat_Tcp_CurrEstab > 1000", annotations={"summary": "{{ $labels.mountpoint }}"}),
        "prints the label 'mountpoint', which no result has",
    ),
    ("dropped-label", on_panel("node_memory_MemFree_bytes", "{{device}}"), "its series have none."),
    (
        "dropped-label",
        as_alert("probe_success == 0", annotations={"summary": "{{ $labels.probe_http_status_code }}"}),
        "prints 'probe_http_status_code' as a label, and it is the name of a series.",
    ),
    ("count-never-zero", as_alert("count by (a) (x) < 1"), "< 1 never holds"),
    ("silent-when-all-are-gone", as_alert('sum(up{job="a"}) == 0'), "the sum of up is nothing rather than 0"),
    (
        "silent-when-all-are-gone",
        as_alert("sum(rate(x[5m])) <= 0"),
        "the sum of the rates of x is nothing rather than 0",
    ),
    ("rate-of-gauge", as_record("a:starts:1h", "increase(container_start_time_seconds[1h])"), "which is a gauge"),
    ("absent-too-soon", as_alert("absent(x) == 1 or y > 1", for_="30s"), "waits 30s only"),
    ("fragile-topk", as_alert("bottomk(3, x) * 2 > 1"), "bottomk chooses other series"),
    ("bool-needed", on_panel("avg(up == 1)"), "avg of what equals a number"),
    (
        "counted-twice",
        on_panel('sum(container_memory_working_set_bytes{namespace="a"}) / 1024'),
        "container_memory_working_set_bytes of a pod is added to that of its containers.",
    ),
    (
        "counted-twice",
        as_alert("(rate(container_cpu_usage_seconds_total[5m]) * 100) > 80", name="Busy"),
        "Busy also judges pods and the whole host.",
    ),
    ("bool-needed", as_alert("sum by (job) (reload_successful == 0) > 0"), "A sum of what equals 0 is always 0."),
    (
        "bool-needed",
        on_panel("errors > 14.4 * 0.001", panel={"named_values": frozenset("01")}),
        "a text for 0 and for 1, and the comparison keeps the values",
    ),
    ("bool-needed", as_record("a:down:count", "sum by (job) (up == 0)"), "A sum of what equals 0 is always 0."),
    ("bool-needed", on_panel('count(up{job="a"} == 1) / count(up{job="a"})'), "the share is nothing rather than 0"),
    ("average-since-start", on_panel("x_seconds_sum / x_seconds_count", "Overall"), "since the server started"),
    (
        "average-since-start",
        on_panel("sum(x_duration_seconds_sum) / sum(x_requests_total)"),
        "since the server started",
    ),
    (
        "average-since-start",
        on_panel("cache_hits_total / (cache_hits_total + cache_misses_total)"),
        "cache_hits_total and cache_misses_total count everything",
    ),
    (
        "average-since-start",
        on_panel(
            "sum(vllm:prefix_cache_hits_total) / sum(vllm:prefix_cache_queries_total + vllm:prefix_cache_hits_total)"
        ),
        "since the server started",
    ),
    (
        "last-code",
        as_alert('kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1'),
        "keeps the last reason",
    ),
    (
        "last-code",
        as_alert('kube_pod_container_status_last_terminated_reason{reason="Error"}'),
        "keeps the last reason",
    ),
    ("raw-counter", on_panel("sum(vllm:prompt_tokens_total)", panel={"title": "Total tokens"}), "only climbs"),
    ("bool-needed", as_alert("1 - avg by (pod) (rate(x[5m]) > 0) < 0"), "leaves out the series"),
    (
        "used-by-free",
        on_panel("avg(pool_used_bytes) / avg(pool_free_bytes)"),
        "pool_used_bytes is divided by pool_free",
    ),
    (
        "divided-by-itself",
        as_alert('rate(x{job="a", code=~"5.."}[5m]) / rate(x{job="a"}[5m]) > 0.05'),
        "Both sides have code, so that each series of x is divided by itself, which is always 1.",
    ),
    (
        "divided-by-itself",
        on_panel('100 * sum by (job, code) (rate(x{code="500"}[5m])) / sum by (job, code) (rate(x[5m]))'),
        "Both sides have code",
    ),
    ("divided-by-itself", on_panel('sum without (pod) (x{state="failed"}) / sum without (pod) (x)'), "have state"),
    (
        "limit-of-zero",
        as_alert(
            '100 * (container_memory_usage_bytes / container_spec_memory_limit_bytes{name!=""}) > 90', name="Full"
        ),
        "Full always fires for containers without",
    ),
    (
        "limit-of-zero",
        as_alert("redis_memory_used_bytes / redis_memory_max_bytes > 0.9", name="Full"),
        "for a Redis without",
    ),
    (
        "limit-of-zero",
        as_alert("prometheus_tsdb_storage_blocks_bytes / prometheus_tsdb_retention_limit_bytes > 0.9", name="Full"),
        "Full always fires for a Prometheus without a limit.",
    ),
    (
        "limit-of-zero",
        as_record("a:used:ratio", "container_memory_usage_bytes / container_spec_memory_limit_bytes * 100"),
        "a:used:ratio is infinite for containers without a limit.",
    ),
    ("average-of-quantiles", on_panel('avg(x{quantile="0.9"})'), "avg of quantiles"),
    ("average-of-quantiles", on_panel("avg by (quantile) (go_gc_duration_seconds)"), "avg of quantiles"),
    (
        "average-of-quantiles",
        together(as_record("a:x:p90", "histogram_quantile(0.9, rate(x_bucket[5m]))"), on_panel("avg(a:x:p90)")),
        "avg of quantiles",
    ),
    ("average-of-averages", on_panel("avg(avg by (a) (x))"), "avg of averages"),
    ("average-of-averages", on_panel("sum((rate(x_sum[5m]) / rate(x_count[5m])) > 0)"), "sum of means"),
    ("average-of-averages", on_panel("avg(round(1000 * rate(x_sum[5m]) / rate(x_count[5m])))"), "avg of means"),
    ("average-of-averages", on_panel("avg(0 < rate(x_sum[5m]) / rate(x_count[5m]) and up)"), "avg of means"),
    ("average-of-averages", on_panel("avg without (instance) (rate(x_sum[5m]) / rate(x_count[5m]))"), "avg of means"),
    (
        "average-of-averages",
        on_panel("avg without (disk) (rate(x_sum{cluster='$c'}[5m]) / rate(x_count{cluster='$c'}[5m]))"),
        "avg of means",
    ),
    ("average-of-averages", on_panel("avg(avg by (instance) (rate(node_cpu_seconds_total[5m])))"), "avg of averages"),
    ("average-of-averages", on_panel("avg(avg by (instance) (vllm:num_requests_running))"), "avg of averages"),
    ("average-of-averages", on_panel("avg(avg by (instance) (node_load1 or x))"), "avg of averages"),
    ("average-of-averages", on_panel("avg(avg without (cpu) (x))"), "avg of averages"),
    ("average-of-averages", on_panel("avg(avg by (a, instance) (x))"), "avg of averages"),
    ("nan-in-sum", as_record("a:x:sum", "avg(x / sum by (a) (rate(y[5m])))"), "The avg is not a number"),
    ("change-of-info", as_alert("rate(a_info[5m]) > 0"), "rate of a_info is always 0"),
    (
        "short-window",
        as_alert("changes(x[1m]) > 0"),
        "changes over 1m is below four scrape intervals of 30s, which is assumed",
    ),
    ("rate-of-aggregate", on_panel("rate(job:x:rate5m[5m])"), "which records a rate, as its name says"),
    (
        "rate-of-aggregate",
        together(as_record("a:x:sum", "sum by (a) (x)"), on_panel("increase(a:x:sum[1h])")),
        "which records the sum of counters",
    ),
]


@pytest.mark.parametrize(("rule", "example", "said"), FOUND, ids=lambda each: each if isinstance(each, str) else "")
def test_what_cannot_be_meant_is_found(rule, example, said):
    (message,) = messages(rule, example)
    assert said in message


@pytest.mark.parametrize(
    ("expr", "text", "said"),
    [
        ("vllm:kv_cache_usage_perc > 0.9", '{{ $value | printf "%.1f" }} %', "for percent"),
        ("100 * (1 - up / up) > 5", "{{ humanizePercentage $value }}", "for a ratio"),
        ("vllm:kv_cache_usage_perc > 0.9", "{{ $value | humanizePercentage }} above 90%", ""),
        ("vllm:kv_cache_usage_perc * 100 > 90", "{{ $value }}%", ""),
        ("own_used / own_size > 0.9", "{{ $value }}%", ""),
        ("own_used_bytes / own_max_bytes > 0.9", '{{ $value | printf "%.1f" }}%', "for percent"),
        ("own_used_bytes / own_max_bytes * 100 > 90", "{{ $value }}%", ""),
    ],
)
def test_a_share_is_printed_as_what_it_is(expr, text, said):
    found = messages("wrong-unit-in-text", as_alert(expr, annotations={"summary": text}))
    assert [said in message for message in found] == ([True] if said else [])


@pytest.mark.parametrize(
    ("expr", "text", "said"),
    [
        ("sum by (job) (rate(errors_total[5m])) > 0.05", "{{ $value | humanizePercentage }}", "takes them for a share"),
        ("rate(errors_total[5m]) > 5", "{{ $value }}% fail", "errors_total per second"),
        ("rate(errors_total[1h]) > 100", "Surge: {{ $value }} errors/hour", "takes them for a number per minute"),
        (
            "rate(errors_total[1h]) > 100",
            '{{ $value | printf "%.1f" }} errors per minute',
            "takes them for a number per minute",
        ),
        (
            "rate(restarts_total[15m]) > 0.1",
            "restarted {{ $value }} times in the last 15 minutes",
            "takes them for a number per minute",
        ),
        ("rate(errors_total[1h]) > 5", "{{ $value }} errors over the last hour", "takes them for a number per minute"),
        ("rate(errors_total[5m]) > 5", "{{ $value }} errors per second (300 per minute)", ""),
        ("rate(errors_total[5m]) > 5", "{{ $value }} errors per second in the last 5 minutes", ""),
        ("rate(errors_total[5m]) > 5", "{{ $value | mul 60 }} errors per minute", ""),
        ("rate(errors_total[5m]) > 5", "{{ $value }}/s over the last 5 minutes", ""),
        ("rate(errors_total[5m]) * 60 > 5", "{{ $value }} errors/min", ""),
        ("increase(errors_total[1h]) > 5", "{{ $value }} errors/hour", ""),
        ("rate(process_cpu_seconds_total[5m]) > 0.9", "{{ $value | humanizePercentage }}", ""),
        ("rate(errors_total[5m]) / rate(all_total[5m]) > 0.1", "{{ $value | humanizePercentage }}", ""),
        ("rate(errors_total[5m]) > bool 0.1", "{{ $value | humanizePercentage }}", ""),
    ],
)
def test_a_rate_is_printed_as_a_number_per_second(expr, text, said):
    found = messages("rate-in-text", as_alert(expr, annotations={"summary": text}))
    assert [said in message for message in found] == ([True] if said else [])
