"""Where a dashboard's file uses its variables, and what is found of those that it does not."""

import pytest

from glassbox.lint.linting import judged
from glassbox.lint.reading.boards import board_of
from glassbox.lint.subjects import Corpus


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
