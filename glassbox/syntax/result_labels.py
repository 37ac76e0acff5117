"""Which labels a query's result has, as far as its text says: those it may have, those it is meant to have, and with which values.

The rules are those of Prometheus (`promql/engine.go`: `aggregation`, `resultMetric`, `funcLabelReplace`, `createLabelsForAbsentFunction`).
Of a selector nothing is excluded but what its matchers say is missing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, reduce

from glassbox.syntax.grafana_variables import is_of_a_variable
from glassbox.syntax.tree import (
    COMPARISONS,
    SETS,
    AggregateNode,
    BinaryNode,
    CallNode,
    LabelMatcher,
    Node,
    SeriesNode,
    SubqueryNode,
    TextNode,
    is_scalar,
)

NAME = "__name__"


@dataclass(frozen=True)
class LabelSet:
    """Some labels, or where `all_but` is set all labels but some."""

    names: frozenset[str] = frozenset()
    all_but: bool = False

    def __contains__(self, label: str) -> bool:
        return (label in self.names) is not self.all_but

    def only(self, labels: Iterable[str]) -> "LabelSet":
        """Those of the labels that are in it."""
        return LabelSet(frozenset(label for label in labels if label in self))

    def minus(self, labels: Iterable[str]) -> "LabelSet":
        """It without these labels."""
        return LabelSet(self.names.union(labels) if self.all_but else self.names.difference(labels), self.all_but)

    def plus(self, labels: Iterable[str]) -> "LabelSet":
        """It with these labels."""
        return LabelSet(self.names.difference(labels) if self.all_but else self.names.union(labels), self.all_but)

    def __and__(self, other: "LabelSet") -> "LabelSet":
        if not self.all_but:
            return self.only(self.names & other.names if not other.all_but else self.names - other.names)
        return other & self if not other.all_but else LabelSet(self.names | other.names, all_but=True)

    def __or__(self, other: "LabelSet") -> "LabelSet":
        if not self.all_but:
            return other.plus(self.names)
        return self.plus(other.names) if not other.all_but else LabelSet(self.names & other.names, all_but=True)


ANY = LabelSet(all_but=True)
NONE = LabelSet()


@dataclass(frozen=True)
class ResultLabels:
    """The labels that series of a result may have, those that the query counts on in each of them, and the values that are known.

    A query counts on a label that a matcher requires, and on one that it aggregates or matches by.
    """

    possible: LabelSet = ANY
    expected: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)

    def only(self, labels: Iterable[str]) -> "ResultLabels":
        """What is left when all others are dropped, by somebody who counts on these."""
        left = self.among(labels)
        return replace(left, expected=left.possible.names)

    def among(self, labels: Iterable[str]) -> "ResultLabels":
        """What is said of these."""
        return self._with(self.possible.only(labels))

    def minus(self, *labels: str) -> "ResultLabels":
        """What is left without these."""
        return self._with(self.possible.minus(labels))

    def rewritten(self, label: str, *, always: bool) -> "ResultLabels":
        """It with a label that is given another value."""
        rest = self.minus(label)
        added = frozenset((label,)) if always else frozenset()
        return replace(rest, possible=rest.possible.plus((label,)), expected=rest.expected | added)

    def _with(self, possible: LabelSet) -> "ResultLabels":
        values = {label: value for label, value in self.values.items() if label in possible}
        return ResultLabels(possible, frozenset(label for label in self.expected if label in possible), values)


EMPTY = ResultLabels(NONE)
OfSeries = Callable[[SeriesNode], ResultLabels]
OfPart = Callable[[Node], ResultLabels]


def selected(series: SeriesNode) -> ResultLabels:
    """The labels of a selector's series if nothing else is known about them."""
    if series.either:
        return ResultLabels()
    present = frozenset(each.label for each in series.matchers if _needs_a_value(each))
    absent = (each.label for each in series.matchers if (each.operator, each.value) == ("=", ""))
    values = {each.label: each.value for each in series.matchers if each.operator == "=" and each.label in present}
    # The sum and the number of a histogram's observations are one series for all its buckets.
    of_all_buckets = ("le",) if series.name.endswith(("_sum", "_count")) and "le" not in present else ()
    return ResultLabels(ANY.minus((*absent, *of_all_buckets)), present, values)


def _needs_a_value(matcher: LabelMatcher) -> bool:
    """Whether a series without the label is left out, whatever a variable of Grafana stands for."""
    if is_of_a_variable(matcher.value):
        return False
    match matcher.operator:
        case "=":
            return matcher.value != ""
        case "!=":
            return matcher.value == ""
        case "=~":
            return not _matches_nothing(matcher.value)
    return _matches_nothing(matcher.value)


@cache
def _matches_nothing(pattern: str) -> bool:
    """Whether the pattern matches the empty text, and so a label that is missing."""
    try:
        return re.fullmatch(pattern, "") is not None
    except re.error:
        return True


def result_labels(node: Node, of_series: OfSeries = selected) -> ResultLabels:
    """Those of the query's result; `of_series` says what is known of a selector's series. Of a number there are none."""

    def of(part: Node) -> ResultLabels:
        return of_series(part) if isinstance(part, SeriesNode) else labels_by_parts(part, of)

    return of(node)


