"""A choice among the lines of panels: which of them are drawn."""

from dataclasses import dataclass

from glassbox.errors import GlassboxError
from glassbox.query.asked_for import if_matched
from glassbox.query.expr import Expr


@dataclass(frozen=True, kw_only=True)
class LineChoice:
    """The lines that a board offers by the names of their queries, and those of them that are `chosen` at the start.

    A panel's query whose name is not offered is always drawn.
    """

    name: str
    title: str
    offered: tuple[str, ...]
    chosen: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise GlassboxError where the start cannot be chosen."""
        unknown = [line for line in self.chosen if line not in self.offered]
        if unknown or not self.chosen:
            raise GlassboxError(
                f"Line choice {self.name!r} starts with {', '.join(unknown) or 'nothing'}: "
                f"choose of {', '.join(self.offered)}."
            )

    def applied(self, line: str, query: Expr) -> Expr:
        """The query of a line, which gives nothing while its line is not chosen.

        Grafana sends every query of a panel, whatever is chosen (its issue 79848).
        """
        return if_matched(query, line, f"${self.name}") if line in self.offered else query
