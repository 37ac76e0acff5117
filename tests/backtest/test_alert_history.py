"""What is said of firings: incidents, shares, noise, the worst of them and its board."""

import pytest

from glassbox.backtest.alert_evaluation import AlertPast
from glassbox.backtest.alert_history import AlertHistory
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.alert_states import Firing
from glassbox.backtest.board_address import board_address
from glassbox.backtest.history_rows import cells, sentences, weekly
from glassbox.backtest.past_window import PastWindow
from glassbox.backtest.standing import AlertStanding, Evidence
from glassbox.backtest.time_words import length, share

DAY = 86400
BOARD = "/d/x?viewPanel=5{{ with $labels.job }}&var-job={{ . | urlquery }}{{ end }}{{ with $labels.pod }}&var-pod={{ . | urlquery }}{{ end }}"


def firing(started, ended, peak=1.0, **labels):
    return Firing({"alertname": "A", "severity": "page", **labels}, started, ended, peak, started)


def history(*firings, days=14, covered=1.0, query="x > 0", severity="page", standing=AlertStanding.JUDGED):
    rule = AlertRule("A", "g", query, labels={"severity": severity}, dashboard=BOARD)
    return AlertHistory(AlertPast(rule, firings), Evidence(standing, covered), PastWindow(0, days * DAY))


def test_firings_that_overlap_are_one_incident():
    found = history(firing(100, 200, pod="a"), firing(150, 400, pod="b"), firing(400, 500, pod="a"), firing(900, 1000))
    assert [(each.started, each.ended) for each in found.incidents] == [(100, 500), (900, 1000)]
    assert (found.total_seconds, found.longest_seconds) == (500, 250)


def test_what_still_fires_lasts_until_the_end_of_the_window():
    found = history(firing(13 * DAY, None))
    (incident,) = found.incidents
    assert (incident.ongoing, incident.ended) == (True, 14 * DAY)
    assert found.share_ratio == pytest.approx(1 / 14)


def test_rates_are_of_the_time_that_is_judged():
    found = history(firing(100, 100 + DAY // 2), firing(2 * DAY, 2 * DAY + DAY // 2), covered=0.5)
    assert found.per_week == pytest.approx(2)
    assert found.share_ratio == pytest.approx(1 / 7)


def test_less_than_a_day_says_nothing_of_a_week():
    found = history(firing(100, 200), firing(1000, 1100), days=0.5)
    assert found.per_week is None and not found.comes_often
    assert cells(found)[-2] == "-"
    assert weekly([found]) == "1 of 1 alerts could be judged."


def test_pages_and_tickets_are_counted_apart_and_unknown_alerts_said():
    unknown = history(standing=AlertStanding.NOT_RECORDED, covered=0.0)
    found = [history(firing(1, 2), firing(9000, 9001)), history(firing(1, 2), severity="ticket"), unknown]
    assert weekly(found) == "1.0 pages a week and 0.5 tickets a week; 2 of 3 alerts could be judged."


@pytest.mark.parametrize(
    ("firings", "noisy"),
    [
        ([firing(number * 3600, number * 3600 + 60) for number in range(15)], True),
        ([firing(number * 3600, number * 3600 + 60) for number in range(14)], False),
        ([firing(0, 2 * DAY)], True),
        ([firing(0, DAY)], False),
    ],
)
def test_noisy_is_more_than_once_a_day_or_a_tenth_of_the_time(firings, noisy):
    assert history(*firings).is_noisy is noisy


def test_what_always_fires_by_intention_is_not_noisy():
    assert not history(firing(0, None), severity="heartbeat").is_noisy


def test_flapping_is_the_same_instance_again_within_minutes_three_times():
    again = [firing(number * 600, number * 600 + 100, pod="a") for number in range(4)]
    assert (history(*again).fired_again, history(*again).is_flapping) == (3, True)
    others = [firing(number * 600, number * 600 + 100, pod=str(number)) for number in range(4)]
    assert history(*others).fired_again == 0
    assert not history(*again[:3]).is_flapping
    late = [firing(number * 701, number * 701 + 100, pod="a") for number in range(4)]
    assert history(*late).fired_again == 0


def test_the_worst_is_the_highest_or_for_too_little_the_lowest_then_the_longest():
    firings = (firing(0, 10, 5, pod="a"), firing(20, 90, 9, pod="b"), firing(100, 110, 9, pod="c"), firing(200, 210, 1))
    assert history(*firings).worst == firings[1]
    assert history(*firings, query="x < 50").worst == firings[3]
    assert history().worst is None and history().worst_address == ""


def test_the_board_of_a_firing_has_its_labels_and_its_time():
    address = "/d/x?viewPanel=5&var-job=a%2Fb%26c&from=100000&to=2800000"
    assert board_address(BOARD, {"job": "a/b&c"}, 1000, 1900) == address
    assert history(firing(1000, 1900, job="a/b&c")).worst_address == address


@pytest.mark.parametrize("template", ["", "/d/x?var={{ $value }}", "{{ if $labels.a }}/d/a{{ end }}"])
def test_a_board_that_cannot_be_filled_in_is_none(template):
    assert board_address(template, {"a": "b"}, 0, 1) == ""


def test_what_is_not_known_is_never_said_not_to_have_fired():
    judged, other = history(), history(standing=AlertStanding.LACKING, covered=0.0)
    lacking = AlertHistory(other.past, Evidence(AlertStanding.LACKING, 0.0, ("m",)), other.window)
    said = dict(sentences([judged, lacking]))
    assert said["Did not fire"] == ["A"]
    assert said["Cannot fire here, since what they read is not measured"] == ["without m: A"]


def test_a_part_of_the_time_is_said():
    said = dict(sentences([history(covered=0.25)]))
    (lines,) = (lines for heading, lines in said.items() if heading.startswith("Judged for a part"))
    assert lines == ["3 d 12 h of 14 d: A"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (75, "1 min 15 s"), (12_000, "3 h 20 min"), (187_200, "2 d 4 h"), (DAY, "1 d")],
)
def test_lengths_have_two_units_at_most(seconds, words):
    assert length(seconds) == words


def test_a_small_share_is_not_none():
    assert [share(each) for each in (0, 0.0001, 0.25, 1)] == ["0.0%", "<0.1%", "25.0%", "100.0%"]
