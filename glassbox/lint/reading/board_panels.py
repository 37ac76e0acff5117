"""Panels as files of Grafana's classic schema hold them, those of Grafana 4 with their rows included."""

from collections.abc import Iterator, Mapping
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Location
from glassbox.lint.reading.asked_sources import DataSourceKinds, is_log_ql, name_of_source
from glassbox.lint.reading.board_links import data_links_of, links_of
from glassbox.lint.reading.ignored_settings import ignored_settings, reads_fields_alone
from glassbox.lint.reading.located import line_of, object_in, text_in, texts_within
from glassbox.lint.reading.shortest_steps import ShortestSteps
from glassbox.lint.subjects.judged_boards import GRAFANAS_THRESHOLDS, BoardPanel, BoardRow, Grid
from glassbox.lint.subjects.queries import Query, QueryKind

_MOST_ROWS_IN_ROWS = 3
# Those that neither compute a field nor change what one counts.
_KEEP_VALUES = {
    *(
        "append",
        "concatenate",
        "convertFieldType",
        "filterByRefId",
        "filterByValue",
        "filterFieldsByName",
        "filterFrames",
    ),
    *(
        "groupingToMatrix",
        "joinByField",
        "joinByLabels",
        "labelsToFields",
        "limit",
        "merge",
        "organize",
        "partitionByValues",
    ),
    *("prepareTimeSeries", "renameByRegex", "rowsToFields", "seriesToColumns", "seriesToRows", "sortBy", "transpose"),
}


def panels_of(
    board: Mapping[str, Any], at: Location, sources: DataSourceKinds, steps: ShortestSteps
) -> tuple[BoardPanel, ...]:
    """Every panel that is not a row, those within rows included."""
    found: dict[int, int] = {}
    return tuple(
        _panel(each, at, sources, steps, found.setdefault(id(holder), len(found)))
        for holder, each in _panels(board, 0)
        if each.get("type") != "row"
    )


def rows_of(board: Mapping[str, Any]) -> tuple[BoardRow, ...]:
    """Every row, those of Grafana 4 included."""
    rows = (each for _, each in _panels(board, 0) if each.get("type") == "row")
    return tuple(
        BoardRow(text_in(each, "title"), text_in(each, "repeat")) for each in (*rows, *objects_in(board, "rows"))
    )


def _panels(holder: Mapping[str, Any], depth: int) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each panel, behind the dashboard or row that holds it."""
    for panel in objects_in(holder, "panels"):
        yield holder, panel
        if depth < _MOST_ROWS_IN_ROWS:
            yield from _panels(panel, depth + 1)
    for row in objects_in(holder, "rows") if depth == 0 else ():
        yield from _panels(row, 1)


def _panel(
    panel: Mapping[str, Any], board: Location, sources: DataSourceKinds, steps: ShortestSteps, laid_out_in: int
) -> BoardPanel:
    title = text_in(panel, "title")
    line = line_of(panel, "title", "id", "type") or board.line
    at = Location(board.file, line, board.within(title or f"panel {text_in(panel, 'id')}").object)
    defaults = object_in(object_in(panel, "fieldConfig"), "defaults")
    texts = texts_within({key: value for key, value in panel.items() if key not in ("targets", "panels")})
    number = panel.get("id")
    return BoardPanel(
        title=title,
        type=text_in(panel, "type"),
        location=at,
        id=number if isinstance(number, int) else None,
        description=text_in(panel, "description"),
        unit=_unit(panel, defaults),
        minimum=_number(defaults.get("min")),
        maximum=_number(defaults.get("max")),
        other_units=_other_units(panel),
        several_scales=_several_scales(panel, defaults),
        thresholds=_thresholds(panel, defaults),
        datasource=name_of_source(panel),
        queries=tuple(_queries(panel, at, sources, steps)),
        grid=_grid(panel),
        links=links_of(panel, at) + data_links_of(panel, at),
        texts=(*(text for _, text in texts), *_other_texts(panel, sources)),
        label_texts=tuple((text, path) for path, text in texts if "__field.labels" in text),
        repeats=text_in(panel, "repeat"),
        library="libraryPanel" in panel,
        laid_out_in=laid_out_in,
        reductions=_reductions(panel),
        legend_calculations=_calculations(object_in(object_in(panel, "options"), "legend")),
        named_values=_named_values(defaults),
        colored=_is_colored(panel, defaults),
        each_point=_shows_all_values(panel) and not panel.get("transformations"),
        ignored=ignored_settings(panel),
        id_line=line_of(panel, "id") if "id" in panel else 0,
        unit_line=line_of(defaults, "unit") if "unit" in defaults else 0,
    )


def _queries(panel: Mapping[str, Any], at: Location, sources: DataSourceKinds, steps: ShortestSteps) -> Iterator[Query]:
    for target in objects_in(panel, "targets"):
        if not _asks_prometheus(target, panel, sources):
            continue
        text, name = text_in(target, "expr"), text_in(target, "refId")
        legend = text_in(target, "legendFormat")
        step = steps.of(text_in(target, "interval") or text_in(panel, "interval"))
        yield Query(
            text=text,
            location=Location(at.file, line_of(target, "expr") or at.line, at.within(f"query {name}").object),
            kind=QueryKind.PANEL,
            ref_id=name,
            legend="" if legend == "__auto" else legend,
            step_seconds=step.seconds,
            step_is_chosen=step.is_chosen,
            instant=target.get("instant") is True and target.get("range") is not True,
            hidden=target.get("hide") is True,
            format=text_in(target, "format") or "time_series",
            name_line=line_of(target, "refId") if "refId" in target else 0,
        )


def _asks_prometheus(target: Mapping[str, Any], panel: Mapping[str, Any], sources: DataSourceKinds) -> bool:
    text = text_in(target, "expr")
    return bool(text.strip()) and sources.is_prometheus(panel, target) and not is_log_ql(text)


def _other_texts(panel: Mapping[str, Any], sources: DataSourceKinds) -> Iterator[str]:
    """Texts of queries that name variables but are not PromQL or its legend, such as queries of Loki."""
    for target in objects_in(panel, "targets"):
        apart = ("expr", "legendFormat") if _asks_prometheus(target, panel, sources) else ()
        yield from (text for path, text in texts_within(target) if path not in apart)


def _unit(panel: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """The unit of the panel's values; panels before Grafana 7 have it at their axis, or as their format."""
    if reads_fields_alone(panel):
        return text_in(defaults, "unit")
    axis = next(iter(objects_in(panel, "yaxes")), {})
    return text_in(defaults, "unit") or text_in(axis, "format") or text_in(panel, "format")


