"""Alerts that fire whatever the value is."""

import re
from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.rules.silent_alerts import is_absent
from glassbox.lint.series_labels import LABELS_OF_ALL_SERIES
from glassbox.lint.subjects.corpus import Corpus
from glassbox.syntax.tree import COMPARISONS, AggregateNode, BinaryNode, Node, SeriesNode, series_of, walk

_FIX_OF_SIDES = "Put brackets around what is compared, as in (a or b) > 1, or compare both."
# Their series are 1 while they are there: what they say is in their labels, and comes and goes with them (OpenMetrics for _info;
# docs/metrics/ of kube-state-metrics for its own).
_SAID_BY_LABELS = re.compile(
    r"\w+_(info|metadata|labels|annotations)|kube_pod_(init_)?container_status_(waiting|(last_)?terminated)_reason"
    r"|kube_node_(spec_taint|role)|kube_(pod|replicaset|job)_owner|kube_pod_tolerations"
)


@lint_rule(
    "no-comparison",
    Severity.ERROR,
    title="An alert without a comparison",
    why="An alert fires while its query has a result, whatever its value: 0 fires as well as 1, also with > bool.",
    fix="Compare the query with a threshold.",
    bad=as_alert("sum by (job) (rate(errors_total[5m]))"),
    good=as_alert("sum by (job) (rate(errors_total[5m])) > 1"),
)
def no_comparison(corpus: Corpus) -> Iterator[Defect]:
    """What asks for existence or absence needs none, as info series with a label; a recorded series may hold one; a constant is a heartbeat. Each side of `or` needs its own."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and not each.compares):
        sides = list(_sides_of_or(alert.query.tree)) if alert.query.tree else []
        of_any_value = [side for side in sides if _is_of_any_value(side, corpus)]
        if of_any_value and len(sides) == 1:
            yield in_query(alert.query, f"{alert.name} fires as long as its query has a result, whatever the value.")
        elif of_any_value:
            name = next(series_of(of_any_value[0])).name
            message = f"{alert.name} fires as long as there is {name}, whatever its value: comparisons bind more strongly than `or`, and that side has none."
            yield in_query(alert.query, message, name, _FIX_OF_SIDES)


def _sides_of_or(node: Node) -> Iterator[Node]:
    if isinstance(node, BinaryNode) and node.operator == "or":
        yield from _sides_of_or(node.left)
        yield from _sides_of_or(node.right)
    else:
        yield node


def _is_of_any_value(node: Node, corpus: Corpus) -> bool:
    parts = tuple(walk(node))
    reads = any(isinstance(part, SeriesNode) for part in parts)
    return reads and not _is_narrowed(node) and not any(_decides(part, corpus) for part in parts)


def _is_narrowed(node: Node | None) -> bool:
    """Whether it asks whether there are series at all with certain labels."""
    if isinstance(node, SeriesNode):
        by_a_label = _said_by_labels(node) and any(each.label not in LABELS_OF_ALL_SERIES for each in node.matchers)
        return by_a_label or any(each.operator == "=~" for each in node.matchers)
    if isinstance(node, AggregateNode):
        return _said_by_labels(node.of) and _is_narrowed(node.of)
    if isinstance(node, BinaryNode) and node.operator == "*":
        sides = (node.left, node.right)
        return all(map(_said_by_labels, sides)) and any(map(_is_narrowed, sides))
    return False


def _said_by_labels(node: Node) -> bool:
    return isinstance(node, SeriesNode) and bool(_SAID_BY_LABELS.fullmatch(node.name))


def _decides(node: Node, corpus: Corpus) -> bool:
    """Whether it may have no result although its series are there, or is meant to ask whether they are."""
    if isinstance(node, BinaryNode):
        return (node.operator in COMPARISONS and not node.returns_bool) or node.operator in ("unless", "and")
    if isinstance(node, SeriesNode):
        # Alerts are series while they fire. Rules that were not read may record anything.
        return node.name in ("", "ALERTS") or ":" in node.name or node.name in corpus.recorded
    return is_absent(node)


RULES = (no_comparison,)
