"""Dashboard variables, and how each narrows the queries of its dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kit.expr import Expr, Matcher, Parts, Selector, Source, regex
from kit.recomputed import for_one

DATA_SOURCE = "datasource"


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice among the values that `label` has on the series `values_of`; it narrows all series whose name begins with one of `narrows`.

    Where two variables stand for the same label, a series belongs to the one with the longer beginning of its name.
    `optional` keeps the series that lack the label as long as nothing is chosen.
    `single` allows one value only, and All only where the choice is optional; the first value is chosen at the start, the
    last one with `last_first`. `within` is the choice to which the offered values belong.
    `serves` ties the label to others, and makes the choice hold for recorded series that have summed it away: they are worked
    out for the one that is chosen, as `kit.recomputed` says. It needs an optional, single choice.
    """

    name: str
    title: str
    label: str
    values_of: Source
    narrows: tuple[str, ...] = ("",)
    optional: bool = False
    single: bool = False
    last_first: bool = False
    within: "Variable | None" = None
    serves: Expr | None = None

    @property
    def query(self) -> str:
        """The data source's query for the values."""
        offered = Selector(self.values_of.name, self.values_of.all_labels, self.values_of.shared_name)
        if self.within:
            offered = offered.matching({self.within.label: self.within.matcher})
        return f"label_values({offered}, {self.label})"

    @property
    def has_all(self) -> bool:
        """Whether All can be chosen."""
        return self.optional or not self.single

    @property
    def all_value(self) -> str:
        """The regular expression that stands for all values."""
        return ".*" if self.optional else ".+"

    def fits(self, series: str) -> int:
        """How many characters of the series' name it claims; -1 where it claims none of it."""
        return max((len(prefix) for prefix in self.narrows if series.startswith(prefix)), default=-1)

    @property
    def matcher(self) -> Matcher:
        """What a series must match; Grafana writes the choice as a regular expression wherever it may be All."""
        return regex(f"${self.name}") if self.has_all else Matcher("=", f"${self.name}")

    @property
    def one(self) -> Matcher:
        """The choice as it is read, which is the word All, and so no series, where all are chosen (Grafana's format `text`)."""
        return Matcher("=", f"${{{self.name}:text}}")


@dataclass(frozen=True)
class Side:
    """One side of a comparison: variables that narrow nothing but what is asked `of` it."""

    name: str
    variables: tuple[Variable, ...]

    @property
    def legend(self) -> str:
        """Its name and what is chosen of what narrows recorded series, which Grafana fills in."""
        named = [f"${{{variable.name}:text}}" for variable in self.variables if not variable.serves]
        return f"{self.name}: {' '.join(named)}"

    def of(self, expr: Expr) -> Expr:
        """The query for this side alone."""
        return narrowed(expr, self.variables)


def narrowed(expr: Expr, variables: Sequence[Variable]) -> Expr:
    """The query with a matcher for every variable that concerns its series."""
    return replace(expr, parts=tuple(part for each in expr.parts for part in _narrow(each, variables)))


def _narrow(part: str | Selector, variables: Sequence[Variable]) -> Parts:
    if isinstance(part, str):
        return (part,)
    name = part.name
    # A matcher that is already there stays, so the most specific variable of a label comes first.
    fitting = sorted(
        (variable for variable in variables if variable.fits(name) >= 0), key=lambda each: -each.fits(name)
    )
    for variable in fitting:
        if variable.label in part.labels:
            part = part.matching({variable.label: variable.matcher})
    for variable in fitting:
        if variable.serves and variable.label not in part.labels:
            return for_one(part, variable.label, variable.matcher, variable.one, variable.serves)
    return (part,)
