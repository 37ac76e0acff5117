"""Dashboard variables, and how each narrows the queries of its dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.expr import Expr, Selector, Source, regex

DATA_SOURCE = "datasource"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice among the values that `label` has on the series `values_of`; it narrows all series whose name begins with `narrows`.

    Where two variables stand for the same label, a series belongs to the one with the longer `narrows`.
    `optional` keeps the series that lack the label as long as nothing is chosen.
    """

    name: str
    title: str
    label: str
    values_of: Source
    narrows: str = ""
    optional: bool = False

    @property
    def query(self) -> str:
        """The data source's query for the values."""
        return f"label_values({self.values_of.name}, {self.label})"

    @property
    def all_value(self) -> str:
        """The regular expression that stands for all values."""
        return ".*" if self.optional else ".+"


def narrowed(expr: Expr, variables: Sequence[Variable]) -> Expr:
    """The query with a matcher for every variable that concerns its series."""
    # A matcher that is already there stays, so the most specific variable of a label comes first.
    for variable in sorted(variables, key=lambda variable: -len(variable.narrows)):
        expr = _narrow(expr, variable)
    return expr


def _narrow(expr: Expr, variable: Variable) -> Expr:
    def part_of(selector: Selector) -> Selector:
        concerned = selector.name.startswith(variable.narrows) and variable.label in selector.labels
        return selector.matching({variable.label: regex(f"${variable.name}")}) if concerned else selector

    parts = tuple(part if isinstance(part, str) else part_of(part) for part in expr.parts)
    return Expr(parts, expr.shape, expr.strength)
