"""What of our content can work on a Prometheus: each board's panels, and each alert."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from glassbox.compile.bundle import Bundle
from glassbox.doctor.gpus_there import EXPORTERS
from glassbox.doctor.recorded import Holdings
from glassbox.metrics import CATALOGUE
from glassbox.metrics.types import Metric
from glassbox.query.expr import Expr
from glassbox.query.reporters import TITLES

_OTHER_TITLES = {
    "prometheus_server": "Prometheus about itself",
    "scrape": "every scrape",
    "process": "the process itself",
}


@dataclass(frozen=True)
class Lack:
    """A panel or an alert that cannot work, and what it lacks: names of series, or settings without which there are none."""

    title: str
    lacks: tuple[str, ...]
    settings: bool = False


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
    lacking = (lack_of(name, queries, holdings) for name, queries in parts)
    return Outlook(title, len(parts), tuple(filter(None, lacking)))


def lack_of(title: str, queries: list[Expr], holdings: Holdings) -> Lack | None:
    """What the first of the queries lacks, where none works."""
    lacks = [holdings.lacks(str(query)) for query in queries]
    if not lacks or not all(lacks):
        return None
    settings = {selector.name: selector.only_with for query in queries for selector in query.selectors}
    if wanted := tuple(dict.fromkeys(filter(None, (settings.get(name, "") for name in lacks[0])))):
        return Lack(title, wanted, settings=True)
    return Lack(title, lacks[0])


def brought_by(name: str) -> str:
    """What exposes the metric, and why it may not; empty for a name that the catalogue does not have."""
    metric, exporter = _catalogue().get(name, (None, ""))
    if metric is None:
        return ""
    since = f" from {metric.since} on" if metric.since else ""
    return f"{exporter}{since}" + (f"; {metric.often_absent}" if metric.often_absent else "")


@cache
def _catalogue() -> Mapping[str, tuple[Metric, str]]:
    """Each name with its metric and the title of its exporter; of two, the first engine's."""
    titles = TITLES | EXPORTERS | _OTHER_TITLES
    found: dict[str, tuple[Metric, str]] = {}
    for exporter in (*titles, *CATALOGUE):
        for metric in CATALOGUE.get(exporter, ()):
            for part in metric.parts:
                found.setdefault(part.name, (metric, titles.get(exporter, exporter)))
    return found
