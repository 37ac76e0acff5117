"""Waits of alerts that are longer than they seem, or none."""

from collections.abc import Iterator
from dataclasses import replace

from glassbox.lint.examples import Example, as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.said_numbers import SaidNumber, silences_said
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule, RuleGroup
from glassbox.lint.words import duration
from glassbox.syntax.promql_durations import seconds_of
from glassbox.syntax.tree import AggregateNode, BinaryNode, CallNode, Node, NumberNode, SeriesNode, Window

_OF_HAPPENING = frozenset({"increase", "rate", "changes", "delta"})
_GUARDS = frozenset({">", ">=", "<", "<="})
# Nobody evaluates more often without saying so, and Prometheus does each minute unless it is told otherwise.
_SHORTEST_INTERVAL_SECONDS = 5


@lint_rule(
    "waits-twice",
    Severity.WARNING,
    title="An alert that waits for nothing to happen, and then waits again",
    why="A window in which nothing happened is a wait by itself, and the `for` comes after it: the alert fires later than its text says, by up to twice the time.",
    fix="Shorten the window or the `for`, so that both together are the time of the text.",
    bad=as_alert(
        "increase(backups_total[30m]) == 0", "30m", annotations={"summary": "No backup in the last 30 minutes"}
    ),
    good=as_alert(
        "increase(backups_total[30m]) == 0", "1m", annotations={"summary": "No backup in the last 30 minutes"}
    ),
)
def waits_twice(corpus: Corpus) -> Iterator[Defect]:
    """Of counters that do not move and of `absent_over_time`, where an annotation says for how long nothing happened: the window or the `for`, of which the other is more than half."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and each.query.tree):
        window = _silent_for(alert.query.tree) if alert.query.tree else 0
        waits = seconds_of(alert.for_text) or 0
        said = [each for text in alert.annotations.values() for each in silences_said(text)] if window else []
        for each in [each for each in said if _comes_later(each, window, waits)][:1]:
            message = f"The text of {alert.name} says {each.words!r}, and it fires after {duration(window + waits)}: nothing for {duration(window)}, and then its `for`."
            yield in_query(alert.query, message)


def _comes_later(said: SaidNumber, window: float, waits: float) -> bool:
    return said.value in (window, waits) and min(window, waits) * 2 > said.value


def _silent_for(node: Node) -> float:
    """In which time nothing happened where this holds; 0 where it asks for something else, or not for that alone."""
    match node:
        case BinaryNode(operator="and", left=left, right=right):
            sides = ((left, right), (right, left))
            return max((_silent_for(one) for one, other in sides if _is_guard(other)), default=0)
        case BinaryNode(operator="==" | "<=", left=of, right=NumberNode(0)):
            return _window_of(of)
        case CallNode(name="absent_over_time", arguments=(SeriesNode(window=Window(seconds=seconds, variable="")),)):
            return seconds
    return 0


def _is_guard(node: Node) -> bool:
    """Whether it says of which series the alert is: those that have something."""
    if isinstance(node, BinaryNode) and node.operator == "and":
        return _is_guard(node.left) and _is_guard(node.right)
    limited = isinstance(node, BinaryNode) and isinstance(node.right, NumberNode) and node.operator in _GUARDS
    return limited and not _silent_for(node)


def _window_of(node: Node) -> float:
    while isinstance(node, AggregateNode) and node.operator in ("sum", "max"):
        node = node.of
    match node:
        case CallNode(name=name, arguments=(SeriesNode(window=Window(seconds=seconds, variable="")),)) if (
            name in _OF_HAPPENING
        ):
            return seconds
    return 0


def _evaluated_every(interval: str, for_: str) -> Example:
    example = as_alert("queue_length > 100", for_)
    (group,) = example.corpus.groups
    return Example(f"interval: {interval}\n{example.text}", Corpus(groups=(replace(group, interval_text=interval),)))


@lint_rule(
    "wait-below-interval",
    Severity.WARNING,
    title="An alert that waits less than from one evaluation to the next",
    why="A `for` is looked at when the alert is evaluated: it waits for the next evaluation, however much shorter its `for` is. "
    "A few seconds do not pass over a short peak, and an hour between two evaluations is an hour before somebody is called.",
    fix="Let it wait for several evaluations, evaluate the group more often, or leave the `for` out.",
    bad=_evaluated_every("1h", "5m"),
    good=_evaluated_every("1m", "5m"),
)
def wait_below_interval(corpus: Corpus) -> Iterator[Defect]:
    """In rules of Prometheus, where the group says that it is evaluated less than half as often; else a `for` of less than five seconds."""
    for group in corpus.groups:
        every = seconds_of(group.interval_text) or 0
        for alert in (each for each in group.rules if each.is_alert and each.name and not each.is_grafana):
            waits = seconds_of(alert.for_text) or 0
            if 0 < waits < (every / 2 or _SHORTEST_INTERVAL_SECONDS):
                yield Defect(alert.location, _waits_longer(alert, group, every))


def _waits_longer(alert: GroupedRule, group: RuleGroup, every: float) -> str:
    if every:
        return f"{alert.name} fires after {duration(every)}, not after {alert.for_text}: its group is evaluated every {group.interval_text}."
    return f"{alert.name} fires at its second evaluation, usually after a minute, not after {alert.for_text}."


RULES = (waits_twice, wait_below_interval)
