"""What is known of metrics, and the rules that read it: more that they find, and what they leave alone."""

from collections import Counter
from dataclasses import replace
from importlib.resources import files

import pytest

from glassbox.lint.examples import Example, as_alert, as_record, on_board, on_panel, together
from glassbox.lint.known_metrics import former_metrics, known_series
from glassbox.lint.linting import judged
from glassbox.lint.result_units import unit_of
from glassbox.lint.subjects.corpus import Corpus
from glassbox.metrics.types import Unit
from glassbox.syntax.parsing import tree_of


def messages(rule, example):
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


def fixes(rule, example):
    return [finding.fix for finding in judged(example.corpus, select=(rule,))]


@pytest.mark.parametrize(
    ("name", "type_", "unit"),
    [
        ("node_cpu_seconds_total", "counter", Unit.SECONDS),
        ("node_memory_MemAvailable_bytes", "gauge", Unit.BYTES),
        ("node_boot_time_seconds", "gauge", None),
        ("container_memory_working_set_bytes", "gauge", Unit.BYTES),
        ("kube_pod_container_status_restarts_total", "counter", None),
        ("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "counter", None),
        ("DCGM_FI_DEV_FB_USED", "gauge", Unit.MEBIBYTES),
        ("ray_tasks", "gauge", None),
        ("go_memstats_heap_alloc_bytes", "gauge", Unit.BYTES),
        ("go_memstats_frees_total", "counter", None),
        ("go_gc_duration_seconds_sum", "counter", Unit.SECONDS),
        ("workqueue_depth", "gauge", None),
        ("controller_runtime_reconcile_errors_total", "counter", None),
        ("pilot_total_xds_rejects", "counter", None),
        ("nginx_ingress_controller_request_duration_seconds_bucket", "counter", Unit.SECONDS),
        ("argocd_repo_pending_request_total", "gauge", None),
        ("envoy_cluster_upstream_cx_active", "gauge", None),
        ("vllm:e2e_request_latency_seconds_bucket", "counter", Unit.SECONDS),
        ("vllm:e2e_request_latency_seconds", "histogram", None),
        ("vllm:corrupted_requests_total", "counter", Unit.REQUESTS),
        ("ray_vllm_prompt_tokens_total", "counter", Unit.TOKENS),
        ("vllm_kv_cache_usage_perc", "gauge", Unit.RATIO),
        ("ray_sglang_token_usage", "gauge", Unit.RATIO),
        ("process_cpu_seconds_total", "counter", Unit.SECONDS),
        ("grpc_server_handling_seconds_bucket", "counter", Unit.SECONDS),
        ("node_filesystem_avail_bytes", "gauge", Unit.BYTES),
        ("kubelet_volume_stats_used_bytes", "gauge", Unit.BYTES),
        ("kubelet_pleg_relist_duration_seconds_count", "counter", Unit.EVENTS),
        ("storage_operation_duration_seconds_count", "counter", Unit.EVENTS),
        ("kubeproxy_sync_proxy_rules_duration_seconds_bucket", "counter", Unit.SECONDS),
        ("istio_requests_total", "counter", None),
        ("istio_request_bytes_sum", "counter", Unit.BYTES),
        ("scheduler_pending_pods", "gauge", None),
        ("apiserver_request_total", "counter", None),
        ("apiserver_response_sizes_sum", "counter", Unit.BYTES),
        ("rest_client_requests_total", "counter", None),
        ("etcd_mvcc_db_total_size_in_bytes", "gauge", Unit.BYTES),
        ("etcd_network_snapshot_send_inflights_total", "gauge", None),
        ("coredns_cache_entries", "gauge", None),
        ("prometheus_tsdb_head_chunks", "gauge", None),
        ("prometheus_target_interval_length_seconds", "summary", None),
        ("alertmanager_notifications_failed_total", "counter", None),
        ("probe_dns_lookup_time_seconds", "gauge", Unit.SECONDS),
        ("probe_ssl_earliest_cert_expiry", "gauge", None),
        ("grafana_stat_totals_dashboard", "gauge", None),
        ("litellm_spend_metric_total", "counter", None),
        ("litellm_llm_api_time_to_first_token_metric_sum", "counter", Unit.SECONDS),
        ("litellm_overhead_latency_metric_sum", "counter", None),
        ("kuberay_cluster_provisioned_duration_seconds", "gauge", Unit.SECONDS),
        ("gpu_operator_gpu_nodes_total", "gauge", None),
        ("nvidia_smi_utilization_memory_ratio", "gauge", Unit.RATIO),
        ("smartctl_device_bytes_written", "counter", None),
        ("ipmi_temperature_celsius", "gauge", Unit.CELSIUS),
        ("redis_keyspace_hits_total", "counter", None),
        ("pg_stat_database_xact_commit", "counter", None),
        ("pg_stat_database_numbackends", "gauge", None),
        ("mysql_global_variables_max_connections", "gauge", None),
        ("nginx_connections_accepted", "counter", None),
        ("traefik_service_request_duration_seconds_bucket", "counter", Unit.SECONDS),
        ("haproxy_backend_current_queue", "gauge", None),
        ("haproxy_process_pipes_used_total", "counter", None),
        ("kafka_consumergroup_lag", "gauge", None),
        ("rabbitmq_queue_messages_ready", "gauge", None),
        ("certmanager_certificate_expiration_timestamp_seconds", "gauge", None),
        ("velero_backup_total", "gauge", None),
        ("keda_scaler_metrics_latency_seconds", "gauge", Unit.SECONDS),
        ("kueue_pending_workloads", "gauge", None),
        ("inference_pool_average_kv_cache_utilization", "gauge", Unit.RATIO),
        ("llm_d_epp_request_ttft_seconds_bucket", "counter", Unit.SECONDS),
        ("windows_cpu_time_total", "counter", None),
        ("loki_ingester_memory_streams", "gauge", None),
        ("karpenter_nodes_total_pod_requests", "gauge", None),
        ("jvm_memory_used_bytes", "gauge", Unit.BYTES),
    ],
)
def test_what_exporters_say_of_their_metrics_is_known(name, type_, unit):
    known = known_series()[name]
    assert (known.type, known.unit) == (type_, unit)


def test_a_name_that_unrelated_services_use_is_not_known():
    assert "http_requests_total" not in known_series()


@pytest.mark.parametrize(
    "name",
    [
        # Their exporters call them gauges, and they only climb, so that a rate of them is right.
        *("etcd_server_proposals_committed_total", "etcd_disk_wal_write_bytes_total"),
        *("kafka_topic_partition_current_offset", "kafka_consumergroup_current_offset", "redis_master_repl_offset"),
        *("pg_stat_replication_pg_current_wal_lsn_bytes", "windows_udp_datagram_received_total"),
        *("nvidia_smi_ecc_errors_corrected_volatile_total", "prometheus_remote_storage_highest_timestamp_in_seconds"),
        # It moves seldom, and its steps are drawn on purpose beside what they change.
        "pg_stat_user_tables_autovacuum_count",
        # It calls them counters, and they fall, or say a moment.
        *("smartctl_device_available_spare", "smartctl_device_critical_warning", "pg_stat_database_stats_reset"),
        # It says no type.
        *("mysql_global_status_queries", "node_netstat_Tcp_InSegs", "node_vmstat_pgfault"),
        # The name says a unit that the values do not have.
        *("redis_mem_fragmentation_ratio", "pg_database_wraparound_age_datfrozenxid_seconds"),
        "kubelet_pleg_last_seen_seconds",
    ],
)
def test_a_type_or_unit_that_would_mislead_is_not_known(name):
    assert name not in known_series()


def test_each_metric_of_the_table_is_there_once_with_one_of_four_types():
    lines = (files("glassbox.lint") / "known_metrics.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    names = Counter(name for name, *_ in rows)
    assert [name for name, number in names.items() if number > 1] == []
    assert {type_ for _, type_, *_ in rows} == {"counter", "gauge", "histogram", "summary"}
    assert [row for row in rows if len(row) > 2 and row[2] not in {unit.value for unit in Unit}] == []


def test_names_that_are_gone_have_what_answers_instead():
    assert former_metrics()["node_cpu"].replacement == "node_cpu_seconds_total"
    assert former_metrics()["kube_hpa_status_condition"].replacement == "kube_horizontalpodautoscaler_status_condition"
    assert former_metrics()["vllm:time_in_queue_requests_bucket"].removed_in == "0.9.1"
    assert former_metrics()["nv_inference_load_ratio_bucket"].removed_in == "2.0.0"
    assert former_metrics()["node_filesystem_free"].replacement == "node_filesystem_free_bytes"
    assert former_metrics()["kubelet_running_pod_count"].removed_in == "1.19"
    assert former_metrics()["coredns_dns_response_rcode_count_total"].replacement == "coredns_dns_responses_total"
    # Every replacement that is one name is there.
    named = {
        each.replacement for each in former_metrics().values() if each.replacement.replace(":", "_").isidentifier()
    }
    assert [name for name in named if name not in known_series()] == []


def test_where_old_and_new_name_say_other_units_the_difference_is_said():
    said = ("_ms", "milliseconds", "_weighted", "_microseconds")
    unsaid = {name for name, each in former_metrics().items() if name.endswith(said) and not each.differs}
    # What answers instead is a choice of three, which nobody takes for the same.
    spelled = ("vllm:", "vllm_", "ray_vllm_")
    assert unsaid == {f"{each}model_{what}_time_milliseconds" for each in spelled for what in ("execute", "forward")}


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("vllm:kv_cache_usage_perc", Unit.RATIO),
        ("vllm:kv_cache_usage_perc * 100", Unit.PERCENT),
        ("100 * (1 - avg(vllm:kv_cache_usage_perc))", Unit.PERCENT),
        ("DCGM_FI_DEV_GPU_UTIL / 100", Unit.RATIO),
        ('sum(rate(own_total{code="500"}[5m])) / sum(rate(own_total[5m]))', Unit.RATIO),
        ('100 * sum(rate(own_total{code="500"}[5m])) / sum(rate(own_total[5m]))', Unit.PERCENT),
        ("sum(node_memory_MemFree_bytes) * 100 / sum(node_memory_MemTotal_bytes)", Unit.PERCENT),
        ("100 * own_used / own_size", None),
        ("vllm:gpu_cache_usage_perc", Unit.RATIO),
        ("nv_gpu_utilization", Unit.RATIO),
        ("100 * (1 - own_free / own_free offset 1h)", Unit.PERCENT),
        ("sum(own_total) / count(own_total)", None),
        ("own_used / own_size", None),
        ("max by (gpu) (DCGM_FI_DEV_FB_USED)", Unit.MEBIBYTES),
        ("DCGM_FI_DEV_FB_USED * 1048576", None),
        ("node_memory_MemFree_bytes / 1048576", Unit.MEBIBYTES),
        ("sum(node_memory_MemFree_bytes) / 1024 / 1024", Unit.MEBIBYTES),
        ("node_memory_MemFree_bytes / 1024", None),
        ("node_memory_MemFree_bytes / 1e6", None),
        ("DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)", Unit.RATIO),
        ("sum(rate(node_network_receive_bytes_total[5m]))", Unit.BYTES_PER_SECOND),
        ("sum(rate(node_network_receive_bytes_total[5m])) * 8", Unit.BITS_PER_SECOND),
        ("8 * rate(node_network_receive_bytes_total[5m]) / 1e6", None),
        ("node_memory_MemFree_bytes * 8", None),
        ("node_time_seconds - node_boot_time_seconds", Unit.SECONDS),
        ("time() - max by (pod) (kube_pod_created)", Unit.SECONDS),
        ("(time() - process_start_time_seconds) / 3600", None),
        ("time() - foreign_read_time_seconds", None),
        ("time() - foreign_timestamp_seconds", None),
        ("time() - sum(kube_pod_created)", None),
        ("time() - increase(node_time_seconds[5m])", None),
        ("node_time_seconds + node_boot_time_seconds", None),
        ("rate(node_cpu_seconds_total[5m])", Unit.RATIO),
        ("histogram_quantile(0.9, sum by (le) (rate(vllm:e2e_request_latency_seconds_bucket[5m])))", Unit.SECONDS),
        (
            "rate(vllm:e2e_request_latency_seconds_sum[5m]) / rate(vllm:e2e_request_latency_seconds_count[5m])",
            Unit.SECONDS,
        ),
        (
            "rate(vllm:e2e_request_latency_seconds_sum[5m]) * 1e3 / rate(vllm:e2e_request_latency_seconds_count[5m])",
            None,
        ),
        (
            "rate(vllm:e2e_request_latency_seconds_sum[5m]) / (rate(vllm:e2e_request_latency_seconds_count[5m]) / 60)",
            None,
        ),
        ("avg(vllm:kv_cache_usage_perc) or vector(0)", Unit.RATIO),
        ("count(vllm:kv_cache_usage_perc)", None),
        ("vllm:kv_cache_usage_perc > bool 0.9", Unit.BOOLEAN),
        ("foreign_seconds", None),
        ("time() - node_boot_time_seconds", Unit.SECONDS),
    ],
)
def test_the_unit_of_a_result_follows_from_what_it_reads(query, unit):
    assert unit_of(tree_of(query), Corpus()) is unit


