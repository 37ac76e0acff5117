"""Two versions of recorded series over the raw series of a real Prometheus, whose rules recorded neither."""

import time

import pytest

from glassbox.backtest import past_source
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.history_difference import FiringChange, difference_lines
from glassbox.backtest.past_source import WorkingOut, Workshop
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.rule_set import RuleSet
from glassbox.backtest.running_backtest import Run
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write
from glassbox.past.rule_order import RecordingRule
from glassbox.prometheus.api import Prometheus

STEP = 15
HOURS = 3
# Requests per second: 20, but 3 in the minutes from 60 to 70, and 6 in those from 120 to 150.
USUAL, FEWEST, FEW = 20, 3, 6
REPORTED = AlertRule("Reported", "g", "job:requests:low == 1", 30, 60)


def served(second):
    minute = second // 60
    return FEWEST if 60 <= minute < 70 else FEW if 120 <= minute < 150 else USUAL


def rules(rate, alert=REPORTED):
    return RuleSet(
        (alert,),
        (
            RecordingRule("g", 0, 30, "job:requests:rate1m", rate),
            RecordingRule("g", 1, 30, "job:requests:low", "job:requests:rate1m < bool 5"),
        ),
    )


PLAIN = rules("sum by (job) (rate(requests_total[1m]))")
HALF = rules("sum by (job) (rate(requests_total[1m])) / 2")


@pytest.fixture(scope="module")
def past(components, tmp_path_factory):
    end = int(time.time()) // 3600 * 3600
    window = PastWindow(end - HOURS * 3600, end)
    times = range(window.start - 1800, end + 1, STEP)
    total, count = [], 0.0
    for each in times:
        total.append(count)
        count += served(each - window.start) * STEP
    target = {"job": "a", "instance": "b"}
    with own_prometheus(tmp_path_factory.mktemp("raw") / "data") as server, Prometheus(server.url) as prometheus:
        for name, values in (("up", [1.0] * len(total)), ("requests_total", total)):
            write(server.url, [Samples({"__name__": name, **target}, [each * 1000 for each in times], values)])
        yield prometheus, window


@pytest.fixture
def workshop(past):
    with Workshop(*past, WorkingOut(600, agreed=False)) as opened:
        yield opened


def minutes(history, window):
    return [((each.started - window.start) / 60, (each.ended - window.start) / 60) for each in history.firings]


def test_both_versions_of_a_recorded_series_are_worked_out_and_compared(past, workshop, capsys):
    prometheus, window = past
    found = Run(prometheus, PLAIN, window, workshop).compared_with(HALF, "main")
    (difference,) = found.differences
    assert difference.change is FiringChange.LESS
    assert list(difference_lines(found.differences, "main"))[1] == (
        "  Reported: 2 -> 1 firings (37 min -> 8 min 30 s), 1 incident no longer seen"
    )
    # The rate is that of the minute before, and is below the limit when most of that minute is slow; then it is pending.
    assert minutes(difference.after, window) == [(62, 70.5)]
    assert difference.before.past.rule == HALF.alerts[0], "with the names that it has there"
    assert found.source == f"worked out from the series of {prometheus.url}"
    said = capsys.readouterr().err
    assert said.count("series are read from") == 1, "what is read once is enough for both"
    assert said.startswith("What both versions record differently is worked out on this machine for each: 2 series are read from")  # fmt: skip


def test_progress_is_said_now_and_then_however_often_something_is_worked_out(past, capsys, monkeypatch):
    monkeypatch.setattr("glassbox.past.progress_line._EVERY_SECONDS", 1e9)
    prometheus, window = past
    with Workshop(prometheus, window, WorkingOut(600, agreed=False)) as opened:
        Run(prometheus, PLAIN, window, opened).compared_with(HALF, "main")
    assert sum("%" in line for line in capsys.readouterr().err.splitlines()) == 1


def test_without_a_workshop_they_are_not_compared(past):
    prometheus, window = past
    (difference,) = Run(prometheus, PLAIN, window, None).compared_with(HALF, "main").differences
    assert difference.change is FiringChange.NOT_COMPARED
    assert difference.reason == "both record job:requests:rate1m differently, and only one of them is recorded here"


def test_a_lot_is_not_read_for_it_without_consent(past, workshop, monkeypatch):
    monkeypatch.setattr(past_source, "ASKED_ABOVE_BYTES", 1000)
    prometheus, window = past
    (difference,) = Run(prometheus, PLAIN, window, workshop).compared_with(HALF, "main").differences
    assert difference.change is FiringChange.NOT_COMPARED
    assert difference.reason.endswith("and more than 500 MB would be read for that, which needs --yes")


def test_what_is_not_recorded_there_is_worked_out_by_itself(past, workshop, capsys):
    prometheus, window = past
    mixed = RuleSet((*HALF.alerts, AlertRule("Down", "g", "up == 0", 30)), HALF.records)
    found = Run(prometheus, mixed, window, workshop).all_alerts()
    here, there = found.histories
    assert [len(each.firings) for each in (here, there)] == [2, 0]
    assert [each.worked_out for each in (here, there)] == [True, False]
    assert here.evidence.covered_ratio == 1.0
    assert found.source == f"as recorded in {prometheus.url}, and worked out from its series for 1 alert"
    assert capsys.readouterr().err.startswith(
        f"What 1 alert reads is not recorded there, and is worked out on this machine: 2 series are read from {prometheus.url}, about 0 MB.\n"
    )


def test_a_lot_is_not_read_by_itself(past, workshop, capsys, monkeypatch):
    monkeypatch.setattr(past_source, "ASKED_ABOVE_BYTES", 1000)
    prometheus, window = past
    (history,) = Run(prometheus, PLAIN, window, workshop).all_alerts().histories
    assert not history.is_judged
    assert capsys.readouterr().err.endswith(
        "That is more than 500 MB: choose a shorter --window, or agree with --yes. Nothing is known of that alert.\n"
    )


def test_rules_on_targets_alone_are_worked_out(past, workshop):
    prometheus, window = past
    alert = AlertRule("Few", "g", "job:targets:count < 2", 30)
    targets = RuleSet((alert,), (RecordingRule("g", 0, 30, "job:targets:count", "count by (job) (up)"),))
    (history,) = Run(prometheus, targets, window, workshop).all_alerts().histories
    assert (len(history.firings), history.share_ratio) == (1, 1.0)


def test_more_is_read_where_a_later_alert_needs_more(past, workshop, capsys):
    prometheus, window = past
    run = Run(prometheus, PLAIN, window, workshop)
    alert = AlertRule("Few", "g", "job:targets:count < 2", 30)
    targets = RuleSet((alert,), (RecordingRule("g", 0, 30, "job:targets:count", "count by (job) (up)"),))
    Run(prometheus, targets, window, workshop).all_alerts()
    (history,) = run.all_alerts().histories
    assert len(history.firings) == 1
    assert capsys.readouterr().err.count("series are read from") == 2
