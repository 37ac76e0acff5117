"""Alerts that never fire, or are silent when they are needed most."""

from collections.abc import Iterator

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.lint.templates import prints_value
from glassbox.lint.words import duration
from glassbox.syntax.promql_durations import seconds_of
from glassbox.syntax.tree import (
    COMPARISONS,
    AggregateNode,
    BinaryNode,
    CallNode,
    Node,
    NumberNode,
    SeriesNode,
    is_scalar,
    walk,
)

_ASSUMED_SCRAPE_SECONDS = 30
_ABSENT = ("absent", "absent_over_time")
_CHOOSING = ("topk", "bottomk", "limitk", "limit_ratio")


def _of_prometheus(corpus: Corpus) -> Iterator[GroupedRule]:
    return (alert for alert in corpus.alerts if not alert.is_grafana)


@lint_rule(
    "count-never-zero",
    Severity.ERROR,
    title="A count that is compared with zero",
    why="Of no series, count has no result rather than 0: the comparison can never be true.",
    fix="Ask for absence, as in absent(x), or add `or vector(0)` to the count.",
    bad=as_alert('count(up{job="api"} == 1) == 0'),
    good=as_alert('(count(up{job="api"} == 1) or vector(0)) == 0'),
)
def count_never_zero(corpus: Corpus) -> Iterator[Defect]:
    """With `== 0`, `< 1`, `<= 0` and smaller numbers, unless the alert also asks for absence, with `or absent(...)`."""
    for alert in (each for each in corpus.alerts if not _or_absent(each)):
        for node, number in _below(alert):
            if _counts(node.left) and (number < 1 or (number == 1 and node.operator == "<")):
                yield in_query(
                    alert.query, f"A count is never 0, so that {node.operator} {number:g} never holds.", "count"
                )


@lint_rule(
    "silent-when-all-are-gone",
    Severity.WARNING,
    title="An alert that is silent when everything is down",
    why="Of no series, count and sum have no result rather than 0: the alert fires when one server is down, "
    "and stops firing when the last one is.",
    fix="Add what holds then: `or vector(0)` within the comparison, or `or absent(...)` beside it.",
    bad=as_alert('count(up{job="api"} == 1) < 3'),
    good=as_alert('(count(up{job="api"} == 1) or vector(0)) < 3'),
)
def silent_when_all_are_gone(corpus: Corpus) -> Iterator[Defect]:
    """A count of series that are up below a number; a sum of `up` with 0, or of info series, unless an alert asks for their absence; a sum of rates with 0 where no alert asks for `up` either."""
    for alert in corpus.alerts:
        if any(isinstance(node, BinaryNode) and node.operator == "or" for node in alert.query.nodes):
            continue
        for node, number in _below(alert):
            if _counts(node.left) and number > 1 and _filters(node.left):
                yield in_query(
                    alert.query, f"Where no series is left, the count is nothing rather than below {number:g}.", "count"
                )
            if (series := _sum_of_ones(node.left, number)) and not _absence_is_seen(series, corpus):
                message = f"Where the targets are gone, the sum of {series.name} is nothing rather than 0."
                yield in_query(alert.query, message, series.name)
            whole = number == 0 and node is alert.query.tree
            if whole and (series := _sum_of_rates(node.left)) and not _is_watched(series, corpus):
                message = f"Where the targets are gone, the sum of the rates of {series.name} is nothing rather than 0."
                yield in_query(alert.query, message, series.name)


def _below(alert: GroupedRule) -> Iterator[tuple[BinaryNode, float]]:
    """Each comparison of something with a number that is not below it."""
    for node in _giving(alert.query.tree) if alert.query.tree else ():
        if isinstance(node, BinaryNode) and node.operator in ("<", "<=", "==") and isinstance(node.right, NumberNode):
            yield node, node.right.value


def _or_absent(alert: GroupedRule) -> bool:
    """Whether it fires too where nothing is left."""
    choices = (node for node in alert.query.nodes if isinstance(node, BinaryNode) and node.operator == "or")
    return any(_asks_absence(side) for node in choices for side in (node.left, node.right))


def _counts(node: Node) -> bool:
    return isinstance(node, AggregateNode) and node.operator == "count"


def _filters(node: Node) -> bool:
    """Whether what it counts is chosen by its value, and all of it together."""
    of = node.of if isinstance(node, AggregateNode) and not node.labels else node
    return isinstance(of, BinaryNode) and of.operator in COMPARISONS and not of.returns_bool


def _sum_of_ones(node: Node, number: float) -> SeriesNode | None:
    """The `up` of which the sum is compared with 0, or the info series whose sum, which is their number, is compared."""
    if (
        not isinstance(node, AggregateNode)
        or node.operator not in ("sum", "max")
        or not isinstance(node.of, SeriesNode)
    ):
        return None
    is_up, is_info = node.of.name == "up" and number <= 1, node.of.name.endswith("_info") and not node.labels
    return node.of if is_up or is_info else None


def _sum_of_rates(node: Node) -> SeriesNode | None:
    """The counter of which this is the sum of all rates."""
    of = node.of if isinstance(node, AggregateNode) and node.operator == "sum" and not node.labels else None
    read = of.arguments[0] if isinstance(of, CallNode) and of.name in ("rate", "increase") else None
    return read if isinstance(read, SeriesNode) else None


