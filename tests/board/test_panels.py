"""What a panel refuses at the line that declares it, and what it keeps of its queries."""

from dataclasses import FrozenInstanceError

import pytest

from glassbox.board.panels import bars, comparison, heatmap, stat, table, timeline, timeseries
from glassbox.board.style import UP_DOWN
from glassbox.errors import GlassboxError
from glassbox.metrics.types import Gauge, Histogram, Unit
from glassbox.query.promql import instant, rate, sum_by

RUNNING = instant(Gauge(name="running", unit=Unit.REQUESTS, labels=("model_name",)))
SHARE = instant(Gauge(name="share", unit=Unit.RATIO, labels=("model_name",)))
BUCKETS = rate(Histogram(name="seconds", unit=Unit.SECONDS, labels=("model_name",), bounds=(1.0, 2.0)).bucket, "5m")
BY_MODEL, BY_JOB = sum_by(("model_name",), RUNNING), sum_by(("job",), RUNNING)


def test_a_panel_keeps_its_queries_as_they_were_written():
    assert stat("n", RUNNING, why="w.").named_queries == {"": RUNNING}
    assert timeseries("n", RUNNING, why="w.").named_queries == {"": RUNNING}
    assert timeseries("n", {"a": RUNNING, "b": BY_JOB}, why="w.").named_queries == {"a": RUNNING, "b": BY_JOB}
    assert comparison("n", {"a": BY_MODEL, "b": BY_MODEL}, why="w.").named_queries == {"a": BY_MODEL, "b": BY_MODEL}


@pytest.mark.parametrize("panel", [stat("n", RUNNING, why="w."), bars("n", RUNNING, why="w.")])
def test_a_panel_does_not_change(panel):
    with pytest.raises(FrozenInstanceError):
        panel.title = "m"


def test_the_unit_is_that_of_the_queries_and_columns_have_their_own():
    assert timeseries("n", {"a": SHARE, "b": SHARE}, why="w.").unit is Unit.RATIO
    assert timeline("n", RUNNING, words=UP_DOWN, why="w.").unit is Unit.REQUESTS
    assert comparison("n", {"a": BY_MODEL, "b": sum_by(("model_name",), SHARE)}, why="w.").unit is None


@pytest.mark.parametrize("word", [timeseries, bars])
def test_mixed_units_are_refused(word):
    with pytest.raises(GlassboxError, match="Panel 'n' needs queries of one unit, but has ratio, requests: split it"):
        word("n", {"a": RUNNING, "b": SHARE}, why="w.")


def test_a_panel_without_queries_is_refused():
    with pytest.raises(GlassboxError, match="Panel 'n' needs queries of one unit, but has none"):
        timeseries("n", {}, why="w.")


@pytest.mark.parametrize("columns", [{"a": BY_MODEL}, {"a": BY_MODEL, "b": BY_JOB}], ids=["one", "unlike"])
def test_a_comparison_of_results_that_cannot_meet_is_refused(columns):
    with pytest.raises(GlassboxError, match="'n' needs two or more queries with the same labels"):
        comparison("n", columns, why="w.")


def test_a_comparison_by_a_column_that_it_lacks_is_refused():
    with pytest.raises(GlassboxError, match="Panel 'n' has no column 'kv' to order by; choose one of Running, KV"):
        comparison("n", {"Running": BY_MODEL, "KV": BY_MODEL}, why="w.", largest_first="kv")


@pytest.mark.parametrize("rates", [BUCKETS, BY_JOB], ids=["of several models", "no buckets"])
def test_a_heatmap_of_anything_but_buckets_by_le_is_refused(rates):
    with pytest.raises(GlassboxError, match="Panel 'n' needs bucket rates by the label le only"):
        heatmap("n", rates, why="w.")
    assert heatmap("n", sum_by(("le",), BUCKETS), why="w.").unit is Unit.SECONDS


def test_numbers_are_asked_for_once_and_lines_over_the_range():
    assert stat("n", RUNNING, why="w.").instant and table("n", RUNNING, why="w.", value="v").instant
    assert not timeseries("n", RUNNING, why="w.").instant
    assert not timeline("n", RUNNING, words=UP_DOWN, why="w.").instant
    assert not heatmap("n", sum_by(("le",), BUCKETS), why="w.").instant
