"""Panels as content declares them, one class for each type. The words that content writes them with stand at the end.

`glassbox.board.assembling` works out what follows from a declaration: place, id, legends, and the queries as variables narrow them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

from glassbox.board.grid import Size
from glassbox.board.line_choice import LineChoice
from glassbox.board.style import PLAIN, Line, Steps, Words
from glassbox.board.tables import DrillDown, Page, common_labels
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Kind, Unit
from glassbox.query.expr import Expr

TALL, LOW = Size(), Size(height=4)

Queries = Expr | Mapping[str, Expr]


@dataclass(frozen=True)
class Panel(ABC):
    """One or more queries, drawn under a title; `why` says what they mean and what to do about it.

    `may_be_empty` says that no result is a normal state, which the panel's text for it names: `verify` then reports none.
    `exempt_from` are ids of rules of lint, each with the reason.
    """

    # Whether only the newest value is queried. Of a range Grafana would show the last value there was, however old.
    instant: ClassVar[bool] = True

    title: str
    _: KW_ONLY
    why: str
    size: Size = TALL
    may_be_empty: bool = False
    exempt_from: tuple[tuple[str, str], ...] = ()

    @property
    @abstractmethod
    def named_queries(self) -> Mapping[str, Expr]:
        """The queries as content wrote them, by their names in the legend; the name of a lone query may be empty."""

    @property
    def unit(self) -> Unit | None:
        """The unit of all values; None where each query has its own. Raises GlassboxError where queries share an axis and differ in unit."""
        units = {query.shape.unit for query in self.named_queries.values()}
        if len(units) != 1:
            names = ", ".join(sorted(unit.value for unit in units)) or "none"
            raise GlassboxError(f"Panel {self.title!r} needs queries of one unit, but has {names}: split it.")
        return units.pop()

    @property
    def line_choice(self) -> LineChoice | None:
        """What decides which of its queries are drawn; None where all are."""
        return None

    def __post_init__(self) -> None:
        """Raise GlassboxError where the queries cannot be drawn together."""
        _ = self.unit


@dataclass(frozen=True)
class _OfOneQuery(Panel):
    query: Expr

    @property
    def named_queries(self) -> Mapping[str, Expr]:
        return {"": self.query}


@dataclass(frozen=True)
class _OfQueries(Panel):
    queries: Queries

    @property
    def named_queries(self) -> Mapping[str, Expr]:
        return {"": self.queries} if isinstance(self.queries, Expr) else self.queries


@dataclass(frozen=True)
class Timeseries(_OfQueries):
    """Lines over time, one for each result of each query; `empty` stands for no result.

    `lines` gives lines another style, by the name of their query or by a name in the legend. `stacked` fills the lines on top of each other.
    `many` puts the legend of many or long names to the right, where it can be scrolled. `choice` decides which queries are drawn.
    """

    instant: ClassVar[bool] = False

    _: KW_ONLY
    lines: Mapping[str, Line] = field(default_factory=dict)
    stacked: bool = False
    many: bool = False
    choice: LineChoice | None = None
    minimum: float | None = 0
    maximum: float | None = None
    empty: str = "Not reported"

    @property
    def line_choice(self) -> LineChoice | None:
        return self.choice


@dataclass(frozen=True)
class Stat(_OfOneQuery):
    """One number for the end of the chosen time range, or for the whole of it; `empty` stands for no result.

    `words` stand for values that are states instead of numbers.
    """

    _: KW_ONLY
    steps: Steps = PLAIN
    words: Words | None = None
    size: Size = LOW
    empty: str = "Not reported"


@dataclass(frozen=True)
class Verdict(_OfOneQuery):
    """One word on its colour for each result, whose values are the codes of `words`; `empty` stands for no result."""

    _: KW_ONLY
    words: Words
    size: Size = LOW
    empty: str = "Not reported"


@dataclass(frozen=True)
class Timeline(_OfOneQuery):
    """One band for each result, coloured and named by `words` as long as its value stays the same."""

    instant: ClassVar[bool] = False

    _: KW_ONLY
    words: Words
    empty: str = "Not reported"


@dataclass(frozen=True)
class Gauge(_OfOneQuery):
    """A value on a scale from 0 to `maximum`, one dial for each result; `empty` stands for no result."""

    _: KW_ONLY
    steps: Steps
    maximum: float = 1
    empty: str = "Not reported"


@dataclass(frozen=True)
class Bars(_OfQueries):
    """Horizontal bars, one for each result; without `maximum` the longest bar fills the width, and `empty` stands for no result."""

    _: KW_ONLY
    maximum: float | None = None
    empty: str = "Not reported"


@dataclass(frozen=True)
class Heatmap(_OfOneQuery):
    """How many values fell between two bounds, over time: bucket rates by the label `le` alone, which Grafana takes apart.

    Cells without a value stay empty; the panel type has no text for no result.
    """

    instant: ClassVar[bool] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.query.shape.kind is not Kind.BUCKET_RATES or self.query.shape.labels != ("le",):
            raise GlassboxError(f"Panel {self.title!r} needs bucket rates by the label le only: sum them by le.")


@dataclass(frozen=True)
class Table(_OfOneQuery):
    """The newest value of each result: a column for each label, in the order of the query's labels, then `value`.

    `value=None` shows the labels alone, as of series that are always 1. `words` name the values, `drill_down` makes the values of its label links.
    `smallest_first` puts the value before the labels and orders the rows by it. `empty` stands for no rows.
    """

    _: KW_ONLY
    value: str | None
    words: Words | None = None
    drill_down: DrillDown | Page | None = None
    smallest_first: bool = False
    empty: str = "Not reported"


@dataclass(frozen=True)
class Comparison(Panel):
    """The newest values of several queries side by side: a row for each set of labels, a column for each query.

    The queries must have the same labels, by which their results meet; one that lacks a row leaves its cell empty.
    `steps` colour the numbers of a column, `words` name them, `largest_first` is the column that orders the rows;
    `drill_down` makes the values of its label links. `empty` stands for no rows.
    """

    columns: Mapping[str, Expr]
    _: KW_ONLY
    steps: Mapping[str, Steps] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    largest_first: str = ""
    drill_down: DrillDown | Page | None = None
    empty: str = "Not reported"

    @property
    def named_queries(self) -> Mapping[str, Expr]:
        return self.columns

    @property
    def unit(self) -> None:
        """Each column has its own."""
        return None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels by which the rows differ; raises GlassboxError where the columns have others."""
        return common_labels(self.title, self.columns)

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.labels
        if self.largest_first and self.largest_first not in self.columns:
            columns = ", ".join(self.columns)
            raise GlassboxError(
                f"Panel {self.title!r} has no column {self.largest_first!r} to order by; choose one of {columns}."
            )


# A declaration reads as a sentence.
timeseries, stat, verdict, timeline, gauge = Timeseries, Stat, Verdict, Timeline, Gauge
bars, heatmap, table, comparison = Bars, Heatmap, Table, Comparison
