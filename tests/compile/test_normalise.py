"""The emitted dashboards: today's shape, and none of grafanalib's defects."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import promql_parser
import pytest

from dashboards.choices import JOB
from dashboards.engine_comparison import A, B
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard, row
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.grid import Size
from glassbox.board.panels import (
    bars,
    comparison,
    gauge,
    heatmap,
    stat,
    table,
    timeline,
    timeseries,
    verdict,
)
from glassbox.board.style import GREEN, RED, UP_DOWN, YELLOW, Line, Steps
from glassbox.board.tables import CLICKED, DrillDown, Next, Page
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.metrics import scrape
from glassbox.query.promql import instant, max_by, sum_by
from recording_rules import engine, gpu, instances, requests
from tests.support.ours import our_bundle

QPS = sum_by(("job",), instant(requests.REQUESTS)).reported_by(None)
GPU = instant(gpu.ACTIVITY)
REPLICA = ("job", "instance")
RUNNING, KV = instant(instances.RUNNING), instances.KV_CACHE_USAGE
BUCKETS = instant(engine.TIME_TO_FIRST_TOKEN.bucket)
STEPS = Steps(GREEN, ((0.3, RED),))
# What grafanalib emits and no Grafana since 8 wants.
DEAD_KEYS = {
    "__inputs", "cacheTimeout", "cards", "columns", "error", "fieldOptions", "fontSize", "gnetId", "height",
    "hideControls", "hideTimeOverride", "interval", "intervalFactor", "limit", "maxDataPoints", "maxPerRow", "metric",
    "minSpan", "override", "rows", "sharedCrosshair", "showThreshold", "span", "step", "style", "styles", "tagsQuery",
    "tagValuesQuery", "target", "thresholdType", "time_options", "useTags", "yaxis", "line", "op",
}  # fmt: skip  # a row is a case


def compiled(*panels, rows=None):
    built = dashboard("x", "X", question="q?", variables=(JOB,), rows=rows or (Row("", panels),))
    return normalised(built)


def normalised(declared):
    return normalised_dashboard(plain(grafanalib_dashboard(assemble(declared))), tags=["t"])


PANELS = (
    timeseries("line", {"a": QPS, "b": QPS}, why="w."),
    timeseries("stack", QPS, why="w.", stacked=True, maximum=1),
    stat("number", QPS, why="w."),
    stat("judged", QPS, why="w.", steps=STEPS),
    gauge("dial", GPU, why="w.", steps=STEPS),
    bars("bars", instant(gpu.MEMORY_USED), why="w."),
    verdict("word", GPU, words=UP_DOWN, why="w."),
    timeline("bands", GPU, words=UP_DOWN, why="w."),
    heatmap("heat", sum_by(("le",), BUCKETS), why="w."),
    table("table", instant(scrape.UP), why="w.", value="Status", words=UP_DOWN),
    table("labels", instant(scrape.UP), why="w.", value=None),
    comparison(
        "side by side",
        {"Running": max_by(REPLICA, RUNNING), "KV": max_by(REPLICA, KV), "CPU": max_by(REPLICA, KV)},
        why="w.",
        steps={"KV": STEPS},
        drill_down=DrillDown("instance", "x", "instance", keeping=(JOB,)),
    ),
)


def boards():
    """A board with every panel type, and every board there is."""
    yield compiled(rows=(row("one", *PANELS[:4]), row("two", *PANELS[4:])))
    yield from our_bundle().dashboards.values()


BOARDS = list(boards())
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["uid"])
each_glassbox_board = pytest.mark.parametrize("board", BOARDS[1:], ids=lambda board: board["uid"])


def by_title(board):
    return {panel["title"]: panel for panel in board["panels"]}


def walk(value, path=""):
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, f"{path}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, f"{path}[{index}]")


@each_board
def test_schema_version_and_no_dead_keys(board):
    assert board["schemaVersion"] == 42
    # Annotations have words of their own.
    others = {key: value for key, value in board.items() if key != "annotations"}
    keys = {key for _, value in walk(others) if isinstance(value, dict) for key in value}
    assert not keys & DEAD_KEYS


@each_board
def test_null_occurs_only_as_the_base_of_thresholds(board):
    nulls = [path for path, value in walk(board) if value is None]
    assert all(path.endswith("steps[0].value") for path in nulls)


@each_board
def test_every_data_source_is_an_object_that_follows_the_variable(board):
    for path, value in walk(board):
        if path.endswith(".datasource") and ".annotations" not in path:
            assert value == {"type": "prometheus", "uid": "${datasource}"}, path
    assert board["templating"]["list"][0]["type"] == "datasource"


@each_board
def test_ids_and_ref_ids_are_unique_and_panels_do_not_overlap(board):
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids) and all(0 < panel_id < 2**31 for panel_id in ids)
    cells = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
    for panel in board["panels"]:
        refs = [target["refId"] for target in panel.get("targets", [])]
        assert refs == sorted(set(refs)) and "" not in refs


@each_board
def test_every_data_panel_says_what_it_means_and_which_version_it_was_written_for(board):
    for panel in board["panels"]:
        if panel["type"] == "row":
            assert panel["collapsed"] is False and panel["panels"] == []
            continue
        assert panel["pluginVersion"] == "13.2.2"
        assert panel["description"].endswith(".")
        if panel["type"] == "heatmap":
            assert panel["options"]["yAxis"]["unit"]
        elif panel["type"] not in ("table", "state-timeline"):
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["fieldConfig"]["defaults"]["noValue"]


@each_board
def test_no_default_red_at_80(board):
    for panel in board["panels"]:
        if panel["type"] in ("row", "timeseries", "heatmap"):
            continue
        defaults = panel["fieldConfig"]["defaults"]
        steps = defaults["thresholds"]["steps"]
        values = [step["value"] for step in steps]
        assert values[0] is None and values[1:] == sorted(values[1:])
        assert defaults["color"]["mode"] == ("thresholds" if len(steps) > 1 else "fixed")


@each_board
def test_variables_start_at_all_or_at_the_first_value_and_reload_with_the_time_range(board):
    for variable in (each for each in board["templating"]["list"] if each["type"] == "query" and not each.get("hide")):
        if variable["multi"]:
            assert variable["includeAll"] and variable["current"] == {"text": ["All"], "value": ["$__all"]}
        elif variable["includeAll"]:
            assert variable["current"] == {"text": "All", "value": "$__all"}
        else:
            assert not {"allValue", "current"} & set(variable)
        assert variable["refresh"] == 2
        assert variable["query"]["query"] == variable["definition"]
        assert f"${variable['name']}" in json.dumps(board["panels"]), "a variable that narrows nothing"


@each_board
def test_the_data_sources_of_the_server_are_looked_up_as_the_board_opens(board):
    """With `refresh` 0 Grafana would offer those that it saved, which are none."""
    assert (board["templating"]["list"][0]["query"], board["templating"]["list"][0]["refresh"]) == ("prometheus", 1)


@each_board
def test_values_are_offered_within_choices_that_stand_before(board):
    before = set()
    for variable in board["templating"]["list"]:
        assert set(re.findall(r"\$(\w+)", variable.get("definition", ""))) <= before, variable["name"]
        before.add(variable["name"])


@each_board
def test_every_variable_in_a_query_is_one_of_the_dashboard(board):
    known = {variable["name"] for variable in board["templating"]["list"]}
    used = {
        name
        for panel in board["panels"]
        for target in panel.get("targets", [])
        for name in re.findall(r"\$([a-z]\w*)", target["expr"])
    }
    assert used <= known | {"__range"}


@each_board
def test_rows_and_the_top_level_carry_nothing_that_grafanalib_leaves_there(board):
    for panel in board["panels"]:
        if panel["type"] == "row":
            assert set(panel) == {"collapsed", "gridPos", "id", "panels", "title", "type"}
    assert board["refresh"] == "30s"
    assert "id" not in board and "version" not in board


def test_a_stat_shows_the_last_value_in_one_neutral_colour_unless_it_judges():
    number = by_title(BOARDS[0])["number"]
    assert number["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
    assert number["fieldConfig"]["defaults"]["color"] == {"mode": "fixed", "fixedColor": "blue"}
    assert number["fieldConfig"]["defaults"]["noValue"] == "Not reported"
    assert by_title(BOARDS[0])["judged"]["fieldConfig"]["defaults"]["color"] == {"mode": "thresholds"}


def test_scales_may_be_fractions():
    panel = compiled(timeseries("n", GPU, why="w.", maximum=0.5))["panels"][0]
    assert panel["fieldConfig"]["defaults"]["max"] == 0.5


def test_a_gauge_keeps_its_scale_steps_and_reducer():
    dial = by_title(BOARDS[0])["dial"]
    assert dial["fieldConfig"]["defaults"]["min"] == 0
    assert dial["fieldConfig"]["defaults"]["max"] == 1
    assert dial["fieldConfig"]["defaults"]["unit"] == "percentunit"
    assert dial["fieldConfig"]["defaults"]["thresholds"]["steps"] == [
        {"color": "green", "value": None},
        {"color": "red", "value": 0.3},
    ]
    assert dial["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]
    assert dial["options"]["shape"] == "gauge"


def test_a_bar_gauge_keeps_unit_and_orientation():
    panel = by_title(BOARDS[0])["bars"]
    assert panel["fieldConfig"]["defaults"]["unit"] == "bytes"
    assert panel["fieldConfig"]["defaults"]["min"] == 0
    assert "max" not in panel["fieldConfig"]["defaults"]
    assert panel["options"] == {
        "displayMode": "basic",
        "namePlacement": "top",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"]},
        "text": {"titleSize": 13, "valueSize": 18},
    }


def test_a_table_asks_once_and_names_its_columns():
    panel = by_title(BOARDS[0])["table"]
    target = panel["targets"][0]
    assert (target["instant"], target["format"], "range" in target) == (True, "table", False)
    names = panel["transformations"][0]["options"]["renameByName"]
    assert names["instance"] == "Instance" and names["Value"] == "Status"
    cells, override = panel["fieldConfig"]["overrides"]
    assert cells["matcher"] == {"id": "byRegexp", "options": "/.*/"}
    assert cells["properties"] == [{"id": "noValue", "value": ""}], "the text for no rows fills no cell"
    assert override["matcher"] == {"id": "byName", "options": "Status"}
    unit, words, cell, width = override["properties"]
    assert unit == {"id": "unit", "value": "bool"}
    assert words["value"][0]["options"]["0"]["text"] == "DOWN"
    assert cell == {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}}
    assert width == {"id": "custom.width", "value": 110}, "a coloured word needs no more, and the labels share the rest"
    assert "unit" not in panel["fieldConfig"]["defaults"], "a version must not be read as a number"


def test_an_empty_panel_says_what_its_board_says_of_nothing():
    panels = by_title(compiled(stat("n", QPS, why="w.", empty="No data"), timeseries("m", QPS, why="w.", empty="None")))
    assert panels["n"]["fieldConfig"]["defaults"]["noValue"] == "No data"
    assert panels["m"]["fieldConfig"]["defaults"]["noValue"] == "None"
    assert by_title(BOARDS[0])["table"]["fieldConfig"]["defaults"]["noValue"] == "Not reported"


def test_a_table_of_labels_hides_the_value_that_is_always_1():
    panel = by_title(BOARDS[0])["labels"]
    shape = panel["transformations"][0]["options"]
    assert shape["excludeByName"]["Value"] is True and "Value" not in shape["renameByName"]
    _, *columns = panel["fieldConfig"]["overrides"]
    widths = {each["matcher"]["options"]: each["properties"] for each in columns}
    assert widths["Model"] == [{"id": "custom.width", "value": 250}]
    assert {item["id"] for properties in widths.values() for item in properties} == {"custom.width"}


def test_headings_are_words_and_many_columns_need_no_scrolling():
    gpus = by_title(compiled(table("t", instant(gpu.MEMORY_USED), why="w.", value="Used")))["t"]
    assert gpus["transformations"][0]["options"]["renameByName"]["gpu"] == "GPU"
    assert gpus["fieldConfig"]["defaults"]["custom"] == {"minWidth": 80, "wrapHeaderText": True}
    names = by_title(BOARDS[0])["table"]["transformations"][0]["options"]["renameByName"]
    assert (names["model_name"], names["model_version"]) == ("Model", "Version")


def test_a_comparison_asks_each_query_once_as_a_table_and_merges_the_results():
    panel = by_title(BOARDS[0])["side by side"]
    assert [target["refId"] for target in panel["targets"]] == ["A", "B", "C"]
    for target in panel["targets"]:
        assert (target["instant"], target["format"], "range" in target) == (True, "table", False)
    merge, organize = panel["transformations"]
    assert merge == {"id": "merge", "options": {}}
    names = {"job": "Job", "instance": "Instance", "Value #A": "Running", "Value #B": "KV", "Value #C": "CPU"}
    assert organize["options"]["renameByName"] == names
    assert list(organize["options"]["indexByName"]) == list(names)
    assert organize["options"]["indexByName"]["Value #C"] == 4


def test_a_comparison_gives_each_column_its_unit_and_colours_only_what_it_judges():
    panel = by_title(BOARDS[0])["side by side"]
    overrides = {
        override["matcher"]["options"]: {item["id"]: item["value"] for item in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    }
    assert overrides["Running"] == {"unit": "short"}
    assert overrides["KV"]["unit"] == "percentunit"
    assert overrides["KV"]["thresholds"]["steps"][1] == {"color": "red", "value": 0.3}
    assert overrides["KV"]["color"] == {"mode": "thresholds"}
    assert overrides["KV"]["custom.cellOptions"] == {"type": "color-text"}


def test_a_drill_down_sets_one_variable_and_carries_the_rest():
    panel = by_title(BOARDS[0])["side by side"]
    (instance,) = [o for o in panel["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Instance"]
    width, links = instance["properties"]
    assert width["id"] == "custom.width"
    assert links["id"] == "links"
    assert links["value"][0]["url"] == (
        "/d/x?${__url_time_range}&${datasource:queryparam}"
        '&var-job=${__data.fields["Job"].text:percentencode}&var-instance=${__value.raw:percentencode}'
    )


def test_every_link_leads_to_a_dashboard_and_variables_that_exist():
    compiled_boards = our_bundle().dashboards
    urls = [value["url"] for board in compiled_boards.values() for _, value in walk(board["panels"]) if is_link(value)]
    assert urls
    for url in urls:
        parts = urlsplit(url)
        target = compiled_boards[parts.path.removeprefix("/d/")]
        known = {variable["name"] for variable in target["templating"]["list"]}
        set_here = {name.removeprefix("var-") for name, _ in parse_qsl(parts.query)}
        carried = set(re.findall(r"\$\{(\w+):queryparam\}", parts.query))
        assert set_here | carried <= known
        assert not set_here & carried, "two values for one variable"


def test_every_panel_leads_on_to_the_next_dashboard():
    following = Next("y", "What they cost")
    built = dashboard("x", "X", question="q?", variables=(JOB,), rows=(row("one", *PANELS[:4]),), leads_to=following)
    header, *panels = normalised(built)["panels"]
    assert "links" not in header
    assert [panel["links"] for panel in panels] == [[following.to_json()]] * 4


def is_link(value):
    return isinstance(value, dict) and str(value.get("url", "")).startswith("/d/")


@each_glassbox_board
def test_every_board_links_to_all_others_with_time_and_choices(board):
    (link,) = board["links"]
    assert (link["type"], link["tags"]) == ("dashboards", ["glassbox"])
    assert link["includeVars"] is True and link["keepTime"] is True
    assert "glassbox" in board["tags"]


@each_glassbox_board
def test_every_board_marks_starts_alerts_and_deploys(board):
    built_in, starts, alerts, deploys = board["annotations"]["list"]
    assert built_in["builtIn"] == 1
    assert starts["useValueForTime"] is True and " * 1000 " in starts["expr"]
    before, _, after = alerts["expr"].partition(" unless ")
    assert 'alertstate="firing"' in before and 'severity=~"page|ticket"' in before
    assert after == f"{before} offset {alerts['step']}", "an alert that goes on would cover the panels"
    for query in (starts, alerts):
        assert query["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert promql_parser.parse(re.sub(r"\$\w+", "x", query["expr"]))
    assert deploys["datasource"] == {"type": "grafana", "uid": "-- Grafana --"}
    assert deploys["target"] == {"limit": 100, "matchAny": True, "tags": ["deploy"], "type": "tags"}


@each_glassbox_board
def test_annotations_ask_only_for_variables_of_their_board(board):
    known = {variable["name"] for variable in board["templating"]["list"]}
    used = {name for note in board["annotations"]["list"] for name in re.findall(r"\$(\w+)", note.get("expr", ""))}
    assert used == known & {"job", "model", "instance"}


def test_stacking_and_maximum_survive():
    panel = by_title(BOARDS[0])["stack"]
    assert panel["fieldConfig"]["defaults"]["custom"]["stacking"] == {"mode": "normal", "group": "A"}
    assert panel["fieldConfig"]["defaults"]["max"] == 1
    (nothing,) = panel["fieldConfig"]["overrides"]
    assert nothing["matcher"]["options"]["reducer"] == "allIsZero"
    assert nothing["properties"] == [
        {"id": "custom.hideFrom", "value": {"viz": True, "legend": False, "tooltip": False}}
    ]
    assert "stacking" not in by_title(BOARDS[0])["line"]["fieldConfig"]["defaults"]["custom"]


def test_legends_come_from_the_labels_that_survive():
    assert [target["legendFormat"] for target in by_title(BOARDS[0])["line"]["targets"]] == ["a {{job}}", "b {{job}}"]


def test_a_line_without_a_name_takes_the_title_and_not_the_text_of_its_query():
    panel = compiled(timeseries("All requests", sum_by((), instant(requests.REQUESTS)), why="w."))["panels"][0]
    assert panel["targets"][0]["legendFormat"] == "All requests"


def test_a_query_may_look_unlike_the_others_whatever_its_lines_are_called():
    queries = {"load": QPS, "limit": QPS}
    panel = compiled(timeseries("n", queries, why="w.", lines={"limit": Line(RED, dashed=True)}))["panels"][0]
    assert panel["fieldConfig"]["overrides"] == [
        {
            "matcher": {"id": "byFrameRefID", "options": "B"},
            "properties": [
                {"id": "color", "value": {"fixedColor": RED, "mode": "fixed"}},
                {"id": "custom.lineStyle", "value": {"dash": [10, 10], "fill": "dash"}},
            ],
        }
    ]


def test_many_lines_have_their_legend_to_the_right_where_it_leaves_room_for_them():
    narrow, wide = (
        timeseries(name, QPS, why="w.", many=True, size=Size(width)) for name, width in (("n", 4), ("m", 14))
    )
    few, *many = compiled(timeseries("few", QPS, why="w.", size=Size(6)), narrow, wide)["panels"]
    assert "legend" not in few["options"]
    for panel, width in zip(many, (104, 320), strict=True):
        assert panel["options"]["legend"] == {"placement": "right", "showLegend": True, "width": width}


def test_an_axis_without_a_maximum_is_not_drawn_to_100_when_nothing_happens():
    free, fixed = compiled(timeseries("a", GPU, why="w."), timeseries("b", GPU, why="w.", maximum=1))["panels"]
    assert free["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] == 0.01
    assert "axisSoftMax" not in fixed["fieldConfig"]["defaults"]["custom"]


def test_nothing_is_neither_good_nor_bad():
    judged, number = (by_title(BOARDS[0])[title]["fieldConfig"]["defaults"] for title in ("judged", "number"))
    (nothing,) = judged["mappings"]
    assert nothing["options"] == {"match": "null+nan", "result": {"color": "blue", "index": 0, "text": "Not reported"}}
    assert "mappings" not in number, "one colour judges nothing"


def test_a_panel_in_front_changes_no_other_id():
    before = {panel["title"]: panel["id"] for panel in compiled(*PANELS[1:3])["panels"]}
    after = {panel["title"]: panel["id"] for panel in compiled(*PANELS[:3])["panels"]}
    assert {title: after[title] for title in before} == before


@pytest.mark.parametrize("title", ["number", "judged", "dial", "bars", "word", "table"])
def test_numbers_are_asked_once_so_that_what_has_gone_does_not_stay(title):
    """Of a range Grafana shows the last value there was, however long ago."""
    (target,) = by_title(BOARDS[0])[title]["targets"]
    assert target["instant"] is True
    assert "range" not in target


def test_a_comparison_may_be_ordered_by_a_column():
    columns = {"Running": max_by(REPLICA, RUNNING), "KV": max_by(REPLICA, KV)}
    panels = by_title(
        compiled(comparison("by KV", columns, why="w.", largest_first="KV"), comparison("as is", columns, why="w."))
    )
    assert panels["by KV"]["options"]["sortBy"] == [{"displayName": "KV", "desc": True}]
    assert "sortBy" not in panels["as is"]["options"]


def test_a_verdict_is_a_word_on_its_colour():
    panel = by_title(BOARDS[0])["word"]
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    assert mapping["options"]["0"] == {"text": "DOWN", "color": RED, "index": 1}
    assert (panel["type"], panel["options"]["colorMode"], panel["options"]["graphMode"]) == (
        "stat",
        "background_solid",
        "none",
    )
    assert panel["options"]["orientation"] == "horizontal", "a list, each model before its word"
    assert panel["options"]["text"] == {"titleSize": 13, "valueSize": 16}, "models that can be read"


def test_a_timeline_names_its_bands_and_needs_no_legend():
    panel = by_title(BOARDS[0])["bands"]
    assert panel["type"] == "state-timeline"
    assert panel["options"] == {"legend": {"showLegend": False}}
    assert panel["fieldConfig"]["defaults"]["mappings"][0]["options"]["1"]["text"] == "UP"
    assert panel["fieldConfig"]["defaults"]["color"] == {"fixedColor": "blue", "mode": "fixed"}
    assert panel["targets"][0]["range"] is True


def test_words_name_the_values_of_a_column():
    columns = {"Health": max_by(REPLICA, RUNNING), "KV": max_by(REPLICA, KV)}
    panel = by_title(compiled(comparison("words", columns, why="w.", words={"Health": UP_DOWN})))["words"]
    (health,) = [each for each in panel["fieldConfig"]["overrides"] if each["matcher"]["options"] == "Health"]
    properties = {each["id"]: each["value"] for each in health["properties"]}
    assert properties["mappings"] == UP_DOWN.to_json()
    assert properties["custom.cellOptions"] == {"type": "color-text"}


def test_a_label_may_lead_to_a_page_elsewhere():
    url = f"https://runbooks.example/{CLICKED}.md"
    page = Page("job", "Runbook", url)
    panel = by_title(compiled(table("t", instant(scrape.UP), why="w.", value=None, drill_down=page)))["t"]
    found = {each["matcher"]["options"]: each for each in panel["fieldConfig"]["overrides"]}["Job"]
    assert found["properties"] == [
        {"id": "custom.width", "value": 110},
        {
            "id": "links",
            "value": [{"title": "Runbook", "url": url, "targetBlank": True}],
        },
    ]


def test_a_heatmap_asks_for_buckets_over_time_and_has_its_units_where_grafana_reads_them():
    panel = by_title(BOARDS[0])["heat"]
    (target,) = panel["targets"]
    assert (target["format"], target["legendFormat"], target["range"]) == ("heatmap", "{{le}}", True)
    assert panel["fieldConfig"] == {"defaults": {}, "overrides": []}
    assert panel["options"] == {
        "cellValues": {"unit": "eps"},
        "color": {"mode": "scheme", "scheme": "Blues"},
        "yAxis": {"unit": "s"},
    }


def sided(*panels):
    return normalised(dashboard("x", "X", question="q?", variables=(JOB,), sides=(A, B), rows=(Row("", panels),)))


def test_a_side_narrows_what_is_asked_of_it_and_nothing_else():
    requests_of_all = sum_by((), instant(engine.PREEMPTIONS))
    queries = {A.legend: A.of(requests_of_all), B.legend: B.of(requests_of_all), "all": requests_of_all}
    targets = sided(timeseries("n", queries, why="w."))["panels"][0]["targets"]
    assert [target["legendFormat"] for target in targets] == [
        "A: ${engine_a:text} ${version_a:text}",
        "B: ${engine_b:text} ${version_b:text}",
        "all",
    ]
    of_b = 'inference_engine="$engine_b",{}job=~"$job",model_name=~"$model",model_version=~"$version_b"'
    record, raw = "model:inference_preemptions:rate5m", 'instance="${instance_b:text}",job=~"$job"'
    whole, of_one = (of_b.format(instance) for instance in ('instance=~"$instance_b",', ""))
    asked = targets[1]["expr"]
    assert asked.startswith(
        f"sum(({record}{{{whole}}}"
        " or sum by (job, model_name, model_version, inference_engine)"
        f" (rate(vllm:num_preemptions_total{{{raw}}}[5m]) or rate(vllm_num_preemptions_total{{{raw}}}[5m])"
    )
    assert f'rate(sglang:num_retracted_requests_total{{{raw},priority=""}}[5m])' in asked
    on = "on (job, model_name, model_version, inference_engine)"
    assert asked.endswith(f") and {on} {record}{{{of_one}}}))")
    assert targets[2]["expr"] == 'sum(model:inference_preemptions:rate5m{job=~"$job"})'


def test_the_sides_begin_with_the_last_engine_and_any_version_of_it():
    variables = {variable["name"]: variable for variable in sided(stat("n", QPS, why="w."))["templating"]["list"]}
    assert list(variables) == [
        *("datasource", "job"),
        *("engine_a", "version_a", "instance_a"),
        *("engine_b", "version_b", "instance_b"),
    ]
    assert [variables[f"engine_{side}"]["sort"] for side in "ab"] == [2, 2]
    for side in "ab":
        # Some engines count no requests.
        names = "model:inference_requests:rate1m|model:inference_requests_running:sum|model:inference_generation_tokens:rate5m"
        definition = f'label_values({{__name__=~"{names}",inference_engine="$engine_{side}"}}, model_version)'
        assert variables[f"version_{side}"]["definition"] == definition
        assert (variables[f"version_{side}"]["multi"], variables[f"version_{side}"]["allValue"]) == (False, ".*")


def test_the_variable_narrows_every_query_that_has_its_label():
    board = compiled(stat("n", sum_by((), instant(engine.RUNNING)), why="w."))
    assert board["panels"][0]["targets"][0]["expr"] == 'sum(model:inference_requests_running:sum{job=~"$job"})'


def test_the_service_board_fits_one_screen_of_1080_lines():
    """Grafana 13 leaves about 900 of 1080 px below its headers; a unit of height is 30 px plus 8 px of gap."""
    board = our_bundle().dashboards["glassbox-inference-overview"]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    assert bottom * 38 - 8 <= 900


def test_gpu_colours_are_those_of_the_article_with_its_gap_closed_and_no_green_for_idle_ones():
    board = our_bundle().dashboards["glassbox-inference-overview"]
    steps = by_title(board)["GPU utilisation"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "blue"), (0.3, YELLOW), (0.8, "red")]


def test_twenty_panels_take_about_ten_kilobytes():
    board = compiled(rows=tuple(Row("", (timeseries(f"p{n}", QPS, why="w.", size=Size()),)) for n in range(20)))
    assert len(json.dumps(board, separators=(",", ":"))) < 12_000
