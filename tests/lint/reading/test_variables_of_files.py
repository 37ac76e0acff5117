"""Where a dashboard's file uses its variables, and what is found of those that it does not."""

import pytest

from glassbox.lint.linting import judged
from glassbox.lint.reading.boards import board_of
from glassbox.lint.subjects.corpus import Corpus


def found(board, rule):
    corpus = Corpus(boards=(board_of({"title": "Serving", **board}, "board.json"),))
    return [finding.message for finding in judged(corpus, select=(rule,))]


def variable(name="app", **fields):
    return {"name": name, "type": "query", "query": f"label_values(up, {name})", **fields}


def panel(expr="up", **fields):
    return {"id": 1, "type": "timeseries", "title": "Work", "targets": [{"refId": "A", "expr": expr}], **fields}


def board(*panels, variables=(), **fields):
    return {"panels": list(panels), "templating": {"list": list(variables or (variable(),))}, **fields}


NOT_OF_PROMETHEUS = {
    "logs": {"expr": '{app="$app"} |= "error"', "datasource": {"type": "loki"}},
    "metrics of another plugin": {"expr": 'rate(x{app="$app"})', "datasource": {"type": "victoriametrics-metrics-datasource"}},
    "its legend": {"expr": "up", "legendFormat": "$app", "datasource": {"type": "victoriametrics-logs-datasource"}},
    "SQL": {"rawSql": "select * from x where app = '$app'", "datasource": {"type": "postgres"}},
}  # fmt: skip  # a table


@pytest.mark.parametrize("kind", NOT_OF_PROMETHEUS)
def test_a_query_of_another_data_source_uses_a_variable(kind):
    using = board(panel(title="Of $app"), {"title": "Logs", "type": "logs", "targets": [NOT_OF_PROMETHEUS[kind]]})
    assert found(using, "unused-variable") == found(using, "never-narrowing-variable") == []


def test_a_legend_alone_does_not_narrow():
    legend = board({"title": "Of $app", "type": "timeseries", "targets": [{"expr": "up", "legendFormat": "$app"}]})
    assert found(legend, "unused-variable") == []
    assert found(legend, "never-narrowing-variable") == ["Titles name app, and no query does."]


ALL = "/d/replica?${__url_time_range}&${__all_variables}"
HANDING_ON = {
    "a link of the dashboard": board(panel(title="Of $app"), links=[{"title": "Replica", "url": ALL}]),
    "a list of dashboards": board(panel(title="Of $app"), links=[{"type": "dashboards", "includeVars": True}]),
    "a link of a panel": board(panel(title="Of $app", links=[{"title": "Replica", "url": ALL}])),
    "an old link of a panel": board(panel(title="Of $app", links=[{"dashUri": "db/replica", "includeVars": True}])),
    "a link of values": board(panel(title="Of $app", fieldConfig={"defaults": {"links": [{"url": ALL}]}})),
    "a text": board(panel(title="Of $app", options={"content": f"[Replica]({ALL})"})),
}


@pytest.mark.parametrize("where", HANDING_ON)
def test_what_hands_all_variables_on_uses_each(where):
    assert found(HANDING_ON[where], "unused-variable") == found(HANDING_ON[where], "never-narrowing-variable") == []


HIDDEN = "Nothing uses app, and nobody can choose what is hidden."


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, "Nothing uses app."), ({"hide": 0}, "Nothing uses app."), ({"hide": 1}, "Nothing uses app."), ({"hide": 2}, HIDDEN)],
)  # fmt: skip  # a table
def test_of_a_hidden_variable_nobody_is_said_to_choose_a_value(fields, said):
    assert found(board(panel(), variables=(variable(**fields),)), "unused-variable") == [said]
    assert found(board(panel('up{app="$app"}'), variables=(variable(**fields),)), "unused-variable") == []


