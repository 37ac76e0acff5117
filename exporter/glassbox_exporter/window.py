"""Counting what happened in the last second."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic


class SlidingWindow:
    """Events of the last `length_seconds`; exact, thread-safe, O(1) amortised per event.

    The count is taken when it is asked for, so it falls to 0 once events stop.
    """

    def __init__(self, length_seconds: float = 1.0, clock: Callable[[], float] = monotonic) -> None:
        self._length_seconds = length_seconds
        self._clock = clock
        self._times: deque[float] = deque()
        self._lock = Lock()

    def record(self) -> None:
        """Note one event, now."""
        with self._lock:
            now = self._clock()
            self._times.append(now)
            self._forget_until(now - self._length_seconds)

    def count(self) -> int:
        """Events in the half-open window (now - length, now]."""
        with self._lock:
            self._forget_until(self._clock() - self._length_seconds)
            return len(self._times)

    def _forget_until(self, instant: float) -> None:
        while self._times and self._times[0] <= instant:
            self._times.popleft()
