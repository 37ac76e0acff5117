"""Which series a query cannot do without, as far as they are missing."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import promql_parser as ast

from glassbox.errors import GlassboxError

# Grafana's durations within brackets; any will do, since nothing is evaluated.
_DURATIONS = ("$__rate_interval", "$__interval", "$__range")

# The parser calls itself for each of them, and beyond several thousand it ends the process.
_MOST_OPERATORS = 2_000
_QUOTED = 60
_OPERATOR = re.compile(r"[-+*/%^<>=!(\[]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)

PATTERN = re.compile(r"[*+?()\[\]\\^{]")
"""Signs of a regular expression that no name has."""

Exists = Callable[[str], bool]


def missing(query: str, exists: Exists) -> tuple[str, ...]:
    """The names of series without which the query has no result, and which do not exist; empty where it can have one.

    Of an `or`, one side is enough: where neither can work, what the first lacks. Values and labels are not looked at.
    Raises GlassboxError for a text that is not PromQL.
    """
    try:
        return tuple(dict.fromkeys(_missing(parsed(query), exists)))
    except RecursionError:
        raise _too_long(query) from None


def selectors_of(query: str) -> tuple[ast.VectorSelector, ...]:
    """Every selector of series in the query, in the order of the text; raises GlassboxError as above."""
    return tuple(_selectors(parsed(query)))


@cache
def parsed(query: str) -> ast.Expr:
    """The query, with any duration for those of Grafana; raises GlassboxError as above."""
    text = query
    for variable in _DURATIONS:
        text = text.replace(variable, "5m")
    if len(_OPERATOR.findall(text)) > _MOST_OPERATORS:
        raise _too_long(query)
    try:
        return ast.parse(text)
    except ValueError as error:
        raise GlassboxError(f"'{query}' is not PromQL ({error}): correct it.") from None


def _too_long(query: str) -> GlassboxError:
    return GlassboxError(f"'{query[:_QUOTED]}...' is too long or too deep to be judged: record parts of it.")


def _missing(expr: ast.Expr, exists: Exists) -> Iterable[str]:
    if isinstance(expr, ast.BinaryExpr):
        return _of_two(expr, exists)
    if isinstance(expr, ast.VectorSelector):
        names = names_in(expr)
        return () if not names or any(map(exists, names)) else names[:1]
    # Its result is there because nothing else is.
    if isinstance(expr, ast.Call) and expr.func.name.startswith("absent"):
        return ()
    return [name for part in parts_of(expr) for name in _missing(part, exists)]


def _of_two(expr: ast.BinaryExpr, exists: Exists) -> Iterable[str]:
    left, right = list(_missing(expr.lhs, exists)), list(_missing(expr.rhs, exists))
    match str(expr.op):
        case "or":
            return left if left and right else ()
        case "unless":
            return left
    return [*left, *right]


def parts_of(expr: ast.Expr) -> tuple[ast.Expr, ...]:
    """The expressions right within an expression that is not one of two with an operator between them."""
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


def names_in(selector: ast.VectorSelector) -> list[str]:
    """The names that it reads, which may be patterns of names; none of a selector of labels alone, or of all names but some."""
    if selector.name:
        return [selector.name]
    for each in selector.matchers.matchers:
        if each.name == "__name__" and str(each.op) == "MatchOp.Equal":
            return [each.value]
        if each.name == "__name__" and str(each.op) == "MatchOp.Re":
            return each.value.split("|") if not PATTERN.search(each.value) else [each.value]
    return []
