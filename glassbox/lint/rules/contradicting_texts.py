"""Texts of alerts that say another number than the alert asks for."""

import re
from collections.abc import Iterator
from itertools import product
from math import inf, isclose, isfinite

from glassbox.lint.examples import as_alert
from glassbox.lint.finding import Severity
from glassbox.lint.rule import Defect, in_query, lint_rule
from glassbox.lint.said_numbers import SaidNumber, limits_said, times_said
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule
from glassbox.syntax.promql_durations import seconds_of
from glassbox.syntax.tree import COMPARISONS, BinaryNode, CallNode, Node, NumberNode, SeriesNode, SubqueryNode

_TEXTS = ("summary", "description", "message", "title")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Of so many numbers, nobody says what else may come of two of them.
_MANY = 20
_CODES = range(100, 600)
_AVERAGING = frozenset({"rate", "irate", "avg_over_time"})
# A wait of one minute beside an average of five may be called five minutes all the same.
_NEAR = 5
_OPPOSITE = {"<": ">", "<=": ">", ">": "<", ">=": "<"}
# A text may say what is wanted, what is no longer so, or what to do.
_OF_WHAT_SHOULD_BE = re.compile(
    r"\b(?:not?|n't|never|longer|should|must|shall|expect(?:s|ed)?|want(?:s|ed)?|normal(?:ly)?|usual(?:ly)?|target|goal|required?|needs?|keep|ensure|until|unless|back|recover\w*|resolved?|fell|drop\w*|objective|slo|sla)\b",
    re.IGNORECASE,
)
_PERCENT = 100
_UNITS_OF_TIME = (1e-3, 1, 60, 3_600, 86_400, 604_800)
# Between a number as it is written for people, and as it is compared: percent, multiples of SI and of 1024, and units of time.
# 100 ms of a second are 10%.
_SCALES_OF_PERCENT = (1, 100, 10, 1e4, 1e7)
_SCALES = (1, 100, 1e3, 1e6, 1e9, 1e12, *(1024**power for power in range(1, 5)), *_UNITS_OF_TIME[2:])


@lint_rule(
    "other-time-in-text",
    Severity.WARNING,
    title="The text of an alert names another time than the alert",
    why="Whoever is called looks at other minutes, and believes that it lasted longer or shorter than it did.",
    fix="Name the window of the query or the `for` of the alert, whichever is meant.",
    bad=as_alert("increase(errors_total[48h]) > 9", annotations={"summary": "10 errors in the last 24 hours"}),
    good=as_alert("increase(errors_total[24h]) > 9", annotations={"summary": "10 errors in the last 24 hours"}),
)
def other_time_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus, where no number, window or `for` of the rule is that time, and none of its series is a recorded one, of which only its name says over which time it is."""
    for alert, text in _told(corpus):
        names = list(times_said(text))
        times = set(_times(alert)) if names else set[float]()
        for said in names:
            known = said.number in _written(alert) or any(isclose(said.value, each) for each in times)
            if said.is_lasting and _is_averaged(said, alert):
                yield _contradicts(
                    alert, said, f"it waits {alert.for_text or '0s'} only, and averages over that window"
                )
            elif not known and not (said.is_past and _measures_by_itself(alert)):
                yield _contradicts(alert, said, f"it has a `for` of {alert.for_text or '0s'} and no such window")


@lint_rule(
    "other-number-in-text",
    Severity.WARNING,
    title="The text of an alert names another number than it compares with",
    why="One of the two was changed and the other forgotten: whoever is called does not know when it fires.",
    fix="Write the number of the query into the text, or leave it out there.",
    bad=as_alert("transaction_age > 300000000", annotations={"summary": "Over 150,000,000 transactions"}),
    good=as_alert("transaction_age > 300000000", annotations={"summary": "Over 300,000,000 transactions"}),
)
def other_number_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus that compare with a number other than 0 and 1, where none of its numbers is that one in another unit."""
    for alert, text in _told(corpus):
        names = list(limits_said(text))
        limits = [limit for limit in _limits(alert) if limit not in (0, 1)] if names else []
        numbers = {*_numbers(alert), *_next_to_limits(alert)} if limits else set[float]()
        for said in names if limits else ():
            other = _is_code(said, alert) or (said.is_percent and min(limits) > _PERCENT)
            if not other and said.number not in _written(alert) and not _is_of(said, numbers):
                yield _contradicts(alert, said, "and none of its numbers is that one")


def _told(corpus: Corpus) -> Iterator[tuple[GroupedRule, str]]:
    """Each alert whose numbers are all in its own query, with its name and each of its texts."""
    for alert in (each for each in corpus.alerts if not each.is_grafana and each.query.tree):
        if not any(":" in series.name or series.name in corpus.recorded for series in alert.query.series):
            yield alert, alert.name
            yield from ((alert, text) for name, text in alert.annotations.items() if name.lower() in _TEXTS)


def _contradicts(alert: GroupedRule, said: SaidNumber, why: str) -> Defect:
    return in_query(alert.query, f"The text of {alert.name} says {said.words!r}, {why}.")


def _measures_by_itself(alert: GroupedRule) -> bool:
    """Whether the query reads no window, so that the exporter says over which time its numbers are."""
    return not any(series.window for series in alert.query.series)


