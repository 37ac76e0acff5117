"""What of our content can work on a Prometheus: each board's panels, and each alert."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glassbox.compile.bundle import Bundle
from glassbox.doctor.recorded import Holdings
from glassbox.query.expr import Expr


@dataclass(frozen=True)
class Lack:
    """A panel or an alert that cannot work, and the names of the series that it lacks."""

    title: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Outlook:
    """A dashboard, or all alerts: how many panels or alerts there are, and those that cannot work."""

    title: str
    parts: int
    lacking: tuple[Lack, ...]

    @property
    def working(self) -> int:
        return self.parts - len(self.lacking)


def outlooks(bundle: Bundle, holdings: Holdings) -> Iterator[Outlook]:
    """Each dashboard by its title, then the alerts.

    A panel works where one of its queries does, an alert where its own does. That a series exists says nothing of its values.
    """
    for board in bundle.content.dashboards.values():
        panels = {title: [target.expr for target in panel.targets] for title, panel in board.panels.items()}
        yield _outlook(board.declared.title, panels.items(), holdings)
    alerts = [(alert.name, [alert.expr]) for group in bundle.content.alerts for alert in group.alerts]
    yield _outlook("Alerts", alerts, holdings)


def _outlook(title: str, parts: Iterable[tuple[str, list[Expr]]], holdings: Holdings) -> Outlook:
    parts = list(parts)
    lacking = ((name, [holdings.lacks(str(query)) for query in queries]) for name, queries in parts)
    return Outlook(title, len(parts), tuple(Lack(name, lacks[0]) for name, lacks in lacking if lacks and all(lacks)))
