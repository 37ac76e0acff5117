"""What the form of an expression proves: faults that cannot be seen by any test, and so are not made.

A matcher that is lost on one side of an operator lets series in whose partners the other side, with the same matcher, lacks.
Numbers that are never negative are above 0 together where their maximum, their sum or their mean is.
"""

import re
from collections.abc import Iterable

import promql_parser as ast

from glassbox.query.selectors import Matcher

Fixed = frozenset[tuple[str, Matcher]]

SET_OPERATORS = ("and", "or", "unless")
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
# Of these, no series comes from one series of what they are given.
_WITHOUT_LABELS = ("absent", "absent_over_time", "scalar", "vector", "time")
_OF_SIGN = ("sum", "max", "avg", "min")
_OF_SIGN_OVER_TIME = tuple(f"{name}_over_time" for name in (*_OF_SIGN, "last"))
_COUNTERS = ("rate", "irate", "increase", "changes", "resets", "count_over_time", "present_over_time")
# Gauges and recorded series that count: others can be below 0 for all that their name says.
_COUNTS = re.compile(
    r"up|\w+_(total|count|bucket)|\w*num_requests_\w+|\w+:inference_requests(_running|_waiting\w*|_finished)?:(sum|rate\d+m)"
    r"|\w+:\w+:(group|bool|count\w*)|job:inference_targets_up:sum"
)


def matchers(node: ast.VectorSelector) -> tuple[tuple[str, Matcher], ...]:
    """Labels and how they are matched, in the order of the text."""
    found = node.matchers.matchers
    return tuple((each.name, Matcher(_OPERATORS[str(each.op).rpartition(".")[2]], each.value)) for each in found)


def fixed(node: ast.Expr) -> Fixed:
    """What holds of the labels of every series that comes out."""
    match node:
        case ast.VectorSelector():
            return frozenset(matchers(node))
        case ast.MatrixSelector():
            return fixed(node.vector_selector)
        case ast.BinaryExpr():
            return _fixed_by(node)
    inner = next((fixed(part) for part in parts(node)), frozenset())
    return frozenset(each for each in inner if keeps(node, each[0]))


def _fixed_by(node: ast.BinaryExpr) -> Fixed:
    left, right, operator = fixed(node.lhs), fixed(node.rhs), str(node.op)
    if operator == "or":
        return left & right
    if operator == "unless":
        return left
    shared = frozenset(each for each in left | right if matched_on(node, each[0]))
    return shared | left if operator == "and" else shared


def keeps(node: ast.Expr, label: str) -> bool:
    """Whether a step from some series to others treats those of each value of the label apart, and leaves it to them."""
    match node:
        case ast.AggregateExpr():
            return str(node.op) != "count_values" and _listed(node.modifier, label)
        case ast.Call() if node.func.name in ("label_replace", "label_join"):
            return bool(node.args[1].val != label)
        case ast.Call():
            return node.func.name not in _WITHOUT_LABELS and not (label == "le" and "histogram" in node.func.name)
        case ast.BinaryExpr():
            return matched_on(node, label)
    return True


def keep_all(node: ast.Expr, label: str) -> bool:
    """Whether each step within the tree does."""
    return keeps(node, label) and all(keep_all(part, label) for part in parts(node))


def parts(node: ast.Expr) -> Iterable[ast.Expr]:
    """What a node is made of."""
    match node:
        case ast.BinaryExpr():
            return node.lhs, node.rhs
        case ast.AggregateExpr() | ast.ParenExpr() | ast.SubqueryExpr():
            return (node.expr,)
        case ast.Call():
            return [each for each in node.args if not isinstance(each, ast.NumberLiteral | ast.StringLiteral)]
    return ()


def matched_on(node: ast.BinaryExpr, label: str) -> bool:
    """Whether series of the two sides only meet where they agree on the label; so they do where one side is a number."""
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        return True
    return (label in matching.labels) == (str(matching.type).rpartition(".")[2] == "Include")


def makes_no_difference(node: ast.BinaryExpr, lost: tuple[str, Matcher], *, on_the_left: bool) -> bool:
    """Whether a matcher that one side lost is made good by the other, as `keeps` holds of all between."""
    operator, other = str(node.op), node.rhs if on_the_left else node.lhs
    if operator == "or" or (operator == "unless" and on_the_left) or not matched_on(node, lost[0]):
        return False
    return lost in fixed(other)


def never_negative(node: ast.Expr) -> bool:
    """Whether no value can be below 0."""
    if isinstance(node, ast.NumberLiteral):
        return bool(node.val >= 0)
    if isinstance(node, ast.VectorSelector | ast.MatrixSelector):
        selector = node.vector_selector if isinstance(node, ast.MatrixSelector) else node
        return bool(_COUNTS.fullmatch(selector.name or ""))
    return _counts(node) or (_adds(node) and all(map(never_negative, _read_values(node))))


def _counts(node: ast.Expr) -> bool:
    """Whether it counts, whatever the values."""
    if isinstance(node, ast.AggregateExpr):
        return str(node.op) in ("count", "group")
    return isinstance(node, ast.Call) and node.func.name in _COUNTERS


def _adds(node: ast.Expr) -> bool:
    """Whether what comes out is below 0 only where something that goes in is."""
    match node:
        case ast.ParenExpr() | ast.SubqueryExpr():
            return True
        case ast.AggregateExpr():
            return str(node.op) in _OF_SIGN
        case ast.Call():
            return node.func.name in (*_OF_SIGN_OVER_TIME, "label_replace")
        case ast.BinaryExpr():
            return str(node.op) in (*SET_OPERATORS, "*", "/", "+")
    return False


def _read_values(node: ast.Expr) -> Iterable[ast.Expr]:
    """The parts whose values come out in one way or another."""
    only_left = isinstance(node, ast.BinaryExpr) and str(node.op) in ("and", "unless")
    return list(parts(node))[:1] if only_left else parts(node)


def keeps_sign(node: ast.Expr) -> bool:
    """Whether what comes out is above 0 for the same series as long as what goes in is, of numbers that are never below 0."""
    if isinstance(node, ast.BinaryExpr) and str(node.op) not in SET_OPERATORS:
        return str(node.op) in ("*", "/") and never_negative(node.lhs) and never_negative(node.rhs)
    return _counts(node) or _adds(node)


def _listed(modifier: ast.AggModifier | None, label: str) -> bool:
    """Whether an aggregation keeps a label."""
    if modifier is None:
        return False
    return bool((label in modifier.labels) == (modifier.type == ast.AggModifierType.By))