def _is_averaged(said: SaidNumber, alert: GroupedRule) -> bool:
    """Whether it is the window of an average, without a wait that is near it, and no number that is compared with."""
    calls = [node for node in alert.query.nodes if isinstance(node, CallNode)]
    reads = [(call.name, each) for call in calls for each in call.arguments if isinstance(each, SeriesNode)]
    names = {name for name, read in reads if read.window and isclose(read.window.seconds, said.value)}
    other = any(isclose(number * unit, said.value) for number, unit in product(_numbers(alert), _UNITS_OF_TIME))
    waits = seconds_of(alert.for_text) or 0
    return bool(names) and names <= _AVERAGING and waits * _NEAR < said.value and not other


def _is_code(said: SaidNumber, alert: GroupedRule) -> bool:
    """Whether it may be a status of HTTP, by which the query chooses."""
    chosen = (each.label for series in alert.query.series for each in series.matchers)
    return said.number in _CODES and any("code" in label or "status" in label for label in chosen)


def _written(alert: GroupedRule) -> set[float]:
    """Every number that the query's text has, as those in names."""
    return {float(each) for each in _NUMBER.findall(alert.query.text)}


def _times(alert: GroupedRule) -> Iterator[float]:
    """Every time that the rule names, and each window with the `for` after it."""
    waits = seconds_of(alert.for_text) or 0
    yield from (waits, seconds_of(alert.keep_firing_text) or 0)
    for node in alert.query.nodes:
        if isinstance(node, SeriesNode | SubqueryNode):
            window = node.window.seconds if node.window else 0
            yield from (window, window + waits, node.offset_seconds if isinstance(node, SeriesNode) else 0)
    yield from (number * unit for number, unit in product(_numbers(alert), _UNITS_OF_TIME))


def _numbers(alert: GroupedRule) -> Iterator[float]:
    """What every part without series comes to."""
    yield from filter(isfinite, map(_value, alert.query.nodes))


def _limits(alert: GroupedRule) -> Iterator[float]:
    yield from (_value(node.right) for node in _comparisons(alert))


def _next_to_limits(alert: GroupedRule) -> Iterator[float]:
    """The whole numbers beside what >= and <= let through: at least 3 is more than 2."""
    beside = {">=": -1, "<=": 1}
    yield from (_value(node.right) + beside[node.operator] for node in _comparisons(alert) if node.operator in beside)


def _comparisons(alert: GroupedRule) -> Iterator[BinaryNode]:
    for node in alert.query.nodes:
        if isinstance(node, BinaryNode) and node.operator in COMPARISONS and isfinite(_value(node.right)):
            yield node


def _value(node: Node) -> float:
    """The number that a part without series comes to; infinite for all else."""
    match node:
        case NumberNode():
            return node.value
        case CallNode(name="-"):
            return -_value(node.arguments[0])
        case BinaryNode(operator="*" | "/" | "+" | "-"):
            return _computed(node.operator, _value(node.left), _value(node.right))
    return inf


def _computed(operator: str, left: float, right: float) -> float:
    match operator:
        case "*":
            return left * right
        case "/":
            return left / right if right else inf
    return left + right if operator == "+" else left - right


def _is_of(said: SaidNumber, numbers: set[float]) -> bool:
    """Whether it is one of the numbers, what is left of it to all, or two of them multiplied or divided, in whatever unit; percent have none."""
    sizes = {abs(each) for each in numbers if each}
    if len(sizes) > _MANY:
        return True
    # Of what is used by what is free, the share of both.
    made = sizes | {abs(whole - each) for each in sizes for whole in (1, 100)} | {each / (1 + each) for each in sizes}
    made |= {one * other for one in sizes for other in sizes} | {one / other for one in sizes for other in sizes}
    scales = _SCALES_OF_PERCENT if said.is_percent else _SCALES
    scaled = (scale for each in made for scale in ((each * factor, each / factor) for factor in scales))
    return any(isclose(said.value, each, rel_tol=1e-3) for pair in scaled for each in pair)


@lint_rule(
    "opposite-in-text",
    Severity.WARNING,
    title="The text of an alert says above, and the alert asks for below, or the other way round",
    why="Either the comparison is turned round, so that it fires while all is well, or whoever is called reads the opposite of what is.",
    fix="Turn the comparison round, or correct the text.",
    bad=as_alert("free_bytes / size_bytes < 0.9", annotations={"summary": "More than 90% of the disk is used"}),
    good=as_alert("free_bytes / size_bytes < 0.1", annotations={"summary": "Less than 10% of the disk is free"}),
)
def opposite_in_text(corpus: Corpus) -> Iterator[Defect]:
    """In annotations of rules of Prometheus with one comparison, where the text names its number, in percent or as it is, and says nothing of how it should be."""
    for alert, text in _told(corpus):
        compared = [node for node in alert.query.nodes if isinstance(node, BinaryNode) and node.operator in COMPARISONS]
        one = len(compared) == 1 and not _OF_WHAT_SHOULD_BE.search(text)
        for said in (each for each in limits_said(text) if one and _is_opposite(each, compared[0])):
            asked = "above" if said.side == "<" else "below"
            message = f"The text of {alert.name} says {said.words!r}, and it asks for what is {asked} that."
            yield in_query(alert.query, message)


def _is_opposite(said: SaidNumber, compared: BinaryNode) -> bool:
    """Whether it is the number that is compared with, and on its other side."""
    if not said.side or _OPPOSITE.get(compared.operator) != said.side:
        return False
    limit = _value(compared.right)
    return isclose(said.value, limit) or (said.is_percent and limit <= 1 and isclose(said.value, limit * _PERCENT))


RULES = (other_time_in_text, other_number_in_text, opposite_in_text)
