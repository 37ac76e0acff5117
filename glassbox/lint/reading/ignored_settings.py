"""Settings of panels that stand where Grafana does not read them."""

from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.reading.located import object_in, text_in

# These types take how values are shown from their fieldConfig alone. What a panel of an Angular type had elsewhere is taken over from
# that panel only (its `type` is still graph, singlestat, table-old or grafana-piechart-panel, or its options have `valueOptions` or
# `fieldOptions`): public/app/plugins/panel/timeseries/migrations.ts, and SingleStatBaseOptions.ts of packages/grafana-ui.
_OF_FIELDS = frozenset({"stat", "gauge", "bargauge", "timeseries", "table", "piechart", "barchart", "state-timeline"})
_TAKEN_OVER = frozenset({"valueOptions", "fieldOptions", "angular"})
_PLAIN = frozenset({"", "short", "none"})


def ignored_settings(panel: Mapping[str, Any]) -> tuple[str, ...]:
    """What the panel says of thresholds, its unit or its kind of pie where its type does not read it, and nowhere else."""
    if not reads_fields_alone(panel):
        return ()
    options = object_in(panel, "options")
    defaults = object_in(object_in(panel, "fieldConfig"), "defaults")
    overridden = {
        text_in(each, "id")
        for override in objects_in(object_in(panel, "fieldConfig"), "overrides")
        for each in objects_in(override, "properties")
    }
    had = {setting for setting in ("unit", "thresholds") if defaults.get(setting) or setting in overridden}
    if options.get("pieType"):
        had.add("pieType")
    return tuple(where for setting, where in _elsewhere(panel, options) if setting not in had)


def reads_fields_alone(panel: Mapping[str, Any]) -> bool:
    """Whether its type takes how values are shown from its fieldConfig, and from nowhere else."""
    return text_in(panel, "type") in _OF_FIELDS and not _TAKEN_OVER & object_in(panel, "options").keys()


def _elsewhere(panel: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each setting that stands elsewhere, and where."""
    for holder, before in ((options, "options."), (panel, "")):
        if holder.get("thresholds"):
            yield "thresholds", f"{before}thresholds"
        if text_in(holder, "unit") not in _PLAIN:
            yield "unit", f"{before}unit"
    if text_in(panel, "format") not in _PLAIN:
        yield "unit", "format"
    for name in ("yaxes", "yAxes"):
        first = next(objects_in(panel, name), {})
        if not {text_in(first, "format"), text_in(first, "unit")} <= _PLAIN:
            yield "unit", name
    if text_in(panel, "type") == "piechart" and text_in(panel, "pieType") not in ("", "pie"):
        yield "pieType", "pieType"
