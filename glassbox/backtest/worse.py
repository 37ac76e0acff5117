"""Which of two values of an alert's query is the worse one."""

from collections.abc import Callable
from math import isnan

import promql_parser as ast

from glassbox.errors import GlassboxError
from glassbox.syntax.parsing import parsed

Worse = Callable[[float, float], bool]
"""Whether the first value is worse than the second."""


def worse_direction(query: str) -> Worse:
    """The lower value if the query's first comparison wants less than its limit, else the higher one. Any value is worse than NaN."""
    lower = _wants_less(query)

    def worse(value: float, other: float) -> bool:
        if isnan(value) or isnan(other):
            return isnan(other) and not isnan(value)
        return value < other if lower else value > other

    return worse


def _wants_less(query: str) -> bool:
    try:
        return _first_comparison(parsed(query)) in ("<", "<=")
    except (GlassboxError, RecursionError):
        return False


def _first_comparison(expr: ast.Expr) -> str:
    """The operator of the comparison whose left side is the query's value; empty if there is none."""
    while isinstance(expr, ast.ParenExpr):
        expr = expr.expr
    if not isinstance(expr, ast.BinaryExpr):
        return ""
    sign = str(expr.op)
    return sign if sign in ("<", "<=", ">", ">=", "==", "!=") else _first_comparison(expr.lhs)
