"""What follows from a declared dashboard: where each panel stands, its id, its legends, and its queries as the variables narrow them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glassbox.board.annotation import Annotation, QueriedEvents
from glassbox.board.dashboard import Dashboard, Row
from glassbox.board.grid import COLUMNS, stable_id
from glassbox.board.panels import Panel
from glassbox.board.reporting import with_reporters
from glassbox.board.variables import Variable, narrowed
from glassbox.query.expr import Expr

# Labels whose values say nothing alone.
_LEGENDS = {"gpu": "#{{gpu}}"}


@dataclass(frozen=True)
class Place:
    """Left upper corner, width and height, in columns of Grafana's grid and in its units of height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Header:
    """The header of a row."""

    id: int
    title: str
    place: Place


@dataclass(frozen=True)
class Target:
    """A query of a panel: the panel's own name for it, what the legend shows of each result, and the query as it is sent."""

    ref_id: str
    name: str
    legend: str
    expr: Expr


@dataclass(frozen=True)
class PlacedPanel:
    """A declared panel where it stands; `narrowed_by` are the variables on which its queries depend."""

    id: int
    declared: Panel
    place: Place
    targets: tuple[Target, ...]
    narrowed_by: tuple[Variable, ...]

    @property
    def title(self) -> str:
        return self.declared.title

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels by which the results of its first query differ."""
        return self.targets[0].expr.shape.labels

    @property
    def in_rows(self) -> tuple[str, ...]:
        """The names of the variables that narrow its queries and of which each result has a value."""
        return tuple(variable.name for variable in self.narrowed_by if variable.label in self.labels)

    @property
    def ref_ids(self) -> Mapping[str, str]:
        """The queries' ids by their names."""
        return {target.name: target.ref_id for target in self.targets}


@dataclass(frozen=True)
class AssembledDashboard:
    """A declared dashboard with its headers and panels, from top to bottom, and its annotations as its variables narrow them."""

    declared: Dashboard
    items: tuple[Header | PlacedPanel, ...]
    annotations: tuple[Annotation, ...] = ()

    @property
    def slug(self) -> str:
        return self.declared.slug

    @property
    def panels(self) -> dict[str, PlacedPanel]:
        """The panels by title."""
        return {item.title: item for item in self.items if isinstance(item, PlacedPanel)}

    @property
    def queries(self) -> tuple[Expr, ...]:
        """Every query of the panels and annotations."""
        asked = tuple(target.expr for panel in self.panels.values() for target in panel.targets)
        return asked + tuple(each.query for each in self.annotations if isinstance(each, QueriedEvents))


def assemble(declared: Dashboard, annotations: Sequence[Annotation] = ()) -> AssembledDashboard:
    """The dashboard with everything that its declaration leaves to derive, and with these annotations over all panels."""
    items: list[Header | PlacedPanel] = []
    top = 0
    for line in declared.rows:
        if line.title:
            items.append(Header(line.header_id, line.title, Place(0, top, COLUMNS, 1)))
            top += 1
        items += _side_by_side(declared, line, top)
        top += max(panel.size.height for panel in line.panels)
    return AssembledDashboard(declared, tuple(items), tuple(_annotations(declared, annotations)))


def _annotations(declared: Dashboard, annotations: Sequence[Annotation]) -> Iterator[Annotation]:
    names = {variable.name for variable in declared.offered}
    identity = [variable for variable in declared.offered if variable.name in declared.identity]
    for each in annotations:
        if isinstance(each, QueriedEvents):
            chosen = [variable for variable in each.narrowed_by if variable.name in names]
            query = narrowed(each.query.identified(declared.identity), (*identity, *chosen))
            yield replace(each, query=query, tags=(*declared.identity, *each.tags))
        else:
            yield each


def _side_by_side(declared: Dashboard, line: Row, top: int) -> Iterator[PlacedPanel]:
    left = 0
    for panel, width in zip(line.panels, declared.widths(line), strict=True):
        targets = tuple(_targets(panel, declared.narrowed_queries[panel.title]))
        place = Place(left, top, width, panel.size.height)
        yield PlacedPanel(
            stable_id(panel.title), with_reporters(panel), place, targets, _narrowing(targets, declared.offered)
        )
        left += width


def _targets(panel: Panel, queries: Mapping[str, Expr]) -> Iterator[Target]:
    for index, (name, query) in enumerate(queries.items()):
        yield Target(chr(ord("A") + index), name, _legend(panel, name, query), query)


def _legend(panel: Panel, name: str, query: Expr) -> str:
    labels = " ".join(_LEGENDS.get(label, f"{{{{{label}}}}}") for label in query.shape.labels)
    # Grafana would print the whole query as the name of a line that has none.
    return f"{name} {labels}".strip() or panel.title


def _narrowing(targets: Sequence[Target], offered: Sequence[Variable]) -> tuple[Variable, ...]:
    """The variables that a matcher of one of the queries follows."""
    matchers = {pair for target in targets for series in target.expr.selectors for pair in series.matchers}
    return tuple(variable for variable in offered if (variable.label, variable.matcher) in matchers)
