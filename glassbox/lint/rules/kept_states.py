"""Values that stay when what they tell is over."""

import re
from collections.abc import Iterator

from glassbox.lint.compared_numbers import compared_number
from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.windows import OF_CHANGE, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import AggregateNode, BinaryNode, Node, NumberNode, SeriesNode

LAST_CODES = frozenset({"DCGM_FI_DEV_XID_ERRORS"})
"""Their value is the code of the last event, and another code is another series (dcgm-exporter from 4.5 on)."""
# It is 1 until the container ends again for another reason (docs/metrics/workload/pod-metrics.md of kube-state-metrics).
_LAST_REASON = "kube_pod_container_status_last_terminated_reason"
_FIX_OF_REASON = (
    "Ask for a restart too: ... and on (namespace, pod, container) "
    "increase(kube_pod_container_status_restarts_total[10m]) > 0."
)


@lint_rule(
    "last-code",
    Severity.ERROR,
    title="An alert on the code of the last error as if it were a count",
    why="The value is a code, and another code is another series. It stays when the trouble is over, so that a comparison with 0 never ends; "
    "and no change of it is ever seen.",
    fix="Count the events, as with DCGM_EXP_XID_ERRORS_COUNT, or see a new code as one that was not there before: x unless x offset 10m.",
    bad=as_alert("increase(DCGM_FI_DEV_XID_ERRORS[5m]) > 0"),
    good=as_alert("DCGM_FI_DEV_XID_ERRORS > 0 unless DCGM_FI_DEV_XID_ERRORS offset 10m"),
)
def last_code(corpus: Corpus) -> Iterator[Defect]:
    """Of dcgm-exporter's XIDs, and of the reason for which kube-state-metrics says that a container ended, where nothing else is asked."""
    for alert in corpus.alerts:
        query = alert.query
        changes = [(function, read) for function, read, _ in calls(query, OF_CHANGE) if isinstance(read, SeriesNode)]
        seen = [(function, read.name) for function, read in changes if read.name in LAST_CODES]
        compared = (
            query.tree.left if isinstance(query.tree, BinaryNode) and isinstance(query.tree.right, NumberNode) else None
        )
        if seen:
            yield in_query(query, f"{seen[0][0]} of {seen[0][1]} sees no new code.", seen[0][1])
        elif isinstance(compared, SeriesNode) and compared.name in LAST_CODES:
            yield in_query(query, f"{compared.name} keeps the last code, so that the alert never ends.", compared.name)
        elif isinstance(whole := compared or query.tree, SeriesNode) and whole.name == _LAST_REASON:
            message = (
                f"{whole.name} keeps the last reason, so that the alert does not end when the container runs again."
            )
            yield in_query(query, message, whole.name, _FIX_OF_REASON)


_OF_SLOW_COMMANDS = "increase(redis_slowlog_last_id[10m]) > 0"
# What each of them keeps, and what to compare instead (SLOWLOG and INFO in redis.io/docs, docs/storage/prometheus.md of cAdvisor,
# Max_used_connections in the manual of MySQL, TomcatMetrics.java of Micrometer).
_KEPT = {
    "redis_slowlog_length": ("keeps its entries until newer ones push them out", _OF_SLOW_COMMANDS),
    "redis_last_slow_execution_duration_seconds": (
        "is that of the last slow command until the next",
        _OF_SLOW_COMMANDS,
    ),
    "redis_memory_used_peak_bytes": ("is the most since the server started", "redis_memory_used_bytes"),
    "mysql_global_status_max_used_connections": (
        "is the most since the server started",
        "mysql_global_status_threads_connected",
    ),
    "container_memory_max_usage_bytes": (
        "is the most since the container started",
        "container_memory_working_set_bytes",
    ),
    "tomcat_global_request_max_seconds": (
        "is the longest since the server started",
        "the rate of tomcat_global_request_seconds_sum by that of its _count",
    ),
}
_SAYS_SO = re.compile(r"peak|highest|maximum|ever\b|since|so far|历史|峰值|最大", re.IGNORECASE)


@lint_rule(
    "never-falls",
    Severity.WARNING,
    title="An alert on a value that does not fall",
    why="It keeps the worst that was, or the last: once it is above the threshold, the alert fires until the server is restarted.",
    fix="Compare what is so now.",
    bad=as_alert("redis_slowlog_length > 10"),
    good=as_alert("increase(redis_slowlog_last_id[10m]) > 10"),
)
def never_falls(corpus: Corpus) -> Iterator[Defect]:
    """Of the log of slow commands of Redis, and of the most that Redis, MySQL, cAdvisor and Micrometer have seen, unless the text says so."""
    for alert in corpus.alerts:
        compared = compared_number(alert.query.tree)
        name = _whose(compared.of) if compared and compared.operator in (">", ">=") else ""
        texts = " ".join((alert.name, *alert.annotations.values()))
        if name in _KEPT and not _SAYS_SO.search(texts):
            kept, instead = _KEPT[name]
            yield in_query(
                alert.query, f"{name} {kept}: {alert.name} does not end by itself.", name, f"Ask for {instead}."
            )


def _whose(node: Node) -> str:
    """The series of which this is a multiple, a share or an aggregation; empty for all else."""
    while not isinstance(node, SeriesNode):
        if isinstance(node, AggregateNode) and node.operator in ("sum", "max", "avg"):
            node = node.of
        elif isinstance(node, BinaryNode) and node.operator in ("*", "/"):
            node = node.left if not isinstance(node.left, NumberNode) else node.right
        else:
            return ""
    return node.name


RULES = (last_code, never_falls)
