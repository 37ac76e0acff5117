"""Which lines of a panel are drawn, as a board's variable chooses them."""

import pytest

from glassbox.board.assembling import assemble
from glassbox.board.dashboard import Row, dashboard
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.line_choice import LineChoice
from glassbox.board.panels import stat, timeseries
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.asked_for import if_matched
from glassbox.query.promql import instant, over_time, sum_by
from glassbox.query.selectors import QueryError
from glassbox.servers.components import ensure_components
from tests.support.promtool_boards import assert_values

LOAD = Gauge(name="load", unit=Unit.REQUESTS, labels=("model_name",))
BY_MODEL = sum_by(("model_name",), instant(LOAD))
LINES = LineChoice(name="lines", title="Lines", offered=("p50", "p95", "p99"), chosen=("p50", "p95"))
SERIES = {'load{model_name="m"}': "3x80", 'load{model_name="n"}': "5x80"}


def board(*panels):
    return assemble(dashboard("x", "X", question="q?", variables=(), rows=(Row("", panels),)))


def test_a_board_offers_the_choice_of_its_panels_once():
    panels = [timeseries(title, {"p99": BY_MODEL, "all": BY_MODEL}, why="w.", choice=LINES) for title in "ab"]
    made = normalised_dashboard(plain(grafanalib_dashboard(board(*panels, stat("c", BY_MODEL, why="w.")))), [])
    (shown,) = made["templating"]["list"][1:]
    assert shown == {
        "current": {"text": ["p50", "p95"], "value": ["p50", "p95"]},
        "includeAll": True,
        "label": "Lines",
        "multi": True,
        "name": "lines",
        "options": [],
        "query": "p50,p95,p99",
        "regex": "",
        "type": "custom",
    }


def test_a_query_whose_name_is_not_offered_is_always_drawn():
    (panel,) = board(timeseries("a", {"p99": BY_MODEL, "all": BY_MODEL}, why="w.", choice=LINES)).panels.values()
    chosen, always = panel.targets
    assert str(always.expr) == str(BY_MODEL)
    assert str(chosen.expr).startswith("sum by (model_name) ((load and on (asked_for) ")
    assert '"$lines"' in str(chosen.expr)
    assert chosen.legend == "p99 {{model_name}}"


# As Grafana writes one chosen value, several, and a regular expression for All.
@pytest.mark.parametrize("chosen", ["p99", "(p50|p99)", ".*"])
def test_a_line_that_is_chosen_is_drawn_as_without_a_choice(chosen, tmp_path):
    ensure_components()
    expected = {'{model_name="m"}': 3, '{model_name="n"}': 5}
    assert_values(str(if_matched(BY_MODEL, "p99", chosen)), SERIES, expected, tmp_path)


# A choice is no part of a name: p9 is another line.
@pytest.mark.parametrize("chosen", ["p50", "(p50|p95)", "p9", ""])
def test_a_line_that_is_not_chosen_gives_nothing(chosen, tmp_path):
    ensure_components()
    assert_values(str(if_matched(BY_MODEL, "p99", chosen)), SERIES, {}, tmp_path)


def test_each_series_is_held_back_before_it_is_computed_with(tmp_path):
    """A mean reads two series; a variable narrows them as it does without a choice."""
    ensure_components()
    share = BY_MODEL / sum_by(("model_name",), instant(LOAD, model_name="m"))
    (panel,) = board(timeseries("a", {"p99": share}, why="w.", choice=LINES)).panels.values()
    text = str(panel.targets[0].expr)
    assert text.count(" and on (asked_for) ") == 2
    assert_values(text.replace("$lines", "p99"), SERIES, {'{model_name="m"}': 1}, tmp_path)


ASKED = Gauge(name="load", unit=Unit.REQUESTS, labels=("asked_for",))


@pytest.mark.parametrize("operand", [instant(ASKED), over_time("avg", LOAD, "5m")], ids=["its label", "a window"])
def test_what_cannot_be_held_back_is_refused(operand):
    with pytest.raises(QueryError, match=r"'load.*' cannot be held back"):
        if_matched(operand, "p99", "p99")


@pytest.mark.parametrize(("chosen", "named"), [(("p51",), "p51"), ((), "nothing")])
def test_a_start_that_is_not_offered_is_refused(chosen, named):
    with pytest.raises(GlassboxError, match=f"'lines' starts with {named}: choose of p50, p95."):
        LineChoice(name="lines", title="Lines", offered=("p50", "p95"), chosen=chosen)
