"""A dashboard as content declares it: rows of panels that answer one question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property

from glassbox.board.grid import stable_id, widths
from glassbox.board.line_choice import LineChoice
from glassbox.board.panels import Panel
from glassbox.board.tables import Next
from glassbox.board.variables import Side, Variable, narrowed
from glassbox.errors import GlassboxError
from glassbox.query.expr import Expr


@dataclass(frozen=True)
class Row:
    """Panels side by side; a row with a title gets a header that folds it."""

    title: str
    panels: tuple[Panel, ...]

    @property
    def header_id(self) -> int:
        """The id of the row's header."""
        return stable_id(f"row {self.title}")


def row(title: str, *panels: Panel) -> Row:
    """Panels side by side under a header."""
    return Row(title, panels)


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that answers one question. `slug` is its identity and never changes; titles may.

    `variables` narrow all queries, those of a side only the queries made for that side. Every panel links to `leads_to`.
    `identity` are labels that all queries keep beside the job. `exempt_from` are ids of rules of lint, each with the reason.
    """

    slug: str
    title: str
    _: KW_ONLY
    question: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    sides: Sequence[Side] = ()
    leads_to: Next | None = None
    identity: Sequence[str] = ()
    exempt_from: Sequence[tuple[str, str]] = ()

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All panels, in reading order."""
        return tuple(panel for line in self.rows for panel in line.panels)

    @property
    def offered(self) -> tuple[Variable, ...]:
        """All variables, in the order in which people choose."""
        return (*self.variables, *(variable for side in self.sides for variable in side.variables))

    @property
    def line_choices(self) -> tuple[LineChoice, ...]:
        """The choices among lines of its panels, each once."""
        return tuple(dict.fromkeys(panel.line_choice for panel in self.panels if panel.line_choice))

    @cached_property
    def narrowed_queries(self) -> dict[str, dict[str, Expr]]:
        """The queries as the variables narrow them, by the title of their panel and their own names."""
        return {
            panel.title: {name: self._narrowed(panel, name, query) for name, query in panel.named_queries.items()}
            for panel in self.panels
        }

    def _narrowed(self, panel: Panel, name: str, query: Expr) -> Expr:
        kept = query.identified(self.identity)
        asked = panel.line_choice.applied(name, kept) if panel.line_choice else kept
        return narrowed(asked, self.variables)

    def widths(self, line: Row) -> list[int]:
        """The columns that each panel of the row takes; raises GlassboxError where they do not fit."""
        return widths([panel.size for panel in line.panels], f"{self.title}, row {line.title or 1!r}")

    def __post_init__(self) -> None:
        """Raise GlassboxError at the line that declares what cannot be assembled."""
        for line in self.rows:
            self.widths(line)
        self._refuse_equal_titles()
        _ = self.narrowed_queries

    def _refuse_equal_titles(self) -> None:
        names = [(stable_id(panel.title), panel.title) for panel in self.panels]
        names += [(line.header_id, line.title) for line in self.rows if line.title]
        times = Counter(panel_id for panel_id, _ in names)
        for panel_id, title in names:
            if times[panel_id] > 1:
                raise GlassboxError(
                    f"{self.title}: two panels are called {title!r}; titles must differ within a dashboard."
                )


# A declaration reads as a sentence.
dashboard = Dashboard