def test_a_hidden_variable_of_schema_2_is_found_as_one():
    asked = {"kind": "CustomVariable", "spec": {"name": "app", "hide": "hideVariable"}}
    assert found({"elements": {}, "layout": {}, "variables": [asked]}, "unused-variable") == [HIDDEN]


def test_hidden_variables_are_found_beside_those_that_somebody_chooses():
    both = board(panel(), variables=(variable("model"), variable(hide=2), variable("node", hide=2)))
    assert set(found(both, "unused-variable")) == {"Nothing uses model.", HIDDEN.replace("app", "app, node")}


SEVERAL = (variable(multi=True),)
EQUALS = 'up{app="$app"}'
ROW = {"type": "row", "title": "One app", "repeat": "app"}


def elements(layout, expr=EQUALS):
    """A dashboard of schema v2 with one panel and this layout."""
    query = {"kind": "PanelQuery", "spec": {"refId": "A", "query": {"group": "prometheus", "spec": {"expr": expr}}}}
    shown = {"id": 1, "title": "Work", "data": {"spec": {"queries": [query]}}, "vizConfig": {"group": "timeseries"}}
    asked = {"kind": "QueryVariable", "spec": {"name": "app", "multi": True, "query": {"group": "prometheus"}}}
    return {"elements": {"p": {"kind": "Panel", "spec": shown}}, "layout": layout, "variables": [asked]}


def item(**fields):
    return {"spec": {"element": {"name": "p"}, **fields}}


def laid_out(kind="GridLayout", **parts):
    return {"kind": kind, "spec": parts}


REPEATED = {"repeat": {"mode": "variable", "value": "app"}}
IN_GRID = laid_out(items=[item()])
REPEATING = {
    "a row": board(ROW, panel(EQUALS), variables=SEVERAL),
    "a folded row": board(ROW | {"collapsed": True, "panels": [panel(EQUALS)]}, variables=SEVERAL),
    "a row of Grafana 4": {
        "rows": [{"title": "One", "repeat": "app", "panels": [panel(EQUALS)]}],
        "templating": {"list": list(SEVERAL)},
    },
    "an item of schema 2": elements(laid_out(items=[item(**REPEATED)])),
    "a row of schema 2": elements(laid_out("RowsLayout", rows=[{"spec": {"layout": IN_GRID, **REPEATED}}])),
    "a tab of schema 2": elements(laid_out("TabsLayout", tabs=[{"spec": {"layout": IN_GRID, **REPEATED}}])),
    "an item within a row": elements(
        laid_out("RowsLayout", rows=[{"spec": {"layout": laid_out("AutoGridLayout", items=[item(**REPEATED)])}}])
    ),
    "a row within a grid": elements(laid_out(items=[{"spec": {"elements": [item()], **REPEATED}}])),
}


@pytest.mark.parametrize("what", REPEATING)
def test_what_is_repeated_has_one_value_at_a_time(what):
    assert found(REPEATING[what], "equals-several") == found(REPEATING[what], "unused-variable") == []


@pytest.mark.parametrize(("repeat", "count"), [("instance", 0), ("", 1)])
def test_lines_of_a_repeated_row_are_of_one_server_each(repeat, count):
    asked = 'vllm:num_requests_running{instance=~"$instance"}'
    lines = panel(asked, targets=[{"refId": "A", "expr": asked, "legendFormat": "Running"}])
    repeated = board(ROW | {"repeat": repeat}, lines, variables=(variable("instance", multi=True),))
    assert len(found(repeated, "lines-alike")) == count


def test_without_a_repeat_it_may_have_several():
    said = ["It compares with 'app', which may be several values."]
    assert found(board(ROW | {"repeat": ""}, panel(EQUALS), variables=SEVERAL), "equals-several") == said
    assert found(elements(laid_out("RowsLayout", rows=[{"spec": {"layout": IN_GRID}}])), "equals-several") == said


