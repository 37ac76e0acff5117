"""A window in pieces: nothing is left out or seen twice, whatever a server refuses."""

from dataclasses import replace
from threading import Event

import pytest

from glassbox.backtest.alert_evaluation import FEWEST_STEPS, STEPS_AT_ONCE, before_window, evaluate_all, evaluations
from glassbox.backtest.alert_rule import AlertRule
from glassbox.backtest.past_window import PastWindow, past_window
from glassbox.errors import GlassboxError
from glassbox.prometheus.api import MAX_POINTS, TooMuchError
from glassbox.prometheus.samples import SampledSeries

STEP = 30


class Server:
    """Answers with one series that is there at every step, or at those within the times given; refuses more than `most` steps."""

    def __init__(self, most=MAX_POINTS, times=None, again=()):
        self.most, self.times, self.again, self.asked = most, times, again, []

    def evaluated(self, query, start, end, step):
        self.asked.append((end - start) // step + 1)
        if self.asked[-1] > self.most:
            raise TooMuchError("too many samples")
        values = {time: 1.0 for time in range(start, end + 1, step) if self.times is None or time in self.times}
        series = [SampledSeries({"__name__": query, "job": "a"}, values)]
        return [*series, *(SampledSeries({"__name__": "other", "job": "a"}, {time: 1.0 for time in values if time in self.again}) for _ in self.again[:1])]  # fmt: skip


def rule(for_seconds=0, keep=0):
    return AlertRule("A", "g", "q", STEP, for_seconds, keep)


@pytest.mark.parametrize("most", [MAX_POINTS, 2000, FEWEST_STEPS + 1])
def test_every_evaluation_is_seen_once_and_in_order(most):
    server = Server(most)
    start, end = 3000, 3000 + STEP * 10_000
    times = [time for time, found in evaluations(server, rule(), start, end) if found]
    assert times == list(range(start, end + 1, STEP))
    assert max(server.asked) == STEPS_AT_ONCE < MAX_POINTS
    assert sum(1 for each in server.asked if each > most) == len([n for n in (2880, 1440, 720, 360) if n > most])


def test_a_query_that_is_refused_however_short_is_a_problem_of_its_alert_alone():
    (past,) = evaluate_all(Server(10), [rule()], PastWindow(3000, 90_000))
    assert (past.firings, past.problem) == ((), "too many samples")


def test_a_server_that_cannot_be_asked_ends_all():
    class Gone:
        def evaluated(self, *_):
            raise GlassboxError("refused the connection")

    with pytest.raises(GlassboxError, match="refused the connection"):
        evaluate_all(Gone(), [rule()] * 5, PastWindow(3000, 90_000))


def test_others_end_soon_after_one_has_failed():
    """The second alert is at work when the first fails, and has a year before it."""

    class Failing(Server):
        def evaluated(self, query, start, end, step):
            if query == "gone":
                at_work.wait()
                raise GlassboxError("refused the connection")
            at_work.set()
            return super().evaluated(query, start, end, step)

    at_work, server, pieces = Event(), Failing(), 365
    window = PastWindow(3000, 3000 + STEP * STEPS_AT_ONCE * pieces)
    with pytest.raises(GlassboxError):
        evaluate_all(server, [replace(rule(), query="gone"), rule()], window)
    assert 0 < len(server.asked) < pieces / 2


@pytest.mark.parametrize(("since", "started"), [(0, 30_000), (40_000, 40_020), (40_020, 40_020)])
def test_nothing_fires_before_the_server_had_anything(since, started):
    (past,) = evaluate_all(Server(), [rule()], PastWindow(30_000, 60_000), since=since)
    assert [each.started for each in past.firings] == [started]


def test_what_was_pending_before_the_window_fires_in_it():
    window = PastWindow(30_000, 60_000)
    (past,) = evaluate_all(Server(times=range(29_700, 60_001)), [rule(for_seconds=600)], window)
    assert [(each.started, each.ended) for each in past.firings] == [(30_300, None)]
    assert past.before == 0


def test_what_fired_before_the_window_is_cut_to_it_and_counted():
    window = PastWindow(30_000, 60_000)
    (past,) = evaluate_all(Server(times=range(40_000)), [rule(for_seconds=600)], window)
    assert [(each.started, each.ended) for each in past.firings] == [(30_000, 40_020)]
    assert past.before == 1


def test_what_ended_before_the_window_is_not_in_it():
    (past,) = evaluate_all(Server(times=range(29_000)), [rule(keep=600)], PastWindow(30_000, 60_000))
    assert past.firings == ()


def test_evaluation_begins_early_enough_and_at_a_multiple_of_the_interval():
    assert before_window(AlertRule("A", "g", "q", 60, 300, 100), PastWindow(30_010, 40_000)) == 29_520


def test_evaluations_that_prometheus_would_refuse_are_counted():
    server = Server(again=range(30_000, 30_200))
    (past,) = evaluate_all(server, [rule()], PastWindow(30_000, 31_000))
    assert past.failed_evaluations == 7
    assert len(past.firings) == 1, "nothing changes in them"


@pytest.mark.parametrize(
    ("duration", "end", "sentence"),
    [
        ("5m", None, "too short"),
        ("soon", None, "not a duration"),
        ("9999999w", None, "before 1970"),
        ("1d", "yesterday", "not a time"),
    ],
)
def test_a_window_that_cannot_be_is_one_sentence(duration, end, sentence):
    with pytest.raises(GlassboxError, match=sentence):
        past_window(duration, end)


def test_a_window_ends_at_a_whole_minute():
    window = past_window("1h", "2026-11-22T08:00:31Z")
    assert (window.end % 60, window.seconds) == (0, 3600)
