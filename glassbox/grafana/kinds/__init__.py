"""Every kind of object that a push writes, in the order of writing; objects are removed in the opposite order."""

from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind

KINDS: tuple[ObjectKind, ...] = (FolderKind(), DashboardKind(), RuleGroupKind())
