"""How long a command waits before it repeats a request."""

from email.utils import formatdate
from time import time

import pytest

from glassbox.http.retries import PAUSES_MAX_SECONDS, Patience, is_repeated


@pytest.fixture
def waits(monkeypatch):
    seconds = []
    monkeypatch.setattr(Patience, "pause", staticmethod(seconds.append))
    return seconds


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.5), (2, 1.0), (3, 2.0)])
def test_pauses_grow_and_differ_so_that_clients_do_not_come_back_together(waits, attempt, longest):
    assert all(Patience().waited(attempt, {}) for _ in range(20))
    assert all(longest / 2 <= seconds <= longest for seconds in waits)
    assert len(set(waits)) == 20


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), (" 30 ", 30)])
def test_a_server_may_ask_for_up_to_half_a_minute(waits, text, seconds):
    assert Patience().waited(1, {"Retry-After": text})
    assert waits == [seconds]


@pytest.mark.parametrize("text", ["31", "3600", "9" * 5000, formatdate(4e9, usegmt=True)])
def test_a_longer_pause_is_not_begun(waits, text):
    assert not Patience().waited(1, {"Retry-After": text})
    assert waits == []


def test_a_server_may_name_the_moment(waits):
    assert Patience().waited(1, {"Retry-After": formatdate(time() + 20, usegmt=True)})
    assert waits == [pytest.approx(20, abs=2)]
    assert Patience().waited(1, {"Retry-After": formatdate(0)})
    assert waits[1] <= 0.5


def test_the_fourth_attempt_is_the_last_and_all_pauses_together_have_a_bound(waits):
    patience = Patience()
    assert [patience.waited(attempt, {"Retry-After": "25"}) for attempt in (1, 2, 3, 4)] == [True, True, True, False]
    assert [patience.waited(1, {"Retry-After": "25"}) for _ in range(4)] == [True, True, False, False]
    assert waits == [25.0] * 4 + [20.0]
    assert sum(waits) == PAUSES_MAX_SECONDS


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_is_repeated_only_where_it_was_not_carried_out(method):
    assert [status for status in range(200, 600) if is_repeated(method, status)] == [429]
    assert [status for status in range(200, 600) if is_repeated("GET", status)] == [429, 502, 503, 504]
