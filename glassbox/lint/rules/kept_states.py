"""Values that stay when what they tell is over."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.windows import OF_CHANGE, calls
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import BinaryNode, NumberNode, SeriesNode

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


RULES = (last_code,)