def test_a_recorded_series_has_the_unit_of_its_query():
    recorded = as_record("a:usage:max", "max(vllm:kv_cache_usage_perc)")
    panel = on_panel("a:usage:max", panel={"unit": "percent"})
    assert len(messages("wrong-unit", together(recorded, panel))) == 1
    assert messages("wrong-unit", panel) == []


def test_the_unit_of_a_panel_is_said_to_be_wrong_once():
    (panel,) = on_panel("vllm:kv_cache_usage_perc", panel={"unit": "percent"}).corpus.panels
    three = replace(panel, queries=panel.queries * 3)
    assert len(messages("wrong-unit", Example("", on_board(panels=(three,))))) == 1


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("ray_vllm_num_requests_swapped", ""),
        ("vllm_gpu_cache_usage_perc", "vllm_kv_cache_usage_perc"),
        ("ray_vllm_time_in_queue_requests_sum", "ray_vllm_request_queue_time_seconds"),
        ("ray_vllm_tokens_total", "ray_vllm_prompt_tokens_total + ray_vllm_generation_tokens_total"),
    ],
)
def test_what_is_gone_is_gone_in_every_spelling(name, replacement):
    assert former_metrics()[name].replacement == replacement


FOUND = [
    (
        "removed-metric",
        on_panel("rate(rest_responses_fail_total[5m]) / rate(rest_responses_total[5m])"),
        "rest_responses_fail_total is gone from version 1.17.0 on.",
    ),
    (
        "removed-metric",
        as_alert("windows_os_physical_memory_free_bytes < 1e9"),
        "windows_os_physical_memory_free_bytes is gone from version 0.31.0 on.",
    ),
    (
        "raw-counter",
        as_alert("cnpg_pg_stat_database_deadlocks > 10"),
        "cnpg_pg_stat_database_deadlocks is a counter, which never falls below it again before a restart.",
    ),
    ("rate-of-gauge", on_panel("rate(collection_points[5m])"), "rate of collection_points, which is a gauge."),
    (
        "unknown-metric",
        as_alert("DCGM_FI_DEV_GPU_MEM_USED > 9"),
        "No version has DCGM_FI_DEV_GPU_MEM_USED.",
    ),
    (
        "unknown-metric",
        on_panel("redis_used_memory_bytes"),
        "No version has redis_used_memory_bytes; redis_memory_used_bytes is nearest.",
    ),
    (
        "unknown-metric",
        as_alert("kube_deployment_spec_replicas != kube_deployment_status_available_replicas"),
        "No version has kube_deployment_status_available_replicas; kube_deployment_status_replicas_available is nearest.",
    ),
    (
        "unknown-metric",
        on_panel("rate(kube_pod_container_status_restart_total[5m])"),
        "No version has kube_pod_container_status_restart_total; kube_pod_container_status_restarts_total is nearest.",
    ),
    ("unknown-metric", on_panel("rate(vllm:request_failure_total[5m])"), "No version has vllm:request_failure_total."),
    ("unknown-metric", on_panel("rate(vllm:request_error_total[5m])"), "No version has vllm:request_error_total."),
    ("unknown-metric", on_panel("rate(vllm:invented_total[5m])"), "No version has vllm:invented_total."),
    ("unknown-metric", on_panel("llamacpp:ttft_seconds_bucket"), "No version has llamacpp:ttft_seconds_bucket."),
    ("unknown-metric", on_panel("rate(vllm:batch_size_sum[5m])"), "No version has vllm:batch_size_sum."),
    (
        "unknown-metric",
        on_panel("rate(vllm:num_generation_tokens_total[5m])"),
        "No version has vllm:num_generation_tokens_total; vllm:generation_tokens_total is nearest.",
    ),
    ("unknown-metric", on_panel("DCGM_FI_DEV_MEM_USED"), "No version has DCGM_FI_DEV_MEM_USED."),
    (
        "unknown-metric",
        on_panel("DCGM_FI_DEV_GPU_UTILS"),
        "No version has DCGM_FI_DEV_GPU_UTILS; DCGM_FI_DEV_GPU_UTIL is nearest.",
    ),
    (
        "unknown-metric",
        on_panel("vllm:num_requests_running_total"),
        "No version has vllm:num_requests_running_total; vllm:num_requests_running is nearest.",
    ),
    (
        "unknown-metric",
        on_panel("vllm:gpu_cache_usage_pct"),
        "No version has vllm:gpu_cache_usage_pct; vllm:kv_cache_usage_perc is nearest.",
    ),
    (
        "removed-metric",
        on_panel("sum by (le, server) (rate(vllm:time_per_output_token_seconds_bucket[5m]))"),
        "vllm:time_per_output_token_seconds is gone from version 0.15.0 on.",
    ),
    (
        "removed-metric",
        on_panel('llamacpp:kv_cache_usage_ratio{server="a"}'),
        "llamacpp:kv_cache_usage_ratio is gone from version b5531 on.",
    ),
    (
        "sum-of-ratios",
        on_panel("sum by (job) (vllm:kv_cache_usage_perc or vllm:gpu_cache_usage_perc)"),
        "vllm:kv_cache_usage_perc is a ratio of 0 to 1, which cannot be added up.",
    ),
    (
        "sum-without-count",
        on_panel(
            "sum by (WorkerId) (rate(ray_vllm_request_queue_time_seconds_sum[5m])) "
            "* on (WorkerId) group_left (replica) max by (WorkerId, replica) (x * 0 + 1)",
            panel={"unit": "s"},
        ),
        "ray_vllm_request_queue_time_seconds_sum is not divided by ray_vllm_request_queue_time_seconds_count.",
    ),
    (
        "raw-counter",
        together(on_panel("sum(rate(foreign_total[5m]))"), as_alert("sum(foreign_total) > 100")),
        "foreign_total is a counter, which never falls below it again before a restart.",
    ),
    (
        "wrong-unit",
        on_panel("vllm:kv_cache_usage_perc", panel={"title": "KV cache usage %"}),
        "The values are a ratio of 0 to 1, and the title says that they are percent.",
    ),
    (
        "wrong-unit",
        on_panel("nv_gpu_utilization", panel={"unit": "percent"}),
        "The values are a ratio of 0 to 1, and the panel shows them as 'percent'.",
    ),
    (
        "delta-of-counter",
        on_panel("sum(delta(ray_vllm_prompt_tokens_total[1d]))"),
        "delta of ray_vllm_prompt_tokens_total, which is a counter.",
    ),
    (
        "sum-of-ratios",
        on_panel("sum without (WorkerId) (ray_vllm_kv_cache_usage_perc)"),
        "ray_vllm_kv_cache_usage_perc is a ratio of 0 to 1, which cannot be added up.",
    ),
    (
        "sum-without-count",
        on_panel("sum by (WorkerId) (rate(ray_vllm_request_queue_time_seconds_sum[5m]))"),
        "ray_vllm_request_queue_time_seconds_sum is not divided by ray_vllm_request_queue_time_seconds_count.",
    ),
    ("removed-metric", on_panel("rate(node_cpu{mode='idle'}[5m])"), "node_cpu is gone from version 0.16.0 on."),
    (
        "removed-metric",
        on_panel("histogram_quantile(0.9, sum by (le) (rate(vllm:time_per_output_token_seconds_bucket[5m])))"),
        "vllm:time_per_output_token_seconds is gone from version 0.15.0 on.",
    ),
    (
        "missing-suffix",
        on_panel("vllm:e2e_request_latency_seconds"),
        "There are no series vllm:e2e_request_latency_seconds.",
    ),
    (
        "missing-suffix",
        as_alert('sglang:time_to_first_token_seconds{quantile="0.99"} > 2'),
        "There are no series sglang:time_to_first_token_seconds.",
    ),
    (
        "missing-suffix",
        as_alert("avg(vllm_time_to_first_token_seconds) > 2"),
        "There are no series vllm_time_to_first_token_seconds.",
    ),
    (
        "unknown-metric",
        as_alert("redis_used_memory_bytes > 1e9"),
        "No version has redis_used_memory_bytes; redis_memory_used_bytes is nearest.",
    ),
    ("quantile-in-percent", on_panel("histogram_quantile(99, rate(a_bucket[5m]))"), "There is no quantile 99."),
    ("quantile-in-percent", on_panel("quantile(95, a)"), "There is no quantile 95."),
    ("quantile-in-percent", on_panel("quantile_over_time(-0.1, a[5m])"), "There is no quantile -0.1."),
    (
        "missing-suffix",
        on_panel("sum by (team) (increase(litellm_spend_metric[1d]))"),
        "There are no series litellm_spend_metric.",
    ),
    (
        "rate-of-gauge",
        as_alert("increase(kube_pod_status_phase[5m]) > 0"),
        "increase of kube_pod_status_phase, which is a gauge.",
    ),
    (
        "delta-of-counter",
        on_panel("deriv(node_cpu_seconds_total[5m])"),
        "deriv of node_cpu_seconds_total, which is a counter.",
    ),
    (
        "raw-counter",
        as_alert("up == 0 and on () vllm:num_preemptions_total > 0"),
        "vllm:num_preemptions_total is a counter, which never falls below it again before a restart.",
    ),
    (
        "raw-counter",
        on_panel("sum(vllm:num_preemptions_total)"),
        "vllm:num_preemptions_total is a counter, which only climbs.",
    ),
    (
        "delta-of-counter",
        as_alert("delta(velero_backup_failure_total[5m]) > 0"),
        "delta of velero_backup_failure_total, which is a counter.",
    ),
    (
        "rate-of-gauge",
        on_panel("rate(process_resident_memory_bytes[5m])"),
        "rate of process_resident_memory_bytes, which is a gauge.",
    ),
    (
        "wrong-unit",
        on_panel("rate(process_cpu_seconds_total[5m])", panel={"unit": "percent"}),
        "The values are a ratio of 0 to 1, and the panel shows them as 'percent'.",
    ),
    (
        "removed-metric",
        as_alert("rate(coredns_panic_count_total[5m]) > 0"),
        "coredns_panic_count_total is gone from version 1.7.0 on.",
    ),
    (
        "raw-counter",
        as_alert("vllm:e2e_request_latency_seconds_count > 0 and on (job) rate(vllm:num_preemptions_total[5m]) > 1"),
        "vllm:e2e_request_latency_seconds_count is a counter, which never falls below it again before a restart.",
    ),
    (
        "last-code",
        as_alert("DCGM_FI_DEV_XID_ERRORS > 0"),
        "DCGM_FI_DEV_XID_ERRORS keeps the last code, so that the alert never ends.",
    ),
    (
        "quantile-without-le",
        on_panel("histogram_quantile(0.9, sum without (le) (rate(latency_seconds_bucket[5m])))"),
        "The aggregation of latency_seconds_bucket drops le.",
    ),
    (
        "wrong-unit",
        on_panel("DCGM_FI_DEV_FB_USED", panel={"unit": "bytes"}),
        "The values are MiB, and the panel shows them as 'bytes'.",
    ),
    (
        "wrong-unit",
        on_panel("DCGM_FI_DEV_SM_CLOCK", panel={"unit": "hertz"}),
        "The values are MHz, and the panel shows them as 'hertz'.",
    ),
    (
        "wrong-unit",
        on_panel("sum(rate(node_network_receive_bytes_total[5m])) * 8", panel={"unit": "Bps"}),
        "The values are bits per second, and the panel shows them as 'Bps'.",
    ),
    (
        "wrong-unit",
        on_panel("node_time_seconds - node_boot_time_seconds", panel={"unit": "ms"}),
        "The values are seconds, and the panel shows them as 'ms'.",
    ),
    (
        "wrong-unit-in-name",
        as_record("a:received_bytes:rate5m", "sum(rate(node_network_receive_bytes_total[5m])) * 8"),
        "The values of a:received_bytes:rate5m are bits per second, not bytes.",
    ),
    (
        "wrong-unit",
        on_panel("rate(node_network_receive_bytes_total[5m])", panel={"unit": "bps"}),
        "The values are bytes per second, and the panel shows them as 'bps'.",
    ),
]


