"""Dashboard variables, and how each narrows the queries of its dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kit.expr import Expr, Selector, Source, regex

DATA_SOURCE = "datasource"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice among the values that `label` has on the series `values_of`; it narrows series whose name begins with one of `narrows`.

    Where two variables stand for the same label, a series belongs to the one that knows more of its name.
    `optional` keeps the series that lack the label as long as nothing is chosen.
    """

    name: str
    title: str
    label: str
    values_of: Source
    narrows: tuple[str, ...] = ("",)
    optional: bool = False

    @property
    def query(self) -> str:
        """The data source's query for the values."""
        return f"label_values({self.values_of.name}, {self.label})"

    @property
    def all_value(self) -> str:
        """The regular expression that stands for all values."""
        return ".*" if self.optional else ".+"

    def known_of(self, name: str) -> int:
        """How many characters of the series' name `narrows` names; -1 where the series does not concern it."""
        return max((len(prefix) for prefix in self.narrows if name.startswith(prefix)), default=-1)


def narrowed(expr: Expr, variables: Sequence[Variable]) -> Expr:
    """The query with a matcher for every variable that concerns its series."""
    parts = tuple(part if isinstance(part, str) else _narrow(part, variables) for part in expr.parts)
    return replace(expr, parts=parts)


def _narrow(selector: Selector, variables: Sequence[Variable]) -> Selector:
    # A matcher that is already there stays, so the variable that knows most of the name comes first.
    for variable in sorted(variables, key=lambda variable: -variable.known_of(selector.name)):
        if variable.known_of(selector.name) >= 0 and variable.label in selector.labels:
            selector = selector.matching({variable.label: regex(f"${variable.name}")})
    return selector
