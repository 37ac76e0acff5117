"""Which rules a place outside of Grafana gets: the recorded series, and the alerts where the settings say so."""

from collections.abc import Mapping

from glassbox.compile.bundle import Bundle, Json
from glassbox.settings.model import ALERTS_IN_PROMETHEUS, Settings

RuleGroups = Mapping[str, Json]
"""Groups of a Prometheus rule file by their names, which are unique."""


def wanted_files(bundle: Bundle, settings: Settings) -> dict[str, Json]:
    """The rule files of a build that belong there, by their names, in the order of the build."""
    alerts = bundle.alerts if settings.alerts_evaluated_by == ALERTS_IN_PROMETHEUS else {}
    return {**bundle.recording_rules, **alerts}


def groups_of(files: Mapping[str, Json]) -> dict[str, Json]:
    """Every group of the files by its name."""
    return {group["name"]: group for file in files.values() for group in file.get("groups") or ()}
