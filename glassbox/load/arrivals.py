"""When requests are sent: a fixed number at a time (closed loop), or at given times whatever the server does (open loop)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import count, islice, takewhile
from typing import Any, Protocol

from glassbox.load.chat import Outcome, loop_seconds

Ask = Callable[[Mapping[str, Any], float], Awaitable[Outcome]]
Bodies = Iterator[Mapping[str, Any]]


class Watcher(Protocol):
    """Notified when a request begins, and when it has ended."""

    def begun(self) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...


def poisson_arrivals(rate_per_second: float, seed: int) -> Iterator[float]:
    """Seconds from the start at which requests arrive, without end: independent callers at this average rate."""
    chooser = random.Random(seed)
    arrival = 0.0
    for _ in count():
        arrival += chooser.expovariate(rate_per_second)
        yield arrival


def arrivals_within(seconds: float, rate_per_second: float, seed: int) -> list[float]:
    """The arrivals within the first `seconds`."""
    return list(takewhile(lambda arrival: arrival < seconds, poisson_arrivals(rate_per_second, seed)))


async def closed_loop(ask: Ask, bodies: Bodies, requests: int, concurrency: int, watcher: Watcher) -> None:
    """Send `requests` requests by workers that each send the next one when an answer is complete.

    A slow server slows the load itself, so this measures what a batch job sees, not what independent callers see.
    """
    left = islice(bodies, requests)

    async def work() -> None:
        for body in left:
            await _send(ask, body, loop_seconds(), watcher)

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(concurrency, requests)):
            workers.create_task(work())


async def open_loop(ask: Ask, bodies: Bodies, arrivals: list[float], watcher: Watcher) -> float:
    """One request at each arrival (seconds from now), whether or not earlier ones have ended. Returns when it began.

    Latency counts from the arrival, so that neither a busy server nor a busy client hides what callers wait.
    """
    started_at = loop_seconds()
    async with asyncio.TaskGroup() as requests:
        for arrival, body in zip(arrivals, bodies, strict=False):
            due_at = started_at + arrival
            await asyncio.sleep(due_at - loop_seconds())
            requests.create_task(_send(ask, body, due_at, watcher))
    return started_at


async def _send(ask: Ask, body: Mapping[str, Any], due_at: float, watcher: Watcher) -> None:
    watcher.begun()
    watcher.ended(await ask(body, due_at))
