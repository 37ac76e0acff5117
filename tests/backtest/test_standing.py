"""Whether an alert could have fired, on a real Prometheus with series that are there for a part of the time."""

import time

import pytest

from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.standing import AlertStanding, Witness
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.prometheus.api import Prometheus

HOURS = 12
STEP = 60
# What is recorded, and from what: one is there all the time, one only while its condition holds, one is not recorded.
RECORDED = {
    "level:a:rate": ("rate(a_total[5m])",),
    "level:a_high:bool": ("a_total > 1e9",),
    "level:b:rate": ("rate(b_total[5m])",),
    "level:c:rate": ("rate(c_total[5m])",),
    "level:b_of_b:rate": ("level:b:rate > 1e9",),
}
QUERIES = ["level:a:rate > 1", "up == 0"]


@pytest.fixture(scope="module")
def past(components, tmp_path_factory):
    """Twelve hours; our rules ran in the last six of them."""
    end = int(time.time()) // 60 * 60
    window = PastWindow(end - HOURS * 3600, end)
    times = range(window.start - 600, end + 1, STEP)
    late = [each for each in times if each >= window.start + HOURS * 1800]
    with own_prometheus(tmp_path_factory.mktemp("standing") / "data") as server, Prometheus(server.url) as prometheus:
        for name, moments in (("up", times), ("a_total", times), ("b_total", times), ("level:a:rate", late)):
            labels = {"__name__": name, "job": "a"}
            write(
                server.url,
                [Samples(labels, [each * 1000 for each in moments], [float(each) for each in range(len(moments))])],
            )
        yield prometheus, window


@pytest.fixture(scope="module")
def witness(past):
    prometheus, window = past
    return Witness(prometheus, window, QUERIES, RECORDED)


@pytest.mark.parametrize("hours", [13, 24 * 30])
def test_the_first_that_the_server_had_is_known_to_the_minute(past, witness, hours):
    prometheus, window = past
    longer = PastWindow(window.end - hours * 3600, window.end)
    assert witness.since == 0
    assert 0 <= Witness(prometheus, longer, QUERIES, RECORDED).since - (window.start - 600) < 60


@pytest.mark.parametrize("hours", [13, 24 * 30])
def test_what_is_there_since_the_first_sample_is_judged_since_then(past, hours):
    prometheus, window = past
    longer = PastWindow(window.end - hours * 3600, window.end)
    judged = longer.seconds * Witness(prometheus, longer, QUERIES, RECORDED).of("up == 0").covered_ratio
    assert judged == pytest.approx(window.seconds + 600, rel=0.01, abs=120)


def test_what_is_there_all_the_time_is_judged_all_the_time(witness):
    found = witness.of("up == 0")
    assert (found.standing, found.covered_ratio) == (AlertStanding.JUDGED, 1.0)


def test_what_was_recorded_from_some_day_on_is_judged_from_then_on(witness):
    found = witness.of("level:a:rate > 1")
    assert found.standing is AlertStanding.JUDGED
    assert found.covered_ratio == pytest.approx(0.5, abs=0.02)


def test_a_condition_that_never_held_is_a_result(witness):
    """Its series is missing because its rule had nothing to record, while other rules ran."""
    found = witness.of("level:a_high:bool == 1")
    assert found.standing is AlertStanding.JUDGED
    assert found.covered_ratio == pytest.approx(0.5, abs=0.02)


def test_what_would_have_been_recorded_and_is_not_is_not_recorded(witness):
    found = witness.of("level:b:rate > 1")
    assert (found.standing, found.covered_ratio, found.lacks) == (AlertStanding.NOT_RECORDED, 0.0, ("level:b:rate",))


def test_nor_is_what_is_made_of_it(witness):
    assert witness.of("level:b_of_b:rate").standing is AlertStanding.NOT_RECORDED


def test_after_unless_it_would_make_the_alert_fire(witness):
    assert witness.of("up == 1 unless level:b:rate > 1").standing is AlertStanding.NOT_RECORDED
    assert witness.of("up == 1 unless level:c:rate > 1").standing is AlertStanding.JUDGED, (
        "nothing is to be recorded of it"
    )


def test_a_recorded_series_is_enough_where_what_it_was_made_of_is_gone(past):
    prometheus, window = past
    kept = {"level:a:rate": ("rate(gone_total[5m])",)}
    found = Witness(prometheus, window, QUERIES, kept).of("level:a:rate > 1")
    assert found.standing is AlertStanding.JUDGED
    assert found.covered_ratio == pytest.approx(0.5, abs=0.02)


def test_what_nobody_measures_is_lacking(witness):
    found = witness.of("level:c:rate > 1")
    assert (found.standing, found.lacks) == (AlertStanding.LACKING, ("c_total",))


@pytest.mark.parametrize("name", ['=~"a_.*"', '="a_total"', '=~"a_total|gone_total"'])
def test_names_in_matchers_and_patterns_of_names_are_looked_for(past, name):
    query = f"{{__name__{name}}} > 1"
    found = Witness(*past, [query], {}).of(query)
    assert (found.standing, found.covered_ratio) == (AlertStanding.JUDGED, 1.0)


def test_a_pattern_that_no_name_fits_is_lacking(past):
    query = '{__name__=~"gone_.*"} > 1'
    assert Witness(*past, [query], {}).of(query).standing is AlertStanding.LACKING


def test_a_pattern_that_only_a_server_reads_is_unreadable(past):
    query = '{__name__=~"a_[[:alpha:]]+(?i:TOTAL"} > 1'
    assert Witness(*past, [query], {}).of(query).standing is AlertStanding.UNREADABLE


def test_alerts_of_a_server_that_never_had_one_are_not_known(witness):
    found = witness.of('ALERTS{alertname="Down"}')
    assert (found.standing, found.lacks) == (AlertStanding.LACKING, ("ALERTS",))


def test_what_is_not_a_query_is_unreadable(witness):
    found = witness.of("up ===")
    assert found.standing is AlertStanding.UNREADABLE
    assert "is not PromQL" in found.problem


def test_a_server_without_any_series_judges_nothing(past):
    prometheus, window = past
    before = PastWindow(window.start - 30 * 86400, window.start - 29 * 86400)
    assert Witness(prometheus, before, QUERIES, RECORDED).of("vector(1)").standing is AlertStanding.LACKING
