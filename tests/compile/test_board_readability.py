"""Our boards as people see them: nothing is cut, nothing needs explaining, and nothing is compared that differs in kind."""

import re

import pytest

from recording_rules.diagnosis import VERDICTS
from recording_rules.signals import signals
from tests.support.ours import our_bundle
from tests.support.own_targets import own_targets

BOARDS = our_bundle().dashboards
PANELS = [(board["title"], panel) for board in BOARDS.values() for panel in board["panels"] if panel["type"] != "row"]
ROWS = [(board["title"], panel) for board in BOARDS.values() for panel in board["panels"] if panel["type"] == "row"]
TIMELINES = [(board, panel) for board, panel in PANELS if panel["type"] == "state-timeline"]
# Pixels: a screen less the page's margins, a panel's own, its marks for description and links, and a letter of a title.
SCREEN, MARGINS, BESIDE_TITLE, LETTER = 1920, 32, 112, 7.6
# The fold mark of a row's header, and a letter of it.
BESIDE_HEADER, HEADER_LETTER = 32, 9
# Grafana gives the names beside bands two fifths of the panel (`calculateAxisSize` of its UPlotAxisBuilder).
NAMES_SHARE, NAME_LETTER = 0.4, 6.4
LONG_NAMES = {
    "job": "vllm-production",
    "model_name": "Qwen/Qwen2.5-VL-72B-Instruct-AWQ",
    "signal": "KV cache half empty",
}


def shown(board, title):
    (panel,) = [panel for name, panel in PANELS if (name, panel["title"]) == (board, title)]
    return panel


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}, {panel['title']}" for board, panel in PANELS])
def test_no_title_is_cut_on_a_screen_of_1920_pixels(board, panel):
    room = panel["gridPos"]["w"] * (SCREEN - MARGINS) / 24 - BESIDE_TITLE
    assert len(panel["title"]) * LETTER <= room


@pytest.mark.parametrize("screen", [1920, 1280])
@pytest.mark.parametrize(("board", "row"), ROWS, ids=[f"{board}, {row['title']}" for board, row in ROWS])
def test_no_title_of_a_row_is_cut(board, row, screen):
    assert row["gridPos"]["w"] == 24
    assert len(row["title"]) * HEADER_LETTER <= screen - MARGINS - BESIDE_HEADER


@pytest.mark.parametrize("screen", [1920, 1280])
@pytest.mark.parametrize(
    ("board", "panel"), TIMELINES, ids=[f"{board}, {panel['title']}" for board, panel in TIMELINES]
)
def test_no_name_beside_a_band_is_cut(board, panel, screen):
    (target,) = own_targets(panel)
    name = re.sub(r"{{(\w+)}}", lambda label: LONG_NAMES[label[1]], target["legendFormat"])
    room = panel["gridPos"]["w"] * (screen - MARGINS) / 24 * NAMES_SHARE
    assert len(name) * NAME_LETTER <= room


def test_the_longest_signal_is_among_the_long_names():
    assert max((each.name for each in signals()), key=len).replace("_", " ") == LONG_NAMES["signal"].lower()


def test_a_gpus_memory_is_one_bar():
    panel = shown("Inference overview", "GPU memory")
    assert [target["legendFormat"] for target in own_targets(panel)] == ["{{instance}} #{{gpu}}"]
    assert panel["fieldConfig"]["defaults"]["unit"] == "percentunit"
    assert panel["fieldConfig"]["defaults"]["max"] == 1


def test_factors_are_written_as_such():
    factors = [panel for _, panel in PANELS if "B/A" in panel["title"] or panel["title"].startswith("Burn rate")]
    assert len(factors) >= 8
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in factors} == {"suffix:x"}


def test_a_comparison_starts_with_one_engine_on_both_sides():
    variables = {each["name"]: each for each in BOARDS["glassbox-engine-comparison"]["templating"]["list"]}
    a, b = variables["engine_a"], variables["engine_b"]
    assert a["sort"] == b["sort"]
    assert "current" not in a
    assert "current" not in b


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=[f"{board}, {panel['title']}" for board, panel in PANELS])
def test_a_tooltip_can_be_read_at_a_glance(board, panel):
    """A description is shown in a box that does not scroll; what takes longer belongs into the documents.

    After it stand the engines that do not report what is shown, and those that are counted at another bucket.
    """
    written = re.split(r" Not reported| Counted at the nearest bucket", panel["description"])[0]
    assert 0 < len(written) < 400
    assert len(panel["description"]) < 800


