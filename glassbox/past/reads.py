"""What queries read of the past: names, how far back, and how far from the moment of their evaluation."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import promql_parser as ast

from glassbox.doctor.needs import names_in
from glassbox.syntax.parsing import parsed, parts_of


@dataclass(frozen=True)
class Read:
    """One selector of a query: the names or patterns of names that it may read, and the oldest and newest moment that it
    reads, in seconds before the evaluation."""

    names: tuple[str, ...]
    oldest_seconds: float
    newest_seconds: float


def reads_of(query: str) -> tuple[Read, ...]:
    """Every selector of the query; raises GlassboxError for a text that is not PromQL."""
    return tuple(_reads(parsed(query), 0.0, 0.0))


def _reads(expr: ast.Expr, offset: float, reach: float) -> Iterator[Read]:
    """`offset` and `reach` come from the subqueries around the expression."""
    if isinstance(expr, ast.VectorSelector):
        offset += _seconds(expr.offset)
        yield Read(tuple(names_in(expr)), offset + reach, offset)
        return
    if isinstance(expr, ast.MatrixSelector):
        yield from _reads(expr.vector_selector, offset, reach + _seconds(expr.range))
        return
    if isinstance(expr, ast.SubqueryExpr):
        offset, reach = offset + _seconds(expr.offset), reach + _seconds(expr.range)
    inner: Iterable[ast.Expr] = (expr.lhs, expr.rhs) if isinstance(expr, ast.BinaryExpr) else parts_of(expr)
    for part in inner:
        yield from _reads(part, offset, reach)


def _seconds(duration: timedelta | None) -> float:
    return duration.total_seconds() if duration else 0.0