def test_the_query_of_a_variable_has_all_values_at_once_whatever_is_repeated():
    pods = variable("pod", query='label_values(up{app="$app"}, pod)')
    said = ["It compares with 'app', which may be several values."]
    assert found(board(ROW, panel(EQUALS), variables=(*SEVERAL, pods)), "equals-several") == said


def test_a_variable_without_a_name_is_none():
    assert found(board(panel(), variables=(variable(""),)), "unused-variable") == []


ROW_TITLES = {
    "a row": board(ROW | {"title": "Of $app", "repeat": ""}, panel()),
    "a row of Grafana 4": {
        "rows": [{"title": "Of $app", "panels": [panel()]}],
        "templating": {"list": [variable()]},
    },
    "a row of schema 2": elements(
        laid_out("RowsLayout", rows=[{"spec": {"title": "Of $app", "layout": IN_GRID}}]), "up"
    ),
}


@pytest.mark.parametrize("what", ROW_TITLES)
def test_the_title_of_a_row_uses_a_variable_and_does_not_narrow_by_it(what):
    assert found(ROW_TITLES[what], "unused-variable") == []
    assert found(ROW_TITLES[what], "never-narrowing-variable") == ["Titles name app, and no query does."]


def test_a_variable_that_decides_what_is_shown_is_used():
    shown = {"spec": {"items": [{"kind": "ConditionalRenderingVariable", "spec": {"variable": "app", "value": "a"}}]}}
    for part in (item(conditionalRendering=shown), item()):
        is_used = "conditionalRendering" in part["spec"]
        assert found(elements(laid_out(items=[part]), "up"), "unused-variable") == (
            [] if is_used else ["Nothing uses app."]
        )


NODE = variable("node", query="label_values(x, node)")
SHOWING = {
    "a hidden value": variable(hide=2),
    "the result of a query": variable(query="query_result(count(up))"),
    "the result, as the editor keeps it": variable(query={"query": "query_result(count(up))", "refId": "A"}),
    "what belongs to another choice": variable(query='label_values(up{node="$node"}, app)'),
}


@pytest.mark.parametrize("what", SHOWING)
def test_a_variable_that_only_shows_something_is_no_choice(what):
    using = board(panel('x{node="$node"}', title="$app on $node"), variables=(NODE, SHOWING[what]))
    assert found(using, "never-narrowing-variable") == []


def test_a_choice_among_those_of_a_data_source_is_one():
    source = {"name": "source", "type": "datasource", "query": "prometheus"}
    asked = variable(datasource={"type": "prometheus", "uid": "${source}"})
    assert found(board(panel(title="Of $app"), variables=(source, asked)), "never-narrowing-variable") == [
        "Titles name app, and no query does."
    ]


SHORT = ["rate over $__interval has gaps when one zooms in."]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (variable("step", type="interval", query="1m,10m,1h"), []),
        (variable("step", type="interval", query="auto,1m,10m", auto=True, auto_min="1m"), []),
        (variable("step", type="interval", query="1m,10m", auto=True, auto_min="10s"), SHORT),
        (variable("step", type="interval", query="'30s','10m'"), SHORT),
        (variable("step", type="custom", query="coarse : 10m, fine : 1m"), []),
        (variable("step", type="custom", query="coarse : 10m, fine : 15s"), SHORT),
        (variable("step", type="constant", query="15s"), SHORT),
        # Nobody knows what these may be.
        (variable("step", type="custom", query="10s, soon"), []),
        (variable("step", query="label_values(up, step)"), []),
    ],
)
@pytest.mark.parametrize("interval", ["$step", ">${step}"])
def test_the_least_step_that_a_variable_offers_counts(step, said, interval):
    rates = panel("rate(x_total[$__interval])", interval=interval)
    assert found(board(rates, variables=(step,)), "interval-window") == said


def test_without_a_step_there_is_none():
    assert found(board(panel("rate(x_total[$__interval])")), "interval-window") == SHORT