def test_the_advice_for_each_verdict_stands_on_the_board():
    panel = shown("Capacity and diagnosis", "What to do")
    (column,) = [each for each in panel["fieldConfig"]["overrides"] if each["matcher"]["options"] == "Advice"]
    properties = {each["id"]: each["value"] for each in column["properties"]}
    texts = {option["text"] for option in properties["mappings"][0]["options"].values()}
    assert texts == {case.act for case in VERDICTS}
    assert "custom.width" not in properties


def test_a_percentile_has_one_colour_on_all_panels():
    colours = {}
    for _, panel in PANELS:
        names = {target["refId"]: target.get("legendFormat", "").partition(" ")[0] for target in own_targets(panel)}
        styles = {
            each["matcher"]["options"]: item["value"]["fixedColor"]
            for each in panel["fieldConfig"]["overrides"]
            for item in each["properties"]
            if item["id"] == "color" and "fixedColor" in item["value"]
        }
        for ref, name in names.items():
            if re.fullmatch(r"p\d+", name) and len(names) > 1 and panel["type"] == "timeseries":
                colours.setdefault(name, set()).add(styles.get(ref))
    assert set(colours) == {"p50", "p90", "p95", "p99"}
    assert all(len(found) == 1 and None not in found for found in colours.values())


def test_signals_are_written_in_words_and_in_the_order_of_models():
    """Prometheus answers in the order of the labels: a model's signals follow each other."""
    (target,) = own_targets(shown("Capacity and diagnosis", "Signals"))
    assert target["expr"].count('"$1 $2"') == max(each.name.count("_") for each in signals())
    assert '"KV$1", "signal", "kv( .*)"' in target["expr"]
    assert target["legendFormat"] == "{{job}} {{model_name}} {{signal}}"


def test_latency_shows_two_lines_for_each_model_until_more_are_chosen():
    """With ten models, five lines of each cannot be told apart."""
    (lines,) = [each for each in BOARDS["glassbox-llm-serving"]["templating"]["list"] if each["type"] == "custom"]
    assert lines["current"]["value"] == ["p50", "p95"]
    chosen = [panel for _, panel in PANELS if any('"$lines"' in each["expr"] for each in own_targets(panel))]
    assert len(chosen) == 6
    for panel in chosen:
        names = [each["legendFormat"].partition(" ")[0] for each in own_targets(panel)]
        assert {"p50", "p95"} < set(names) <= set(lines["query"].split(","))
        assert all(
            f'"asked_for", "{name}"' in each["expr"] for name, each in zip(names, own_targets(panel), strict=True)
        )


def test_no_panel_says_no_data_without_saying_why():
    """A heatmap has no text of its own for no result."""
    for board, panel in PANELS:
        if panel["type"] != "heatmap":
            text = panel["fieldConfig"]["defaults"]["noValue"]
            assert text, (board, panel["title"])
            assert text.casefold() != "no data", (board, panel["title"])


def test_a_legend_of_many_lines_takes_no_height():
    """Below a graph, two lines for each of ten models, or one for each of ten replicas, leave nothing of it."""
    for board, panel in PANELS:
        if panel["type"] == "timeseries":
            legends = [target["legendFormat"] for target in own_targets(panel)]
            many = sum("{{model_name}}" in legend for legend in legends) > 1 or "{{slo}}" in "".join(legends)
            beside = panel["options"].get("legend", {}).get("placement") == "right"
            replicas = any("{{instance}}" in legend and "{{model_name}}" in legend for legend in legends)
            assert beside or not (many or replicas), (board, panel["title"])


def test_sentences_of_a_table_begin_at_the_left():
    """Grafana puts numbers to the right, and the sentence stands for one."""
    (column,) = [
        each
        for each in shown("Capacity and diagnosis", "What to do")["fieldConfig"]["overrides"]
        if each["matcher"]["options"] == "Advice"
    ]
    assert {"id": "custom.align", "value": "left"} in column["properties"]
