"""Which captures a replayed server has lived through, and when."""

from pathlib import Path

import pytest

from demo.captures import Capture
from demo.scenarios import EVERYTHING
from demo.server_life import Life, Stretch

NOW = Capture(Path("now-1"), Path("now-2"), 10.0)
QUIET = Capture(Path("quiet-1"), Path("quiet-2"), 20.0)
# Quiet for 100 s at twice the speed, then like now for 40 s, then quiet for 60 s.
LIFE = Life(NOW, (Stretch(QUIET, 100, pace=2), Stretch(NOW, 40), Stretch(QUIET, 60)))


@pytest.mark.parametrize(
    ("seconds", "spans", "now"),
    [
        (-200, (0, 0), 1),
        (-150, (0, 5), 1),
        (-101, (0, 9.9), 1),
        (-100, (0, 10), 0),
        (-80, (2, 10), 0),
        (-60, (4, 10), 1),
        (-30, (4, 11.5), 1),
        (0, (4, 13), 0),
        (25, (6.5, 13), 0),
    ],
)
def test_spans_of_each_capture_add_up(seconds, spans, now):
    """The present capture is the first."""
    moment = LIFE.at(seconds)
    assert moment.spans == pytest.approx(spans)
    assert moment.now == now


def test_before_the_beginning_nothing_is_over():
    assert LIFE.begin_seconds == -200
    assert LIFE.at(-1000).spans == (0, 0)
    assert LIFE.at(-1000).now == 1


def test_without_an_earlier_time_it_begins_at_0():
    life = Life(NOW)
    assert (life.begin_seconds, life.captures) == (0, (NOW,))
    assert life.at(5).spans == (0.5,)


def test_every_target_of_the_demo_has_a_past_of_the_same_length():
    lengths = {sum(each.minutes for each in feed.earlier) for feed in EVERYTHING.vllm}
    assert lengths == {EVERYTHING.past_seconds // 60} == {240}


def test_the_incident_is_what_the_scenario_saturated_plays_some_hours_ago():
    (feed,) = [feed for feed in EVERYTHING.vllm if feed.model_name == EVERYTHING.incident.model_name]
    ends = [sum(each.minutes for each in feed.earlier[number:]) for number in range(len(feed.earlier) + 1)]
    played = [
        (ends[number], ends[number + 1]) for number, each in enumerate(feed.earlier) if each.regime == "saturated"
    ]
    assert played == [(EVERYTHING.incident.began_minutes, EVERYTHING.incident.ended_minutes), (15, 0)]
    assert EVERYTHING.incident.ended_minutes > 60