def labels_by_parts(node: Node, of: OfPart) -> ResultLabels:
    """Those of what is not a selector, where `of` says those of its parts."""
    match node:
        case SubqueryNode():
            return of(node.of)
        case AggregateNode():
            return _aggregated(node, of(node.of))
        case CallNode():
            return _returned(node, of)
        case BinaryNode() if not is_scalar(node):
            return _joined(node, of)
    return EMPTY


_CHOOSING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


def _aggregated(node: AggregateNode, of: ResultLabels) -> ResultLabels:
    if node.operator in _CHOOSING:
        return of
    if any(map(is_of_a_variable, node.labels or ())):
        return ResultLabels(of.possible)
    kept = of.minus(*(node.labels or ()), NAME) if node.without else of.only(node.labels or ())
    if node.operator == "count_values" and isinstance(node.parameter, TextNode):
        return kept.rewritten(node.parameter.value, always=True)
    return kept


_WITHOUT_BUCKETS = frozenset({"histogram_quantile", "histogram_fraction"})
_UNNAMED = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", *_WITHOUT_BUCKETS})
_REWRITING = frozenset({"label_replace", "label_join"})


def _returned(node: CallNode, of: OfPart) -> ResultLabels:
    arguments = [each for each in node.arguments if not isinstance(each, TextNode) and not is_scalar(each)]
    if node.name == "info":
        return ResultLabels()
    if node.scalar or node.name == "vector" or not arguments:
        return EMPTY
    if node.name.startswith("absent"):
        return _of_nothing(arguments[0])
    return _changed(node, of(arguments[0]))


def _changed(node: CallNode, of: ResultLabels) -> ResultLabels:
    """What a function makes of the labels of its argument."""
    if node.name in _REWRITING:
        return _rewritten(node, of)
    if node.name == "histogram_quantiles":
        label = next((each.value for each in node.arguments if isinstance(each, TextNode)), "quantile")
        return of.minus("le", NAME).rewritten(label, always=True)
    if node.name in _WITHOUT_BUCKETS:
        return of.minus("le", NAME)
    return of.minus(NAME) if node.name in _UNNAMED else of


def _of_nothing(argument: Node) -> ResultLabels:
    """Of `absent`: what the matchers of a selector say of series that are missing."""
    if not isinstance(argument, SeriesNode):
        return EMPTY
    named = [each.label for each in argument.matchers]
    said = {
        each.label: each.value for each in argument.matchers if each.operator == "=" and named.count(each.label) == 1
    }
    known = {label: value for label, value in said.items() if value and not is_of_a_variable(value)}
    return ResultLabels(LabelSet(frozenset(said)), frozenset(known), known)


def _rewritten(node: CallNode, of: ResultLabels) -> ResultLabels:
    """`label_replace(v, to, text, ...)`, which changes what matches, or `label_join(v, to, ...)`."""
    target = node.arguments[1]
    return of.rewritten(target.value, always=False) if isinstance(target, TextNode) else ResultLabels()


def _joined(node: BinaryNode, of: OfPart) -> ResultLabels:
    left, right = of(node.left), of(node.right)
    if is_scalar(node.right) or is_scalar(node.left):
        side = left if is_scalar(node.right) else right
        return side if node.operator in COMPARISONS and not node.returns_bool else side.minus(NAME)
    if node.operator in SETS:
        return either(left, right) if node.operator == "or" else left
    if node.group:
        many, one = (left, right) if node.group == "left" else (right, left)
        return _lent(many, one, node.lent)
    return _one_to_one(node, left, right)


def either(left: ResultLabels, right: ResultLabels) -> ResultLabels:
    """Those of series that are of one of the two."""
    common = {label: value for label, value in left.values.items() if right.values.get(label) == value}
    return ResultLabels(left.possible | right.possible, left.expected & right.expected, common)


def _lent(many: ResultLabels, one: ResultLabels, labels: Iterable[str]) -> ResultLabels:
    """The labels of the many side; those that `group_left` or `group_right` copies come from the one side."""
    if any(map(is_of_a_variable, labels)):
        return ResultLabels()
    rest, lent = many.minus(*labels), one.only(labels)
    return ResultLabels(
        rest.possible.plus(lent.possible.names), rest.expected | lent.expected, {**rest.values, **lent.values}
    )


def _one_to_one(node: BinaryNode, left: ResultLabels, right: ResultLabels) -> ResultLabels:
    """Both sides have the same values of all labels that they are matched on, and the result has only these."""
    if any(map(is_of_a_variable, node.labels)):
        return ResultLabels()
    sides = [
        each.only(node.labels) if node.matching == "on" else each.minus(*node.labels, NAME) for each in (left, right)
    ]
    both = reduce(lambda one, other: one & other, (each.possible for each in sides))
    if not node.matching and node.operator in COMPARISONS and not node.returns_bool:
        both = both.plus((NAME,))
    expected = frozenset[str]().union(*(each.expected for each in sides))
    return ResultLabels(both, expected, {**sides[0].values, **sides[1].values})


def matched_labels(node: BinaryNode, left: ResultLabels, right: ResultLabels) -> tuple[ResultLabels, ResultLabels]:
    """Of both sides, what is compared to find partners."""
    if node.matching == "on":
        return left.among(node.labels), right.among(node.labels)
    return left.minus(*node.labels, NAME), right.minus(*node.labels, NAME)
