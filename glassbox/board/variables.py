"""Dashboard variables, and how each narrows the queries of its dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr
from glassbox.query.expression_parts import Parts
from glassbox.query.per_replica import SingleChoice
from glassbox.query.selectors import Level, Matcher, Selector, Source, regex

DATA_SOURCE = "datasource"
DATA_SOURCE_REF = {"type": "prometheus", "uid": f"${{{DATA_SOURCE}}}"}


class Claim(IntEnum):
    """How closely a variable names the series that it narrows; the closer one wins."""

    NONE = 0
    EVERY_SERIES = 1
    LEVEL = 2
    SERIES = 3


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A choice among the values that `label` has on the series `values_of`, or on any of `values_also_of`, which have the same labels.

    It narrows the metrics and recorded series in `narrows`, and all recorded series of the levels there; without `narrows`, every series.
    Where two variables stand for the same label, a series belongs to the one that names it, then to the one that names its level.
    `optional` keeps the series that lack the label as long as nothing is chosen.
    `single` allows one value only, and All only where the choice is optional; the first value is chosen at the start, the
    last one with `last_first`. `within` are the choices to which the offered values belong.
    `serving` makes an optional, single choice hold for recorded series that have summed the label away: they are worked out
    for the one that is chosen, as `glassbox.query.per_replica` says. `identity` are labels that series keep beside the job.
    """

    name: str
    title: str
    label: str
    values_of: Source
    values_also_of: tuple[Source, ...] = ()
    narrows: tuple[Level | Source, ...] | None = None
    optional: bool = False
    single: bool = False
    last_first: bool = False
    within: "tuple[Variable, ...]" = ()
    serving: Expr | None = None
    identity: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.serving and not (self.optional and self.single):
            raise GlassboxError(
                f"Variable {self.name!r} has `serving`, which works for one choice only: make it optional and single."
            )

    @property
    def query(self) -> str:
        """The data source's query for the values."""
        labels = (*self.values_of.all_labels, *(each.label for each in self.within))
        offered = Selector(self.values_of.name, labels, self.values_of.shared_name)
        if self.values_also_of:
            names = regex("|".join(source.name for source in self.offering))
            offered = replace(offered, name="", labels=("__name__", *offered.labels)).matching({"__name__": names})
        offered = offered.matching({each.label: each.matcher for each in self.within})
        return f"label_values({offered}, {self.label})"

    @property
    def offering(self) -> tuple[Source, ...]:
        """The series whose labels are offered."""
        return (self.values_of, *self.values_also_of)

    @property
    def has_all(self) -> bool:
        """Whether All can be chosen."""
        return self.optional or not self.single

    @property
    def all_value(self) -> str:
        """The regular expression that stands for all values."""
        return ".*" if self.optional else ".+"

    def claim(self, series: Selector) -> Claim:
        """How closely `narrows` names the series, under any of its names."""
        if self.narrows is None:
            return Claim.EVERY_SERIES
        if series.name in self._named:
            return Claim.SERIES
        return Claim.LEVEL if series.level in self._levels else Claim.NONE

    @cached_property
    def _named(self) -> frozenset[str]:
        sources = [each for each in self.narrows or () if not isinstance(each, Level)]
        return frozenset(name for source in sources for name in (source.name, *source.former_names))

    @cached_property
    def _levels(self) -> frozenset[Level]:
        return frozenset(each for each in self.narrows or () if isinstance(each, Level))

    @property
    def matcher(self) -> Matcher:
        """What a series must match; Grafana writes the choice as a regular expression wherever it may be All."""
        return regex(f"${self.name}") if self.has_all else Matcher("=", f"${self.name}")

    @property
    def single_choice(self) -> SingleChoice | None:
        """How recorded series are computed again for the value that is chosen.

        Grafana's format `text` writes the word All where all are chosen, also in an interface that is translated (scenes pull
        request 1638: only what is shown of it is), and escapes nothing, which an address does not need.
        """
        value = Matcher("=", f"${{{self.name}:text}}")
        return SingleChoice(self.label, self.matcher, value, self.serving, self.identity) if self.serving else None


@dataclass(frozen=True)
class Side:
    """One side of a comparison: `variables` narrow only the queries made with `of`; the variables of its `dashboard` narrow them too."""

    name: str
    variables: tuple[Variable, ...]
    dashboard: tuple[Variable, ...] = ()

    @property
    def legend(self) -> str:
        """Its name and what is chosen of what narrows recorded series, which Grafana fills in."""
        named = [f"${{{variable.name}:text}}" for variable in self.variables if not variable.serving]
        return f"{self.name}: {' '.join(named)}"

    def of(self, expr: Expr) -> Expr:
        """The query for this side alone."""
        return narrowed(expr, (*self.variables, *self.dashboard))


def narrowed(expr: Expr, variables: Sequence[Variable]) -> Expr:
    """The query with a matcher for every variable that concerns its series."""
    return expr.with_selectors(lambda series: _narrow(series, variables))


def _narrow(series: Selector, variables: Sequence[Variable]) -> Parts:
    fitting = sorted((each for each in variables if each.claim(series)), key=lambda each: -each.claim(series))
    # Of several for one label, the variable with the closest claim is the one that stays.
    matchers = {series.named(each.label): each.matcher for each in reversed(fitting) if each.label in series.labels}
    chosen = series.matching(matchers)
    missing = [
        variable.single_choice for variable in fitting if variable.single_choice and variable.label not in series.labels
    ]
    if len(missing) > 1:
        raise GlassboxError(
            f"{series.name} can be computed for one choice at a time only: remove one of the variables."
        )
    return missing[0].resolve(chosen) if missing else (chosen,)
