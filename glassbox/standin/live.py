"""What open pages follow: that the content changed, or why it could not be built."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

SETTLE_SECONDS = 0.05
"""A push makes many changes one after the other; they are reported together."""
HEARTBEAT_SECONDS = 15.0
"""Writing is how a server learns that a reader has gone."""


@dataclass(frozen=True)
class Problem:
    """Why the content could not be built; `file` is below the checkout, "" and line 0 where it is not known."""

    message: str
    file: str = ""
    line: int = 0


class Live:
    """The generation of the content, which grows with each change, and its problem; used from any thread.

    It begins with the time, so that a page of an earlier run notices.
    """

    def __init__(self) -> None:
        self._generations = itertools.count(int(time.time() * 1000))
        self._lock = threading.Lock()
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._closed = False
        self.generation = next(self._generations)
        self.problem: Problem | None = None

    def changed(self) -> None:
        """The content changed, and it is complete."""
        with self._lock:
            self.problem = None
            self.generation = next(self._generations)
        self._wake()

    def failed(self, problem: Problem) -> None:
        """The content, or a part of it, could not be built; the last good one stays."""
        with self._lock:
            self.problem = problem
        self._wake()

    def close(self) -> None:
        """End every stream of events."""
        self._closed = True
        self._wake()

    def status(self) -> dict[str, Any]:
        """`generation` and `error`."""
        return {"generation": self.generation, "error": asdict(self.problem) if self.problem else None}

    async def events(self) -> AsyncIterator[str]:
        """The present state as server-sent events, then each later one, until the stand-in ends.

        With a problem that is new the content is told only where it is new, too.
        """
        woken = asyncio.Event()
        with self._lock:
            self._listeners[woken] = asyncio.get_running_loop()
        told = 0
        try:
            while not self._closed:
                generation, problem = self.generation, self.problem
                if generation > told or not problem:
                    yield _event(generation, "content", {"generation": generation})
                if problem:
                    yield _event(generation, "error", asdict(problem))
                told = generation
                while not await _taken(woken, HEARTBEAT_SECONDS):
                    yield ": still here\n\n"
        finally:
            with self._lock:
                del self._listeners[woken]

    def _wake(self) -> None:
        with self._lock:
            for woken, loop in self._listeners.items():
                loop.call_soon_threadsafe(woken.set)


def _event(generation: int, kind: str, content: dict[str, Any]) -> str:
    return f"id: {generation}\nevent: {kind}\ndata: {json.dumps(content)}\n\n"


async def _taken(event: asyncio.Event, timeout_seconds: float) -> bool:
    """Whether the event was set in time; then what comes with it has come too, and it is unset."""
    try:
        await asyncio.wait_for(event.wait(), timeout_seconds)
    except TimeoutError:
        return False
    await asyncio.sleep(SETTLE_SECONDS)
    event.clear()
    return True
