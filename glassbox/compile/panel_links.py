"""Where an alert leads: the panel it names, narrowed to what the alert is about.

`urlquery` is Go's own (text/template), so Prometheus and Grafana both have it: Grafana expands templates with Prometheus' code
(pkg/services/ngalert/state/template/template.go). `viewPanel` takes a bare number in every Grafana, for the sake of old links
(findVizPanelByPathId), and `panel-<number>` only where dashboards are scenes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.query.rules import Alert

_NARROWED = re.compile(r'(\w+)=~"\$(\w+)"')


@dataclass(frozen=True)
class PanelLink:
    """A panel, and the pairs of dashboard variable and alert label that narrow it."""

    dashboard_uid: str
    panel_id: int
    narrowed: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The link below Grafana's address, as a template of the alert's labels; a missing label narrows nothing."""
        chosen = (
            f"{{{{ with $labels.{label} }}}}&var-{variable}={{{{ . | urlquery }}}}{{{{ end }}}}"
            for variable, label in self.narrowed
        )
        return f"/d/{self.dashboard_uid}?viewPanel={self.panel_id}{''.join(chosen)}"


def panel_link(alert: Alert, boards: Mapping[str, Json]) -> PanelLink:
    """The link to the alert's panel on one of the compiled dashboards, by slug; raises GlassboxError where it does not exist.

    It sets each variable by which the panel's queries match a label that the alert has.
    """
    slug, title = alert.panel
    if slug not in boards:
        raise GlassboxError(
            f"Alert {alert.name} leads to the dashboard {slug!r}, which does not exist: correct its panel."
        )
    panels = [panel for panel in boards[slug]["panels"] if panel["title"] == title and panel["type"] != "row"]
    if not panels:
        raise GlassboxError(
            f"Alert {alert.name} leads to the panel {title!r}, which the dashboard {slug!r} does not have: correct its panel."
        )
    queries = " ".join(target["expr"] for target in panels[0]["targets"])
    narrowed = {variable: label for label, variable in _NARROWED.findall(queries) if label in alert.expr.shape.labels}
    return PanelLink(boards[slug]["uid"], panels[0]["id"], tuple(sorted(narrowed.items())))
