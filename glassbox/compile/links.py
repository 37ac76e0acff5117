"""Where an alert leads: to the panels that show it, narrowed to what the alert is about; and from those panels back to its runbook.

`urlquery` is Go's own (text/template), so Prometheus and Grafana both have it: Grafana expands templates with Prometheus' code
(pkg/services/ngalert/state/template/template.go). `viewPanel` takes a bare number in every Grafana, for the sake of old links
(findVizPanelByPathId), and `panel-<number>` only where dashboards are scenes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from glassbox.board.assembling import AssembledDashboard, PlacedPanel
from glassbox.compile.bundle import Json
from glassbox.errors import DeclarationError
from glassbox.query.rules import Alert
from glassbox.settings.model import Settings


@dataclass(frozen=True)
class PanelLink:
    """A panel, and the pairs of dashboard variable and alert label that narrow it."""

    dashboard_uid: str
    panel_id: int
    narrowed: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The link below Grafana's address, as a template of the alert's labels; a label that is missing narrows nothing."""
        chosen = (
            f"{{{{ with $labels.{label} }}}}&var-{variable}={{{{ . | urlquery }}}}{{{{ end }}}}"
            for variable, label in self.narrowed
        )
        return f"/d/{self.dashboard_uid}?viewPanel={self.panel_id}{''.join(chosen)}"


def panel_link(alert: Alert, boards: Mapping[str, AssembledDashboard], uids: Mapping[str, str]) -> PanelLink:
    """The link to the alert's panel; `boards` and their `uids` are by slug. Raises GlassboxError where there is no such panel.

    It sets each variable that narrows the panel's queries by a label that the alert has.
    """
    panel = _panel(alert, alert.panel, boards)
    labels = alert.expr.shape.labels
    narrowed = ((variable.name, variable.label) for variable in panel.narrowed_by if variable.label in labels)
    return PanelLink(uids[alert.panel[0]], panel.id, tuple(sorted(narrowed)))


def runbook_links(
    alerts: Iterable[Alert], boards: Mapping[str, AssembledDashboard], settings: Settings
) -> dict[tuple[str, int], list[Json]]:
    """Links to the runbooks of the alerts that a panel shows or explains, by the dashboard's slug and the panel's id.

    There are none where the settings do not say where runbooks can be read. Raises GlassboxError where an alert names a panel that does not exist.
    """
    links: dict[tuple[str, int], list[Json]] = {}
    for alert in alerts:
        link = {"title": f"Runbook {alert.name}", "url": settings.runbook_url(alert.name), "targetBlank": True}
        for shown_on in (alert.panel, *alert.also_explained_on):
            key = (shown_on[0], _panel(alert, shown_on, boards).id)
            links[key] = [link, *links.get(key, [])]
    return links if settings.runbook_base_url else {}


def _panel(alert: Alert, shown_on: tuple[str, str], boards: Mapping[str, AssembledDashboard]) -> PlacedPanel:
    slug, title = shown_on
    if slug not in boards:
        raise DeclarationError(
            f"Alert {alert.name} leads to the dashboard {slug!r}, which does not exist: correct its panel.",
            "alert",
            alert.name,
        )
    if title not in boards[slug].panels:
        raise DeclarationError(
            f"Alert {alert.name} leads to the panel {title!r}, which the dashboard {slug!r} does not have: correct its panel.",
            "alert",
            alert.name,
        )
    return boards[slug].panels[title]
