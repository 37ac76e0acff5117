"""Which series a query cannot do without, as far as they are missing."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

import promql_parser as ast

from glassbox.errors import GlassboxError

# Grafana's durations within brackets; any will do, since nothing is evaluated.
_DURATIONS = ("$__rate_interval", "$__interval", "$__range")

Exists = Callable[[str], bool]


def missing(query: str, exists: Exists) -> tuple[str, ...]:
    """The names of series without which the query has no result, and which do not exist; empty where it can have one.

    Of an `or`, one side is enough: where neither can work, what the first lacks. Values and labels are not looked at.
    Raises GlassboxError for a text that is not PromQL.
    """
    return tuple(dict.fromkeys(_missing(_parsed(query), exists)))


def selectors_of(query: str) -> tuple[ast.VectorSelector, ...]:
    """Every selector of series in the query, in the order of the text; raises GlassboxError as above."""
    return tuple(_selectors(_parsed(query)))


@cache
def _parsed(query: str) -> ast.Expr:
    text = query
    for variable in _DURATIONS:
        text = text.replace(variable, "5m")
    try:
        return ast.parse(text)
    except ValueError as error:
        raise GlassboxError(f"'{query}' is not PromQL ({error}): correct it.") from None


def _missing(expr: ast.Expr, exists: Exists) -> Iterable[str]:
    if isinstance(expr, ast.BinaryExpr):
        return _of_two(expr, exists)
    if isinstance(expr, ast.VectorSelector):
        names = _names(expr)
        return () if not names or any(map(exists, names)) else names[:1]
    # Its result is there because nothing else is.
    if isinstance(expr, ast.Call) and expr.func.name.startswith("absent"):
        return ()
    return [name for part in _parts(expr) for name in _missing(part, exists)]


def _of_two(expr: ast.BinaryExpr, exists: Exists) -> Iterable[str]:
    left, right = list(_missing(expr.lhs, exists)), list(_missing(expr.rhs, exists))
    match str(expr.op):
        case "or":
            return left if left and right else ()
        case "unless":
            return left
    return [*left, *right]


def _parts(expr: ast.Expr) -> tuple[ast.Expr, ...]:
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
    parts = (expr.lhs, expr.rhs) if isinstance(expr, ast.BinaryExpr) else _parts(expr)
    for part in parts:
        yield from _selectors(part)


def _names(selector: ast.VectorSelector) -> list[str]:
    """The names that it reads; a selector of labels alone has none."""
    if selector.name:
        return [selector.name]
    named = [each.value for each in selector.matchers.matchers if each.name == "__name__"]
    return named[0].split("|") if named else []
