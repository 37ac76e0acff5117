"""Reads PromQL, by the grammar that Prometheus has."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cache, lru_cache

import promql_parser as ast

from glassbox.errors import GlassboxError
from glassbox.syntax.grafana_variables import DURATIONS, outside_of_texts, plain
from glassbox.syntax.promql_durations import is_too_long
from glassbox.syntax.repeated_patterns import operator_and_value, patterns_as_texts
from glassbox.syntax.tree import (
    AggregateNode,
    BinaryNode,
    CallNode,
    LabelMatcher,
    Node,
    NumberNode,
    SeriesNode,
    SubqueryNode,
    TextNode,
    Window,
)

# The parser calls itself for each of them, and beyond several thousand it ends the process.
_MOST_OPERATORS = 2_000
_QUOTED = 60
_OPERATOR = re.compile(r"[-+*/%^<>=!(\[]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_OF_TIME = re.compile(r"\[([^\]]*)\]|\boffset\s+[-+]?\s*([\w.]+(?:(?<=[eE])[-+]\d+)?)", re.IGNORECASE)
_MATCHES = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_GRAFANAS = ("$__rate_interval", "$__interval", "$__range")
# The parser has the functions of Prometheus 3, which calls this one of version 2 by another name.
_IN_PROMETHEUS_2 = "holt_winters"
_OF_PROMETHEUS_2 = re.compile(rf"\b{_IN_PROMETHEUS_2}(?=\s*\()")
_VARIABLE_OF = {seconds: variable for variable, (_, seconds) in DURATIONS.items()}


@lru_cache(maxsize=512)
def parsed(query: str) -> ast.Expr:
    """The query as the parser has it, with durations for those of Grafana; raises GlassboxError for a text that is not PromQL."""
    return _parsed(query)


def _parsed(query: str) -> ast.Expr:
    text = query
    for variable in _GRAFANAS:
        text = text.replace(variable, DURATIONS[variable][0])
    if len(text) > _MOST_OPERATORS and len(_OPERATOR.findall(text)) > _MOST_OPERATORS:
        raise too_long(query)
    if long := next(filter(is_too_long, _durations(text)), ""):
        raise _not_promql(query, f"the duration {long} is out of range")
    try:
        return ast.parse(text)
    except ValueError as error:
        raise _not_promql(query, error) from None
    except BaseException as error:
        # Where the parser itself fails, it raises what is not an Exception.
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise _not_promql(query, "the parser cannot read it") from None


def _durations(text: str) -> Iterator[str]:
    """What stands where PromQL has durations: within brackets, and as an offset."""
    for part in outside_of_texts(text):
        for window, offset in _OF_TIME.findall(part):
            yield from (each.strip(" \t\r\n+-") for each in (*window.split(":"), offset))


def _not_promql(query: str, why: object) -> GlassboxError:
    return GlassboxError(f"'{query}' is not PromQL ({why}): correct it.")


def too_long(query: str) -> GlassboxError:
    """The error for a query that is too long or too deep to be judged."""
    return GlassboxError(f"'{query[:_QUOTED]}...' is too long or too deep to be judged: record parts of it.")


# Trees are kept, rather than what they are made of, which is large.
@cache
def tree_of(query: str) -> Node:
    """The query as a tree, with what stands for Grafana's variables; raises GlassboxError for a text that is not PromQL."""
    try:
        return _node(_with_a_number_or_name(query))
    except RecursionError:
        raise too_long(query) from None


def _with_a_number_or_name(query: str) -> ast.Expr:
    """The query parsed with a name in place of a variable that is a whole operand, or else with a number."""
    if _IN_PROMETHEUS_2 in query:
        query = _OF_PROMETHEUS_2.sub("double_exponential_smoothing", query)
    try:
        return _with_patterns(plain(query))
    except GlassboxError:
        return _with_patterns(plain(query, stands_for_one="1"))


def _with_patterns(query: str) -> ast.Expr:
    """The query parsed with texts in place of its patterns; errors are about the original query."""
    if (with_texts := patterns_as_texts(query, _is_taken)) != query:
        with suppress(GlassboxError):
            return _parsed(with_texts)
    return _parsed(query)


