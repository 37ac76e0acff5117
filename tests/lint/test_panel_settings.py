"""Settings that a panel does not read, and single numbers that show every point."""

import pytest

from glassbox.lint.examples import on_board, on_panel
from glassbox.lint.finding import Location
from glassbox.lint.reading.boards import board_of
from glassbox.lint.reading.ignored_settings import ignored_settings
from glassbox.lint.rules.panel_settings import RULES
from glassbox.lint.subjects.judged_boards import BoardPanel, BoardVariable
from glassbox.lint.subjects.queries import Query, QueryKind

IGNORED, EACH_POINT, FIXED = RULES
AT = Location("dashboard.json", object="Board")


def messages(rule, corpus):
    return [defect.message for defect in rule.judge(corpus)]


STEPS = {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 5}]}


def ignored(**panel):
    return ignored_settings({"type": "stat", "title": "Panel"} | panel)


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        ({"options": {"thresholds": STEPS}}, ("options.thresholds",)),
        ({"options": {"thresholds": [{"value": 5}]}}, ("options.thresholds",)),
        ({"thresholds": "50,80", "unit": "percent"}, ("thresholds", "unit")),
        ({"type": "timeseries", "yaxes": [{"format": "s"}, {"format": "short"}]}, ("yaxes",)),
        ({"type": "timeseries", "yAxes": [{"unit": "bytes"}]}, ("yAxes",)),
        ({"type": "piechart", "pieType": "donut", "format": "bytes"}, ("format", "pieType")),
        ({"options": {"unit": "s"}, "fieldConfig": {"defaults": {"thresholds": STEPS}}}, ("options.unit",)),
    ],
)
def test_what_stands_elsewhere_is_ignored(panel, expected):
    assert ignored(**panel) == expected


@pytest.mark.parametrize(
    "panel",
    [
        {"options": {"thresholds": STEPS}, "fieldConfig": {"defaults": {"thresholds": STEPS}}},
        {"unit": "s", "fieldConfig": {"overrides": [{"properties": [{"id": "unit", "value": "s"}]}]}},
        {"type": "singlestat", "thresholds": "50,80", "format": "percent"},
        {"type": "graph", "yaxes": [{"format": "s"}]},
        {"options": {"fieldOptions": {"defaults": {"unit": "s"}}, "thresholds": STEPS}},
        {"options": {"valueOptions": {"unit": "s"}, "thresholds": [{"value": 5}]}},
        {"type": "timeseries", "thresholds": [], "yaxes": [{"format": "short"}, {"format": "s"}]},
        {"type": "piechart", "pieType": "donut", "options": {"pieType": "donut"}},
        {"type": "piechart", "pieType": "pie"},
        {"type": "acme-gauge-panel", "thresholds": "50,80"},
        {"options": "thresholds", "fieldConfig": ["unit"], "yaxes": "s", "thresholds": None},
    ],
)
def test_what_is_read_or_taken_over_is_not(panel):
    assert ignored(**panel) == ()


def panel_of(panel):
    target = {"refId": "A", "expr": "up", **panel.pop("target", {})}
    whole = {"title": "Board", "panels": [{"id": 1, "title": "Panel", "type": "stat", "targets": [target]} | panel]}
    (found,) = board_of(whole, "board.json").panels
    return found


def test_a_unit_that_is_ignored_is_not_the_unit_of_the_panel():
    axes = [{"format": "s"}, {"format": "short"}]
    assert panel_of({"type": "timeseries", "yaxes": axes}).unit == ""
    assert panel_of({"type": "graph", "yaxes": axes}).unit == "s"


def test_panels_of_a_board_are_found_once():
    found = messages(IGNORED, on_panel("up", panel={"type": "stat", "ignored": ("unit", "thresholds")}).corpus)
    assert found == ["1 panel does not read what is set for them, such as 'unit' of 'Panel'."]


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        ({"options": {"reduceOptions": {"values": True}}}, True),
        ({"options": {"reduceOptions": {"values": False}}}, False),
        ({"options": {"reduceOptions": {"values": True}}, "transformations": [{"id": "reduce"}]}, False),
        ({"options": {"reduceOptions": True}}, False),
    ],
)
def test_all_values_are_those_of_each_point_unless_they_are_transformed(panel, expected):
    assert panel_of(panel).each_point is expected


@pytest.mark.parametrize(
    ("panel", "query"),
    [({"type": "table"}, {}), ({"type": "stat"}, {"instant": True}), ({"type": "stat"}, {"hidden": True})],
)
def test_instant_queries_and_tables_show_each_series_once(panel, query):
    assert messages(EACH_POINT, on_panel("up", panel=panel | {"each_point": True}, **query).corpus) == []


def panels_of(*sources, choices=("source",)):
    variables = tuple(BoardVariable(name, "datasource", AT) for name in choices)
    panels = tuple(
        BoardPanel(source, "stat", AT, queries=(Query("up", AT, QueryKind.PANEL, "A"),), datasource=source)
        for source in sources
    )
    return on_board(panels=panels, variables=variables)


def test_panels_that_ask_one_source_are_found_once_for_a_board():
    corpus = panels_of("${source}", "a1b2", "c3d4", "-- Mixed --", "-- Grafana --", "grafana", "default")
    assert messages(FIXED, corpus) == [
        "2 panels ask a fixed data source, such as 'a1b2', and the others follow $source."
    ]


@pytest.mark.parametrize(
    ("sources", "choices"),
    [
        (("a1b2",), ("source",)),
        (("$source", "a1b2"), ()),
        (("$metrics", "a1b2"), ("metrics", "logs")),
        (("$source", ""), ("source",)),
    ],
)
def test_nothing_is_said_where_no_panel_follows_the_choice_or_there_are_several(sources, choices):
    assert messages(FIXED, panels_of(*sources, choices=choices)) == []
