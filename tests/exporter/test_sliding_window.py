from threading import Thread

from glassbox_exporter.window import SlidingWindow
from tests.support.exporter_fakes import HandClock


def test_counts_the_last_second_only(clock: HandClock) -> None:
    window = SlidingWindow(clock=clock)
    counts = []
    for _ in range(8):
        window.record()
        counts.append(window.count())
        clock.advance(0.25)
    assert counts == [1, 2, 3, 4, 4, 4, 4, 4]


def test_falls_to_zero_when_events_stop(clock: HandClock) -> None:
    window = SlidingWindow(clock=clock)
    for _ in range(100):
        window.record()
    clock.advance(0.875)
    assert window.count() == 100
    clock.advance(0.125)
    assert window.count() == 0


def test_memory_is_bounded_by_one_window_though_nobody_asks(clock: HandClock) -> None:
    window = SlidingWindow(clock=clock)
    for _ in range(10_000):
        window.record()
        clock.advance(0.125)
    assert len(window._times) == 8


def test_eight_threads_lose_no_event(clock: HandClock) -> None:
    window = SlidingWindow(clock=clock)

    def record_many() -> None:
        for _ in range(5_000):
            window.record()

    threads = [Thread(target=record_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert window.count() == 40_000