@cache
def _is_taken(pattern: str) -> bool:
    """Whether a selector of this pattern alone is one: the pattern can be read, and series without the label do not match."""
    try:
        _parsed(f"{{label=~{pattern}}}")
    except GlassboxError:
        return False
    return True


def _node(expr: ast.Expr) -> Node:  # noqa: PLR0911 - one for each kind of expression
    match expr:
        case ast.ParenExpr():
            return _node(expr.expr)
        case ast.NumberLiteral():
            return NumberNode(expr.val)
        case ast.StringLiteral():
            return TextNode(expr.val)
        case ast.VectorSelector():
            return _series(expr)
        case ast.MatrixSelector():
            return _series(expr.vector_selector, _window(expr.range))
        case ast.UnaryExpr():
            return CallNode("-", (_node(expr.expr),))
        case ast.SubqueryExpr():
            return SubqueryNode(_node(expr.expr), _window(expr.range), _window(expr.step) if expr.step else None)
        case ast.Call():
            return CallNode(
                expr.func.name, tuple(map(_node, expr.args)), str(expr.func.return_type) == "ValueType.Scalar"
            )
        case ast.AggregateExpr():
            return _aggregate(expr)
        case ast.BinaryExpr():
            return _binary(expr)
    raise AssertionError(f"the parser has a new kind of expression: {expr}")


def _series(expr: ast.VectorSelector, window: Window | None = None) -> SeriesNode:
    found = [
        LabelMatcher(each.name, *operator_and_value(_MATCHES[str(each.op)], each.value))
        for each in expr.matchers.matchers
    ]
    name = expr.name or next((each.value for each in found if (each.label, each.operator) == ("__name__", "=")), "")
    rest = (each for each in found if (each.label, each.operator, each.value) != ("__name__", "=", name))
    offset = expr.offset.total_seconds() if isinstance(expr.offset, timedelta) else 0
    return SeriesNode(name, tuple(rest), window, offset, bool(expr.matchers.or_matchers))


def _window(length: timedelta | None) -> Window:
    seconds = length.total_seconds() if length else 0
    return Window(seconds, _VARIABLE_OF.get(seconds, ""))


def _aggregate(expr: ast.AggregateExpr) -> AggregateNode:
    parameter = None if expr.param is None else _node(expr.param)
    if expr.modifier is None:
        return AggregateNode(str(expr.op), _node(expr.expr), parameter)
    without = str(expr.modifier.type) == "AggModifierType.Without"
    return AggregateNode(str(expr.op), _node(expr.expr), parameter, tuple(expr.modifier.labels), without)


def _binary(expr: ast.BinaryExpr) -> BinaryNode:
    sides = (str(expr.op), _node(expr.lhs), _node(expr.rhs))
    if (modifier := expr.modifier) is None:
        return BinaryNode(*sides)
    matching = {"Include": "on", "Exclude": "ignoring"}.get(_word(modifier.matching and modifier.matching.type), "")
    labels = tuple(modifier.matching.labels) if modifier.matching else ()
    group = {"ManyToOne": "left", "OneToMany": "right"}.get(_word(modifier.card), "")
    return BinaryNode(*sides, matching, labels, group, tuple(modifier.group_labels or ()), modifier.return_bool)


def _word(value: object) -> str:
    """The name of a value of one of the parser's enumerations."""
    return str(value).rpartition(".")[2]


def selectors_of(query: str) -> tuple[ast.VectorSelector, ...]:
    """Every selector of series in the query, in the order of the text; raises GlassboxError as `parsed` does."""
    return tuple(_selectors(parsed(query)))


def parts_of(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """What an expression with one operand, or a function, is made of."""
    if isinstance(expr, ast.Call):
        return tuple(expr.args)
    if isinstance(expr, ast.MatrixSelector):
        return (expr.vector_selector,)
    return (
        (expr.expr,) if isinstance(expr, ast.AggregateExpr | ast.ParenExpr | ast.UnaryExpr | ast.SubqueryExpr) else ()
    )


def _selectors(expr: ast.Expr) -> Iterator[ast.VectorSelector]:
    if isinstance(expr, ast.VectorSelector):
        yield expr
    parts = (expr.lhs, expr.rhs) if isinstance(expr, ast.BinaryExpr) else parts_of(expr)
    for part in parts:
        yield from _selectors(part)
