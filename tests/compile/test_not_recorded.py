"""What the boards ask, so that a Prometheus without our rules is told from one without traffic."""

import json
import re

import pytest

from glassbox.compile.not_recorded import NAME, WHAT_TO_DO, WORDS
from glassbox.metrics.prometheus_server import ALERTS
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets

BUNDLE = our_bundle()
BOARDS = list(BUNDLE.dashboards.values())
PANELS = {
    (board["title"], each["title"]): each for board in BOARDS for each in board["panels"] if each["type"] != "row"
}
# `level:metric:operation`, also of series that only some settings record.
RECORDED = re.compile(rf"\b[a-z]\w*:\w+:\w+|{ALERTS.name}\b")
ALWAYS = "window:slo_burn_limit:ratio"


def asked(panel):
    return [target for target in panel["targets"] if target["refId"] == NAME]


def reads_records_alone(panel):
    return all(RECORDED.search(target["expr"]) for target in own_targets(panel))


def properties(panel, column=NAME):
    found = [each for each in panel["fieldConfig"]["overrides"] if each["matcher"]["options"] == column]
    return {item["id"]: item["value"] for each in found for item in each["properties"]}


@pytest.mark.parametrize("place", PANELS, ids=" ".join)
def test_a_panel_asks_whether_anything_is_recorded_where_it_reads_nothing_else(place):
    panel = PANELS[place]
    expected = panel["type"] != "heatmap" and reads_records_alone(panel)
    assert len(asked(panel)) == expected
    assert all(f"absent({ALWAYS}" in target["expr"] for target in asked(panel))


def test_most_panels_ask_and_those_of_raw_series_do_not():
    asking = {place for place, panel in PANELS.items() if asked(panel)}
    assert len(asking) > 160
    assert ("Inference overview", "Firing alerts") in asking
    assert not {("Monitoring health", "Jobs"), ("Monitoring health", "Targets down")} & asking


def test_the_series_that_is_asked_for_has_a_value_whatever_is_scraped():
    assert BUNDLE.content.always_recorded == ALWAYS
    rules = [rule for file in BUNDLE.recording_rules.values() for group in file["groups"] for rule in group["rules"]]
    (expr, *_) = queries = [rule["expr"] for rule in rules if rule["record"] == ALWAYS]
    assert expr == "vector(14.4)"
    assert all(each.startswith("vector(") for each in queries)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board["title"])
def test_the_menu_says_what_to_do_and_the_variable_is_neither_shown_nor_in_addresses(board):
    assert [link["title"] for link in board["links"]] == [f"Glassbox${{{NAME}}}"]
    variable = board["templating"]["list"][-1]
    assert (variable["name"], variable["hide"], variable["skipUrlSync"]) == (NAME, 2, True)
    assert variable["definition"].startswith("query_result(label_replace(absent(")
    assert json.dumps(f". {WHAT_TO_DO}") in variable["definition"]


def test_a_number_becomes_a_word_on_a_scale_that_begins_with_it():
    (mapping,) = properties(PANELS["Inference overview", "QPS now"])["mappings"]
    assert mapping["options"]["1"]["text"] == "Not recorded"
    gauge = properties(PANELS["Inference overview", "GPU utilisation"])
    assert (gauge["min"], gauge["max"]) == (1, 2)


def test_a_graph_says_it_on_a_ground_over_the_whole_range_and_has_no_values_of_it():
    panel = PANELS["Inference overview", "QPS"]
    (target,) = asked(panel)
    assert (target["expr"], target["legendFormat"], target["range"]) == (f"absent({ALWAYS} @ end())", WORDS, True)
    ground = properties(panel)
    assert (ground["custom.axisLabel"], ground["min"], ground["max"]) == (WORDS, 0, 1)
    assert (ground["custom.fillOpacity"] > 0, ground["custom.lineWidth"], ground["custom.stacking"]["mode"]) == (
        True,
        0,
        "none",
    )
    (mapping,) = ground["mappings"]
    assert (mapping["options"]["from"], mapping["options"]["to"], mapping["options"]["result"]["text"]) == (0, 1, " ")


def test_a_band_says_over_the_whole_range_what_is_missing_at_its_end():
    (target,) = asked(PANELS["Capacity and diagnosis", "Verdict over time"])
    assert (target["expr"], target["range"]) == (f"absent({ALWAYS} @ end())", True)


def test_a_table_of_one_query_keeps_its_column_beside_a_second_one():
    """Grafana calls values after their queries as soon as there are two."""
    panel = PANELS["Inference overview", "Health"]
    merge, organize = panel["transformations"]
    assert merge["id"] == "merge"
    assert organize["options"]["renameByName"]["Value #A"] == "Status"
    assert organize["options"]["indexByName"]["Value #A"] == organize["options"]["indexByName"]["Value"]
    assert organize["options"]["excludeByName"][f"Value #{NAME}"] is True
    assert '"job", "Not recorded"' in asked(panel)[0]["expr"]


def test_a_table_of_labels_alone_still_hides_its_values():
    hidden = PANELS["LLM serving", "Engines"]["transformations"][1]["options"]["excludeByName"]
    assert {"Value", "Value #A", f"Value #{NAME}"} <= hidden.keys()
