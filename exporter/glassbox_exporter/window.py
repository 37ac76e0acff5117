"""Counting what happened in the last second, and what is happening."""

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
            self._note()

    def count(self) -> int:
        """Events in the half-open window (now - length, now]."""
        with self._lock:
            self._forget_until(self._clock() - self._length_seconds)
            return len(self._times)

    def _note(self) -> None:
        now = self._clock()
        self._times.append(now)
        self._forget_until(now - self._length_seconds)

    def _forget_until(self, instant: float) -> None:
        while self._times and self._times[0] <= instant:
            self._times.popleft()


class Traffic(SlidingWindow):
    """Requests of the last second by their arrival, and those that have arrived and not ended."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(clock=clock)
        self._in_progress = 0

    def begin(self) -> None:
        """A request has arrived."""
        with self._lock:
            self._note()
            self._in_progress += 1

    def end(self) -> None:
        """One of them has ended."""
        with self._lock:
            # A forked child may end what its parent has begun, and has forgotten.
            if self._in_progress:
                self._in_progress -= 1

    def forget(self) -> None:
        """Nothing has happened; also where a thread that no longer exists holds the lock."""
        self._lock = Lock()
        self._times = deque()
        self._in_progress = 0

    def in_progress(self) -> int:
        """How many have arrived and not ended."""
        return self._in_progress