def _other_units(panel: Mapping[str, Any]) -> bool:
    overridden = any(each.get("id") == "unit" for each in _overriding(panel))
    computed = any(each.get("id") not in _KEEP_VALUES for each in objects_in(panel, "transformations"))
    second_axis = any(text_in(each, "yaxis") == "2" for each in objects_in(panel, "seriesOverrides"))
    columns = any("unit" in each for each in objects_in(panel, "styles"))
    return overridden or computed or second_axis or columns


_OF_A_SCALE = frozenset({"min", "max", "custom.axisPlacement", "custom.axisSoftMax", "custom.scaleDistribution"})


def _several_scales(panel: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether some lines have a scale of their own, or large and small values share one that is logarithmic."""
    overridden = any(text_in(each, "id") in _OF_A_SCALE for each in _overriding(panel))
    scale = text_in(object_in(object_in(defaults, "custom"), "scaleDistribution"), "type")
    steps = [each.get("logBase") for each in objects_in(panel, "yaxes")]
    return overridden or scale not in ("", "linear") or any(each not in (None, 1) for each in steps)


def _reductions(panel: Mapping[str, Any]) -> tuple[str, ...]:
    return () if _shows_all_values(panel) else _calculations(object_in(object_in(panel, "options"), "reduceOptions"))


def _shows_all_values(panel: Mapping[str, Any]) -> bool:
    return object_in(object_in(panel, "options"), "reduceOptions").get("values") is True


def _calculations(holder: Mapping[str, Any]) -> tuple[str, ...]:
    calculated = holder.get("calcs")
    return tuple(each for each in calculated if isinstance(each, str)) if isinstance(calculated, list) else ()


def _named_values(defaults: Mapping[str, Any]) -> frozenset[str]:
    named = [object_in(each, "options") for each in objects_in(defaults, "mappings") if each.get("type") == "value"]
    return frozenset(value for options in named for value in options)


def _is_colored(panel: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether its number has the colour of the thresholds, as those of these types have unless told otherwise."""
    options = object_in(panel, "options")
    shows_none = text_in(options, "colorMode") == "none" or text_in(options, "textMode") in ("name", "none")
    by_thresholds = text_in(object_in(defaults, "color"), "mode") in ("", "thresholds")
    otherwise = {"thresholds", "color", "mappings"} & {text_in(each, "id") for each in _overriding(panel)}
    return (
        text_in(panel, "type") in ("stat", "gauge", "bargauge") and by_thresholds and not shows_none and not otherwise
    )


def _overriding(panel: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is set for some fields alone."""
    for override in objects_in(object_in(panel, "fieldConfig"), "overrides"):
        yield from objects_in(override, "properties")


def _thresholds(panel: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[float, ...]:
    """The absolute values at which the colour changes, without the first, which is that of the least values."""
    thresholds = object_in(defaults, "thresholds")
    # Before Grafana 7 they stood elsewhere.
    if not thresholds and "fieldOptions" not in object_in(panel, "options"):
        return GRAFANAS_THRESHOLDS
    if thresholds.get("mode", "absolute") != "absolute":
        return ()
    values = [_number(each.get("value")) for each in objects_in(thresholds, "steps")][1:]
    return tuple(value for value in values if value is not None)


def _grid(panel: Mapping[str, Any]) -> Grid | None:
    place = object_in(panel, "gridPos")
    x, y, width, height = (_number(place.get(key)) for key in "xywh")
    return (
        None
        if x is None or y is None or width is None or height is None
        else Grid(int(x), int(y), int(width), int(height))
    )


def _number(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 else None
    )
