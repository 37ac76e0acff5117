"""Which of the series that a query cannot do without are missing."""

import re
from collections.abc import Callable, Iterable

import promql_parser as ast

from glassbox.syntax.parsing import parsed, parts_of, too_long

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
        raise too_long(query) from None


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
