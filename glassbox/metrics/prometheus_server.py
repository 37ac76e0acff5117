"""What Prometheus 2.42 to 3 says about its own work, where it scrapes itself (`rules/group.go` and `rules/alerting.go` of its sources)."""

from glassbox.metrics.types import Counter, Gauge, Unit

# `FILE;GROUP`, the file with its path.
_GROUP = ("rule_group",)

RULE_FAILURES = Counter(
    name="prometheus_rule_evaluation_failures_total",
    unit=Unit.EVENTS,
    labels=_GROUP,
    help="Rules that could not be evaluated: no series and no alert came of them. 0 from the loading of the group on.",
)
RULE_GROUP_DURATION = Gauge(
    name="prometheus_rule_group_last_duration_seconds",
    unit=Unit.SECONDS,
    labels=_GROUP,
    help="How long the last evaluation of the group took.",
)
RULE_GROUP_INTERVAL = Gauge(
    name="prometheus_rule_group_interval_seconds",
    unit=Unit.SECONDS,
    labels=_GROUP,
    help="How often the group should be evaluated.",
)
RULE_GROUP_LAST_EVALUATION = Gauge(
    name="prometheus_rule_group_last_evaluation_timestamp_seconds",
    unit=Unit.TIMESTAMP_SECONDS,
    labels=_GROUP,
    help="When the group was evaluated last, in seconds since 1970.",
)
HEAD_SERIES = Gauge(
    name="prometheus_tsdb_head_series", unit=Unit.NONE, help="Series in memory: those of the last hours."
)
NOTIFICATIONS_DROPPED = Counter(
    name="prometheus_notifications_dropped_total",
    unit=Unit.EVENTS,
    help="Alerts that no Alertmanager took; 0 from the start of a queue on (`notifier/sendloop.go`, and `notifier/metric.go` before).",
)
ALERTS = Gauge(
    name="ALERTS",
    unit=Unit.BOOLEAN,
    labels=("alertname", "alertstate", "severity"),
    help="1 for each alert of a Prometheus rule that is pending or firing, with the alert's labels.",
    often_absent="only while an alert is pending or firing",
)
