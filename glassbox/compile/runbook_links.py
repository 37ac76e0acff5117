"""From a panel to the runbooks of the alerts that it shows or speaks of, where the settings say where runbooks can be read."""

from collections.abc import Iterable, Mapping

from glassbox.compile.bundle import Json
from glassbox.query.rules import Alert
from glassbox.settings.model import Settings


def link_runbooks(boards: Mapping[str, Json], alerts: Iterable[Alert], settings: Settings) -> None:
    """Put links in front of those that each panel has; `boards` are compiled dashboards by slug."""
    if not settings.runbook_base_url:
        return
    for alert in alerts:
        link = {"title": f"Runbook {alert.name}", "url": settings.runbook_url(alert.name), "targetBlank": True}
        for slug, board in boards.items():
            for panel in board["panels"]:
                if alert.panel == (slug, panel["title"]) or alert.name in panel.get("description", ""):
                    panel["links"] = [link, *panel.get("links", [])]
