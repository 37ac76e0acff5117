"""The index that follows writes later."""

from glassbox.standin.search_index import SearchIndex

HIT = {"uid": "d", "title": "D", "type": "dash-db"}


class HandClock:
    """A clock that moves by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_write_becomes_visible_when_the_lag_has_passed() -> None:
    clock = HandClock()
    index = SearchIndex(2.0, clock)
    index.put("d", HIT)
    clock.seconds = 1.9
    assert index.hits() == []
    clock.seconds = 2.0
    assert index.hits() == [HIT]


def test_a_deletion_lags_as_well() -> None:
    clock = HandClock()
    index = SearchIndex(2.0, clock)
    index.put("d", HIT)
    index.refresh()
    index.remove("d")
    assert index.hits() == [HIT]
    clock.seconds = 2.0
    assert index.hits() == []


def test_refresh_makes_everything_visible() -> None:
    index = SearchIndex(3600.0)
    index.put("d", HIT)
    index.refresh()
    assert index.hits() == [HIT]


def test_without_lag_a_write_is_visible_at_once_and_folders_come_first() -> None:
    index = SearchIndex(0.0)
    index.put("d", HIT)
    index.put("f", {"uid": "f", "title": "Z", "type": "dash-folder"})
    assert [hit["uid"] for hit in index.hits()] == ["f", "d"]
