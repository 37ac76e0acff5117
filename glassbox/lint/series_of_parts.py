"""What has a series for each part of one server, whatever that server does, so that it is several lines without an aggregation."""

import re

from glassbox.lint.series_labels import LABELS_OF_PLACES
from glassbox.syntax.tree import SeriesNode

# Names, and of each thing that a server has several of the labels that choose some. The sources are those of `known_metrics.tsv`, and:
# postgres_exporter collector/pg_stat_database.go, pg_stat_activity.go, pg_locks.go, and PostgreSQL, which has template0 and template1
# from the start; redis_exporter exporter/info.go, which itself sends several commands; mysqld_exporter collector/global_status.go;
# CloudNativePG config/manager/default-monitoring.yaml; client_java and micrometer-core JvmMemoryMetrics.java, JvmThreadMetrics.java;
# kafka_exporter, as Kafka splits its own topic of offsets into 50 partitions. Not here is what one part may be alone of: queues of
# RabbitMQ, databases of Redis, volumes and network cards of Windows, interfaces of a container.
_SEVERAL = {
    r"node_filesystem_\w+": ("mountpoint device fstype",),
    r"node_(?:network|disk)_\w+": ("device",),
    r"node_cpu_seconds_total": ("cpu", "mode"),
    r"node_(?:systemd_units|tcp_connection_states)": ("state",),
    r"node_softirqs_total": ("vector",),
    r"(?:cnpg_)?pg_stat_database_(?:numbackends|xact_commit|xact_rollback|blks_read|blks_hit|tup_(?:returned|fetched|inserted|updated|deleted)"
    r"|conflicts|temp_files|temp_bytes|deadlocks|blk_read_time|blk_write_time)": ("datname datid",),
    r"(?:cnpg_)?pg_database_size_bytes": ("datname",),
    r"pg_stat_activity_count": ("datname", "state"),
    r"pg_locks_count": ("datname", "mode"),
    r"cnpg_backends_total": ("datname usename application_name state",),
    r"cnpg_pg_settings_setting": ("name",),
    r"redis_commands_(?:duration_seconds_|failed_calls_|rejected_calls_)?total": ("cmd",),
    r"mysql_global_status_commands_total": ("command",),
    r"mysql_global_status_handlers_total": ("handler",),
    r"mysql_global_status_buffer_pool_pages": ("state",),
    r"mysql_global_status_(?:buffer_pool_page_changes|innodb_row_ops)_total": ("operation",),
    r"mysql_global_status_connection_errors_total": ("error",),
    r"jvm_memory_(?:used|committed|max|init)_bytes|jvm_memory_bytes_(?:used|committed|max|init)": ("area id",),
    r"jvm_memory_pool_(?:used|committed|max|init)_bytes|jvm_memory_pool_bytes_(?:used|committed|max|init)": ("pool",),
    r"jvm_gc_collection_seconds_(?:count|sum)": ("gc",),
    r"jvm_threads_state|jvm_threads_states_threads": ("state",),
    r"elasticsearch_cluster_health_status": ("color",),
    r"elasticsearch_breakers_\w+": ("breaker",),
    r"elasticsearch_thread_pool_\w+": ("type",),
    r"haproxy_(?:frontend|backend|server)_http_responses_total": ("code",),
    r"nginx_ingress_controller_nginx_process_connections(?:_total)?": ("state",),
    r"kafka_topic_partition_\w+": ("topic partition",),
    r"kube_\w+_status_phase": ("phase",),
    r"kube_node_status_condition": ("condition", "status"),
    r"kube_node_status_(?:allocatable|capacity)": ("resource",),
    r"probe_(?:http|icmp|dns)_duration_seconds": ("phase",),
    r"windows_cpu_time_total": ("mode",),
    r"prometheus_rule_group_\w+": ("rule_group",),
    r"go_gc_duration_seconds": ("quantile",),
}
_PATTERNS = [(re.compile(name), [frozenset(labels.split()) for labels in of]) for name, of in _SEVERAL.items()]


def has_parts(series: SeriesNode, named: frozenset[str]) -> bool:
    """Whether it has several series for parts of one server that the labels which are `named` do not tell apart.

    Of one of its kinds of parts, no label is chosen by or named. What another label tells apart is not known.
    """
    kinds = next((labels for name, labels in _PATTERNS if name.fullmatch(series.name)), [])
    told = named.union(each.label for each in series.matchers)
    return named <= LABELS_OF_PLACES.union(*kinds) and any(labels.isdisjoint(told) for labels in kinds)
