"""The index behind /api/search, which may follow writes with a delay."""

import time
from collections.abc import Callable

from glassbox.standin.state import Json


class SearchIndex:
    """Search hits by uid; a change becomes visible `lag_seconds` after its write, or at the next `refresh()`."""

    def __init__(self, lag_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lag_seconds = lag_seconds
        self._clock = clock
        self._visible: dict[str, Json] = {}
        self._pending: list[tuple[float, str, Json | None]] = []

    def put(self, uid: str, hit: Json) -> None:
        self._pending.append((self._clock() + self.lag_seconds, uid, hit))

    def remove(self, uid: str) -> None:
        self._pending.append((self._clock() + self.lag_seconds, uid, None))

    def refresh(self) -> None:
        """Make every write visible now."""
        self._apply(float("inf"))

    def hits(self) -> list[Json]:
        """The visible hits: folders first, then by title."""
        self._apply(self._clock())
        return sorted(self._visible.values(), key=lambda hit: (hit["type"] != "dash-folder", hit["title"]))

    def _apply(self, until: float) -> None:
        while self._pending and self._pending[0][0] <= until:
            _, uid, hit = self._pending.pop(0)
            if hit is None:
                self._visible.pop(uid, None)
            else:
                self._visible[uid] = hit
