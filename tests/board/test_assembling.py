"""What is derived of a declared dashboard: places, ids, legends, queries as they are sent, and the variables that narrow them."""

from dataclasses import replace

import pytest

from glassbox.board.annotation import QueriedEvents, TaggedEvents
from glassbox.board.assembling import Header, Place, assemble
from glassbox.board.dashboard import Row, dashboard, row
from glassbox.board.grid import Size, stable_id
from glassbox.board.panels import stat, timeseries
from glassbox.board.variables import Side, Variable
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Gauge, Unit
from glassbox.query.promql import instant, over_time, sum_by
from glassbox.query.rules import Series
from glassbox.query.selectors import Level, regex

LOAD = Gauge(name="load", unit=Unit.REQUESTS, labels=("note", "gpu"))
BY_JOB = sum_by(("job",), instant(LOAD))


def variable(name, label, **options):
    return Variable(name=name, title=name, label=label, values_of=LOAD, **options)


JOB, HOST = variable("job", "job"), variable("host", "instance")


def board(*panels, variables=(JOB,), **options):
    return dashboard("x", "X", question="q?", variables=variables, rows=(Row("", panels),), **options)


def only_panel(declared):
    (panel,) = assemble(declared).panels.values()
    return panel


def test_rows_stand_below_each_other_under_their_headers():
    rows = (
        row("One", stat("a", BY_JOB, why="w."), timeseries("b", BY_JOB, why="w.", size=Size(width=16))),
        Row("", (stat("c", BY_JOB, why="w."),)),
    )
    items = assemble(dashboard("x", "X", question="q?", variables=(), rows=rows)).items
    assert [(item.title, item.place) for item in items] == [
        ("One", Place(0, 0, 24, 1)),
        ("a", Place(0, 1, 8, 4)),
        ("b", Place(8, 1, 16, 8)),
        ("c", Place(0, 9, 24, 4)),
    ]
    assert isinstance(items[0], Header)
    assert [item.id for item in items] == [stable_id(key) for key in ("row One", "a", "b", "c")]


def test_a_query_is_kept_as_written_and_as_sent():
    panel = only_panel(board(timeseries("n", {"now": BY_JOB, "then": BY_JOB}, why="w.")))
    assert [(target.ref_id, target.name, target.legend) for target in panel.targets] == [
        ("A", "now", "now {{job}}"),
        ("B", "then", "then {{job}}"),
    ]
    assert str(panel.targets[0].expr) == 'sum by (job) (load{job=~"$job"})'
    assert str(panel.declared.named_queries["now"]) == "sum by (job) (load)"


def test_a_number_of_a_gpu_has_a_sign_and_a_query_without_a_name_the_title():
    assert only_panel(board(timeseries("n", sum_by(("gpu",), instant(LOAD)), why="w."))).targets[0].legend == "#{{gpu}}"
    assert only_panel(board(timeseries("n", sum_by((), instant(LOAD)), why="w."))).targets[0].legend == "n"


def test_a_panel_is_narrowed_by_the_variables_that_its_queries_follow():
    index = variable("index", "gpu", narrows=(Level("gpu"),))
    assert only_panel(board(stat("n", BY_JOB, why="w."), variables=(HOST, JOB, index))).narrowed_by == (HOST, JOB)


def test_a_value_that_reads_like_a_matcher_narrows_nothing():
    """Neither as text of another label, nor under a label that the variable does not stand for."""
    query = sum_by((), instant(LOAD, note='job=~"$job"', gpu=regex("$job")))
    panel = only_panel(board(stat("n", query, why="w."), variables=(variable("job", "job", narrows=()),)))
    assert r'note="job=~\"$job\""' in str(panel.targets[0].expr) and 'gpu=~"$job"' in str(panel.targets[0].expr)
    assert panel.narrowed_by == ()


def test_what_is_asked_of_a_side_is_narrowed_by_the_variables_of_the_side():
    of_a = variable("host_a", "instance", single=True)
    side = Side("A", (of_a,), (JOB,))
    asked = stat("n", side.of(sum_by((), instant(LOAD))), why="w.")
    assert only_panel(board(asked, sides=(side,))).narrowed_by == (JOB, of_a)


def test_an_annotation_is_narrowed_by_the_variables_of_its_board():
    starts = QueriedEvents(
        name="n", color="red", query=instant(LOAD), narrowed_by=(JOB, HOST), title="t", text="x", step="1m"
    )
    deploys = TaggedEvents(name="d", color="blue", tag="deploy")
    declared = board(stat("n", BY_JOB, why="w."))
    narrowed, tagged = assemble(declared, (starts, deploys)).annotations
    assert narrowed == replace(starts, query=instant(LOAD, job=regex("$job")))
    assert tagged == deploys
    assert assemble(replace(declared, variables=()), (starts,)).annotations == (starts,)


def test_two_panels_of_one_title_are_refused():
    with pytest.raises(GlassboxError, match="X: two panels are called 'n'; titles must differ within a dashboard"):
        board(stat("n", BY_JOB, why="w."), stat("n", BY_JOB, why="w."))


def test_a_row_that_does_not_fit_is_refused_with_its_title():
    with pytest.raises(GlassboxError, match="X, row 'Wide': the panels of one row take 26 of 24 columns"):
        wide = (stat(title, BY_JOB, why="w.", size=Size(width=13)) for title in "ab")
        dashboard("x", "X", question="q?", variables=(), rows=(row("Wide", *wide),))


def test_variables_that_cannot_narrow_together_are_refused_where_the_dashboard_is_declared():
    running = Series("instance:running:sum", Unit.NONE, ("job", "model_name", "instance"))
    serving = over_time("last", running, "1h")
    one, other = (variable(name, "instance", optional=True, single=True, serving=serving) for name in ("one", "other"))
    recorded = instant(Series("model:load:sum", Unit.NONE, ("job", "model_name")))
    with pytest.raises(GlassboxError, match=r"model:load:sum can be .* for one choice at a time"):
        board(stat("n", recorded, why="w."), variables=(one, other))
