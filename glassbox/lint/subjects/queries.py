"""Queries as lint judges them, whatever they are for."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from glassbox.errors import GlassboxError
from glassbox.lint.finding import Location
from glassbox.syntax.parsing import tree_of
from glassbox.syntax.tree import Node, SeriesNode, walk


class QueryKind(Enum):
    """What a query is for."""

    PANEL = "panel"
    VARIABLE = "variable"
    ANNOTATION = "annotation"
    ALERT = "alert"
    RECORD = "record"


@dataclass(frozen=True)
class WrittenText:
    """A value of a file as it is written: in which line, under which key."""

    line: int
    key: str
    text: str


@dataclass(frozen=True)
class Query:
    """A query as it is written, with Grafana's variables and macros in it, and what shows its result.

    `ref_id` is its name within its panel. `legend` is the template of its lines' names: empty where Grafana chooses, or nothing is drawn.
    `step_seconds` is its shortest step, None where it names none; where `step_is_chosen`, by a variable, the least that somebody can
    choose, None where that is not known. `format` is "time_series", "table" or "heatmap".
    `key` is the name under which it stands in its file, and `name_line` the line in which `ref_id` does. `within` are the values that it is
    a part of, where it does not stand by itself, such as `label_values(up, job)`. `is_metrics_ql` says that it is not PromQL, and that
    VictoriaMetrics may read it all the same.
    """

    text: str
    location: Location
    kind: QueryKind
    ref_id: str = ""
    legend: str = ""
    step_seconds: float | None = None
    step_is_chosen: bool = False
    instant: bool = False
    hidden: bool = False
    format: str = "time_series"
    key: str = "expr"
    name_line: int = 0
    within: tuple[WrittenText, ...] = ()
    is_metrics_ql: bool = False

    @cached_property
    def tree(self) -> Node | None:
        """The query as a tree; None where it is not PromQL, or a variable of Grafana decides whether it is."""
        try:
            return tree_of(self.text)
        except GlassboxError:
            return None

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the tree, each before its parts; empty where there is none."""
        return tuple(walk(self.tree)) if self.tree else ()

    @cached_property
    def series(self) -> tuple[SeriesNode, ...]:
        """Every selector in it, in the order of the text."""
        return tuple(node for node in self.nodes if isinstance(node, SeriesNode))
