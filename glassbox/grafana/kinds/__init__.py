"""Every kind of object that a push writes, in the order of writing; objects are removed in the opposite order."""

from glassbox.grafana.kinds.contact_point_kind import ContactPointKind
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.grafana.kinds.mute_timing_kind import MuteTimingKind
from glassbox.grafana.kinds.route_kind import RouteKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.grafana.kinds.template_kind import TemplateKind

# A route names contact points and mute timings, and people let rules name them; a contact point calls templates.
KINDS: tuple[ObjectKind, ...] = (
    FolderKind(),
    DashboardKind(),
    TemplateKind(),
    ContactPointKind(),
    MuteTimingKind(),
    RuleGroupKind(),
    RouteKind(),
)
