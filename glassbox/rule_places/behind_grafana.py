"""The ruler of Grafana's data source as a place for rules, where it has one and nothing else records them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from glassbox.compile.bundle import DataSource, Json
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.data_source_ruler import DataSourceRuler
from glassbox.grafana.failures import GrafanaError
from glassbox.rule_places.ruler_push import Ruler, RulerPlace
from glassbox.settings.model import Settings

SETTING = "ruler.through_grafana"


def place_behind(
    grafana: Grafana, source: DataSource, files: Mapping[str, Json], settings: Settings, tell: Callable[[str], None]
) -> RulerPlace | None:
    """The place, or None: `tell` gets why where that is not simply that the data source has no ruler.

    GlassboxError where the settings say "always" and there is no ruler, or whether there is one is not known.
    """
    chosen = settings.ruler
    if chosen.through_grafana == "never":
        return None
    if chosen.through_grafana == "always":
        return ruler_place(_certain(grafana.ruler(source), source), settings)
    try:
        ruler = grafana.ruler(source)
        elsewhere = ruler is not None and _elsewhere(ruler, files, settings)
    except GrafanaError as error:
        tell(f"Whether data source {source.name} takes recorded series is not known: {error}")
        return None
    if elsewhere:
        tell(f"Something else records our series in data source {source.name}, so they were not brought to its ruler: set {SETTING} to never, or to always once that has ended.")  # fmt: skip  # one sentence is one line
    return None if ruler is None or elsewhere else ruler_place(ruler, settings)


def _certain(ruler: DataSourceRuler | None, source: DataSource) -> DataSourceRuler:
    if ruler is None:
        raise GlassboxError(f"Data source {source.name} has no ruler, and {SETTING} is always: set it to auto, or choose another with grafana.data_source.")  # fmt: skip  # a refusal is one line
    return ruler


def ruler_place(ruler: Ruler, settings: Settings) -> RulerPlace:
    """The namespace of this installation in a ruler."""
    return RulerPlace(ruler, namespace(settings), settings.ruler.rules_per_group)


def namespace(settings: Settings) -> str:
    """The namespace of this installation."""
    return settings.ruler.namespace or settings.grafana.folder_uid


def _elsewhere(ruler: DataSourceRuler, files: Mapping[str, Json], settings: Settings) -> bool:
    """Whether our series are there without a group of ours in the ruler."""
    first = next((file["groups"][0]["rules"] for file in files.values()), ())
    names = [str(rule["record"]) for rule in first if "record" in rule]
    return bool(names) and not ruler.groups(namespace(settings)) and ruler.has_any(names)