def _is_watched(series: SeriesNode, corpus: Corpus) -> bool:
    """Whether any alert asks what is up, or whether series of this name are absent."""
    read = (each for alert in corpus.alerts for each in alert.query.series)
    asked = (each for alert in corpus.alerts for node in alert.query.nodes if is_absent(node) for each in walk(node))
    return any(each.name == "up" for each in read) or any(
        isinstance(each, SeriesNode) and each.name == series.name for each in asked
    )


def _absence_is_seen(series: SeriesNode, corpus: Corpus) -> bool:
    """Whether another alert asks whether series of this name and any of these matchers are absent."""
    asked = (each for alert in corpus.alerts for node in alert.query.nodes if is_absent(node) for each in walk(node))
    return any(
        isinstance(each, SeriesNode) and each.name == series.name and set(each.matchers) & set(series.matchers)
        for each in asked
    )


def is_absent(node: Node) -> bool:
    """Whether it asks whether series are missing."""
    return isinstance(node, CallNode) and node.name in _ABSENT


@lint_rule(
    "value-in-label",
    Severity.ERROR,
    title="The value of an alert in one of its labels",
    why="Labels identify an alert. With each new value it is another alert, which waits for its `for` and notifies again.",
    fix="Move the value to an annotation.",
    bad=as_alert("queue > 10", labels={"waiting": "{{ $value }}"}),
    good=as_alert("queue > 10", annotations={"summary": "{{ $value }} are waiting"}),
)
def value_in_label(corpus: Corpus) -> Iterator[Defect]:
    """`$value`, `.Value` and what is computed from them, unless a label only depends on whether it is above a threshold."""
    for alert in corpus.alerts:
        for label, text in alert.labels.items():
            if prints_value(text):
                yield Defect(
                    alert.location, f"The label {label!r} holds the value, so that each value is another alert."
                )


@lint_rule(
    "absent-too-soon",
    Severity.WARNING,
    title="An alert on absence that does not wait",
    why="After a restart of Prometheus or of the target, and when a scrape fails, series are missing for a moment.",
    fix="Let it wait with a `for` of at least two scrape intervals.",
    bad=as_alert('absent(up{job="api"})', for_=""),
    good=as_alert('absent(up{job="api"})', for_="5m"),
)
def absent_too_soon(corpus: Corpus) -> Iterator[Defect]:
    """`absent_over_time` waits by itself."""
    shortest = 2 * (corpus.scrape_interval_seconds or _ASSUMED_SCRAPE_SECONDS)
    for alert in _of_prometheus(corpus):
        waits = seconds_of(alert.for_text)
        if waits is not None and waits < shortest and alert.query.tree and _asks_absence(alert.query.tree):
            waiting = f"waits {duration(waits)} only" if waits else "does not wait"
            yield in_query(
                alert.query, f"{alert.name} {waiting}: two scrape intervals are {duration(shortest)}.", "absent"
            )


def _asks_absence(node: Node) -> bool:
    """Whether it has a result as soon as series are missing."""
    if isinstance(node, BinaryNode) and node.operator == "or":
        return _asks_absence(node.left) or _asks_absence(node.right)
    if isinstance(node, BinaryNode) and node.operator in COMPARISONS:
        return _asks_absence(node.left)
    return isinstance(node, CallNode) and node.name == "absent"


@lint_rule(
    "fragile-topk",
    Severity.WARNING,
    title="An alert on the first few",
    why="Which series are the first few changes from one evaluation to the next: an alert resolves and another one starts, and none waits out its `for`.",
    fix="Compare all series with a threshold instead.",
    bad=as_alert("topk(3, sum by (pod) (rate(errors_total[5m]))) > 1"),
    good=as_alert("sum by (pod) (rate(errors_total[5m])) > 1"),
)
def fragile_topk(corpus: Corpus) -> Iterator[Defect]:
    """Unless an aggregation around it, or a join with other series, takes the choice away again."""
    for alert in corpus.alerts:
        for node in _giving(alert.query.tree) if alert.query.tree else ():
            if isinstance(node, AggregateNode) and node.operator in _CHOOSING and not _dedupes(node):
                yield in_query(
                    alert.query, f"{node.operator} chooses other series from one evaluation to the next.", node.operator
                )


def _dedupes(node: AggregateNode) -> bool:
    """Whether it chooses one of several that say the same."""
    return bool(node.labels) and node.parameter == NumberNode(1)


def _giving(node: Node) -> Iterator[Node]:
    """The parts whose series are those of the result."""
    yield node
    if isinstance(node, BinaryNode):
        yield from _giving(node.left) if node.group != "right" and not is_scalar(node.left) else ()
        yield from _giving(node.right) if node.operator == "or" or node.group == "right" or is_scalar(node.left) else ()
    if isinstance(node, CallNode) and node.arguments and not node.name.startswith("absent"):
        yield from _giving(node.arguments[0])


RULES = (
    count_never_zero,
    silent_when_all_are_gone,
    value_in_label,
    absent_too_soon,
    fragile_topk,
)