@pytest.mark.parametrize(("rule", "example", "message"), FOUND)
def test_a_rule_finds_it(rule, example, message):
    assert messages(rule, example) == [message]


LEFT_ALONE = [
    # Ray adds labels of its own, and exposes counters under the bare name as well.
    ("unknown-label", on_panel('ray_vllm_num_requests_running{model_nam="a", WorkerId="b"}')),
    ("missing-suffix", on_panel("rate(ray_vllm_num_preemptions[5m])")),
    ("removed-metric", on_panel("ray_vllm_kv_cache_usage_perc or ray_vllm_gpu_cache_usage_perc")),
    ("removed-metric", on_panel('vllm:num_requests_swapped{server="a"}')),
    ("removed-metric", together(as_record("node_cpu", "node_cpu_seconds_total"), on_panel("rate(node_cpu[5m])"))),
    ("removed-metric", on_panel("rate(node_cpu_seconds_total[5m]) or rate(node_cpu[5m])")),
    ("missing-suffix", on_panel("apiserver_request_duration_seconds")),
    ("missing-suffix", on_panel("foreign_requests")),
    ("missing-suffix", on_panel("litellm_deployment_state")),
    ("missing-suffix", on_panel("redis_commands_processed")),
    # It had no ending in other versions.
    ("missing-suffix", on_panel("node_kernel_hung_tasks")),
    ("rate-of-gauge", on_panel("rate(node_time_seconds[5m]) - 1")),
    ("missing-suffix", on_panel("$metric")),
    ("unknown-metric", on_panel("vllm:something_of_next_year")),
    ("unknown-metric", on_panel("rate(vllm:omni_transfer_total[5m])")),
    ("unknown-metric", on_panel("vllm:ttft:p95_total")),
    ("unknown-metric", on_panel("DCGM_FI_DEV_FB_TOTAL")),
    ("unknown-metric", on_panel("DCGM_FI_DEV_COMPUTE_PIDS")),
    ("unknown-metric", on_panel("DCGM_FI_DRIVER_VERSION")),
    ("unknown-metric", on_panel("DCGM_FI_DEV_GPU_UTIL:avg")),
    ("unknown-metric", together(as_record("vllm:errors_total", "x"), on_panel("vllm:errors_total"))),
    ("raw-counter", together(on_panel("rate(foreign_total[5m])"), as_alert("other_total > 100"))),
    ("raw-counter", together(on_panel("rate(foreign_size[5m])"), as_alert("foreign_size > 100"))),
    ("wrong-unit", on_panel("vllm:kv_cache_usage_perc", panel={"title": "KV %", "other_units": True})),
    ("wrong-unit", on_panel("vllm:kv_cache_usage_perc * 100", panel={"title": "KV %"})),
    ("wrong-unit", on_panel("vllm:kv_cache_usage_perc", panel={"title": "KV %", "unit": "percentunit"})),
    ("sum-without-count", on_panel("rate(go_gc_duration_seconds_sum[5m])", panel={"title": "Time spent on GC"})),
    ("unknown-metric", on_panel('vllm:request_errors_total{server="a"}')),
    ("removed-metric", on_panel('vllm:num_requests_swapped{server="a"}')),
    ("unknown-metric", on_panel("node_cpu_second_total")),
    ("unknown-metric", on_panel("jvm_memory_bytes_used")),
    ("unknown-metric", on_panel("DCGM_FI_DEV_FB_TOTAL")),
    ("unknown-metric", on_panel("DCGM_EXP_XID_ERRORS_COUNT")),
    (
        "removed-metric",
        on_panel('rate(rest_responses_total{status=~"5.."}[5m]) or rate(rest_responses_fail_total[5m])'),
    ),
    ("raw-counter", as_alert("increase(vllm:num_preemptions_total[1h]) > 5 and vllm:num_preemptions_total > 0")),
    ("counted-twice", on_panel('sum by (pod) (container_memory_rss{rkt_container_name!=""})')),
    ("raw-counter", on_panel("snapshot_created_total", panel={"description": "Cumulative number of snapshots."})),
    (
        "sum-of-points",
        on_panel("cnpg_pg_database_size_bytes", panel={"type": "stat", "reductions": ("sum",), "other_units": True}),
    ),
    ("unknown-metric", on_panel("pg_stat_database_num_backends")),
    ("unknown-metric", on_panel("vllm_tokens_prompt_total")),
    ("unknown-metric", on_panel("kube_customresource_vpa_target")),
    ("unknown-metric", on_panel("app_redis_used_memory_bytes")),
    ("unknown-metric", on_panel("vllm:healthy_pods_total")),
    ("unknown-label", on_panel('vllm:num_requests_running{pod="a", model="b"}')),
    ("rate-of-gauge", on_panel("rate(foreign_queue_length[5m])")),
    ("rate-of-gauge", together(as_record("ray_tasks", "up"), on_panel("rate(ray_tasks[5m])"))),
    ("delta-of-counter", on_panel("delta(vllm:num_requests_running[5m])")),
    ("raw-counter", on_panel("sum(vllm:num_preemptions_total)", panel={"type": "stat"})),
    ("raw-counter", as_alert("vllm:num_preemptions_total - vllm:num_preemptions_total offset 1h > 5")),
    ("raw-counter", as_alert("foreign_total > 5")),
    ("raw-counter", as_alert("smartctl_device_power_on_seconds / 3600 > 40000")),
    ("raw-counter", as_alert("smartctl_device_bytes_written > 6e14")),
    ("rate-of-gauge", as_alert("rate(etcd_server_proposals_committed_total[5m]) == 0")),
    ("delta-of-counter", as_alert("delta(mysql_global_status_slow_queries[5m]) > 0")),
    (
        "raw-counter",
        as_alert(
            "vllm:e2e_request_latency_seconds_count > 0 and on (job) "
            "histogram_quantile(0.9, sum by (job, le) (rate(vllm:e2e_request_latency_seconds_bucket[5m]))) > 9"
        ),
    ),
    ("last-code", on_panel("DCGM_FI_DEV_XID_ERRORS")),
    ("wrong-unit", on_panel("DCGM_FI_DEV_FB_USED", panel={"unit": "mbytes"})),
    ("wrong-unit", on_panel("DCGM_FI_DEV_FB_USED", panel={"unit": "bytes", "other_units": True})),
    ("wrong-unit", on_panel("vllm:kv_cache_usage_perc * 100", panel={"unit": "percent"})),
    ("wrong-unit", on_panel("foreign_seconds", panel={"unit": "ms"})),
    ("wrong-unit", on_panel("rate(node_network_receive_bytes_total[5m]) * 8", panel={"unit": "bps"})),
    ("wrong-unit", on_panel("(time() - node_boot_time_seconds) * 1000", panel={"unit": "ms"})),
    ("wrong-unit", on_panel("time() - node_boot_time_seconds", panel={"unit": "s"})),
    ("wrong-unit-in-name", as_record("gpu:memory_bytes:ratio", "DCGM_FI_DEV_FB_USED / DCGM_FI_DEV_FB_FREE")),
    (
        "sum-without-count",
        on_panel("sum(rate(vllm:request_queue_time_seconds_sum[5m]))", panel={"unit": "percentunit"}),
    ),
    ("sum-of-ratios", on_panel("sum by (WorkerId) (ray_vllm_kv_cache_usage_perc)")),
    ("sum-of-ratios", on_panel("sum(vllm:kv_cache_usage_perc) / count(vllm:kv_cache_usage_perc)")),
    ("count-of-observations", on_panel("rate(vllm:iteration_tokens_total_count[5m])", "Steps")),
    ("quantile-without-le", on_panel("histogram_quantile(0.9, sum by (job) (rate(latency_seconds[5m])))")),
    ("quantile-in-percent", on_panel("histogram_quantile(1, rate(a_bucket[5m]))")),
    ("quantile-in-percent", on_panel("histogram_quantile($q, rate(a_bucket[5m]))")),
    ("quantile-in-percent", on_panel("topk(5, a)")),
    ("quantile-without-le", on_panel("histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))")),
    (
        "quantile-without-le",
        on_panel("histogram_quantile(0.9, sum by (job, vmrange) (increase(latency_seconds_bucket[5m])))"),
    ),
    ("quantile-without-le", on_panel("histogram_quantile(0.9, sum without (pod) (rate(latency_seconds_bucket[5m])))")),
]


