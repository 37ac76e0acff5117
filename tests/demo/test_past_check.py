"""The check of the demo's past fails where the past is not as it should be."""

import pytest

from demo.past_check import LEAST_SERIES, check_past
from demo.scenarios import Incident
from demo.written_past import WrittenPast
from glassbox.errors import GlassboxError
from glassbox.past.own_prometheus import own_prometheus
from glassbox.past.remote_write import Samples, write

END = 1_796_000_000
PAST = WrittenPast(END - 14_400, END, Incident("all was full", "m", 150, 110, "KVCacheFull"))
BEGAN, ENDED = PAST.incident_seconds


@pytest.fixture
def server(components, tmp_path):
    with own_prometheus(tmp_path / "data") as own:
        yield own.url


def records(count):
    early = [1000 * PAST.shown_seconds]
    return [
        Samples({"__name__": "job:inference_targets:count", "job": str(number)}, early, [1.0])
        for number in range(count)
    ]


def firing(*stretches):
    moments = [1000 * moment for first, last in stretches for moment in range(first, last, 60)]
    labels = {"__name__": "ALERTS", "alertname": "KVCacheFull", "alertstate": "firing", "model_name": "m"}
    return Samples(labels, moments, [1.0] * len(moments))


def test_a_past_as_it_should_be_is_told_in_numbers(server):
    write(server, [*records(LEAST_SERIES), firing((BEGAN + 600, ENDED))])
    assert check_past(server, PAST) == (
        "3.8 h before the start there are 500 recorded series, and KVCacheFull fired for 30 of the 40 minutes of the incident, "
        "and not around it."
    )


def test_too_few_recorded_series_are_refused(server):
    write(server, [*records(LEAST_SERIES - 1), firing((BEGAN, ENDED - 300))])
    with pytest.raises(GlassboxError, match="there are 499 recorded series, fewer than 500"):
        check_past(server, PAST)


@pytest.mark.parametrize(
    ("stretches", "said"),
    [
        ([(END - 60, END)], "0 minutes of the incident, 0 before it and 0 after"),
        ([(BEGAN - 1800, ENDED - 300)], "minutes of the incident, 30 before it and 0 after"),
        ([(BEGAN, ENDED + 1800)], "40 minutes of the incident, 0 before it and [1-9]"),
    ],
)
def test_an_alert_that_fired_at_another_time_is_refused(server, stretches, said):
    write(server, [*records(LEAST_SERIES), firing(*stretches)])
    with pytest.raises(GlassboxError, match=said):
        check_past(server, PAST)


def test_the_notice_says_what_is_written_and_what_is_live():
    assert PAST.notice == (
        "Until 00:53 UTC these boards show a past that was written as the demo started: replayed captures, and what the rules make of "
        "them. From then on they are live. From 22:23 to 23:03 UTC there was an incident with m: all was full, and KVCacheFull fired."
    )