@pytest.mark.parametrize(("rule", "example"), LEFT_ALONE)
def test_a_rule_leaves_it_alone(rule, example):
    assert messages(rule, example) == []


@pytest.mark.parametrize(
    ("query", "instead"),
    [
        ("rate(node_disk_io_time_weighted[5m]) > 900", "node_disk_io_time_weighted_seconds_total instead: it is in seconds, where this was in milliseconds."),
        ('rate(node_cpu{cpu="cpu0"}[5m])', 'node_cpu_seconds_total instead: its label cpu is "0" where this had "cpu0", and what guests use is in node_cpu_guest_seconds_total.'),
        ("rate(node_cpu[5m])", "node_cpu_seconds_total instead."),
        ("kube_hpa_spec_max_replicas", "kube_horizontalpodautoscaler_spec_max_replicas instead: its label is horizontalpodautoscaler, not hpa."),
    ],
)  # fmt: skip  # a query in a line
def test_what_differs_under_the_new_name_is_said(query, instead):
    assert fixes("removed-metric", on_panel(query)) == [f"Read {instead}"]


def test_the_fix_names_what_answers_instead():
    assert fixes("missing-suffix", as_alert("rate(vllm:num_preemptions[5m]) > 1")) == [
        "Read vllm:num_preemptions_total."
    ]
    assert fixes("removed-metric", on_panel("vllm:num_requests_swapped")) == ["Nothing answers instead: remove it."]
    assert fixes("unknown-metric", on_panel("vllm:num_request_waiting")) == [
        "Read vllm:num_requests_waiting, or correct the name."
    ]
