"""Who asks when: so many at a time (closed loop), or at given moments whatever the server does (open loop)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import count, islice, takewhile
from typing import Any, Protocol

from glassbox.load.chat import Outcome

Ask = Callable[[Mapping[str, Any], float], Awaitable[Outcome]]
Bodies = Iterator[Mapping[str, Any]]


class Watcher(Protocol):
    """Is told of each request that begins, and of what became of it."""

    def begun(self) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...


def poisson_arrivals(rate_per_second: float, seed: int) -> Iterator[float]:
    """Seconds from the start at which requests arrive, without end: independent callers, as many a second on average."""
    chooser = random.Random(seed)
    arrival = 0.0
    for _ in count():
        arrival += chooser.expovariate(rate_per_second)
        yield arrival


def arrivals_within(seconds: float, rate_per_second: float, seed: int) -> list[float]:
    """Those of the first so many seconds."""
    return list(takewhile(lambda arrival: arrival < seconds, poisson_arrivals(rate_per_second, seed)))


async def closed_loop(ask: Ask, bodies: Bodies, requests: int, concurrency: int, watcher: Watcher) -> None:
    """So many requests by workers that each send the next one when an answer is complete.

    A slow server slows the load itself, so this tells what a batch job gets, not what callers at their own pace get.
    """
    left = islice(bodies, requests)

    async def work() -> None:
        for body in left:
            await _one(ask, body, _now(), watcher)

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(concurrency, requests)):
            workers.create_task(work())


async def open_loop(ask: Ask, bodies: Bodies, arrivals: list[float], watcher: Watcher) -> float:
    """One request at each arrival (seconds from now), whatever has become of those before. Returns when it began.

    Latency counts from the arrival, so that neither a busy server nor a busy client hides what callers wait.
    """
    started_at = _now()
    async with asyncio.TaskGroup() as requests:
        for arrival, body in zip(arrivals, bodies, strict=False):
            due_at = started_at + arrival
            await asyncio.sleep(due_at - _now())
            requests.create_task(_one(ask, body, due_at, watcher))
    return started_at


async def _one(ask: Ask, body: Mapping[str, Any], due_at: float, watcher: Watcher) -> None:
    watcher.begun()
    watcher.ended(await ask(body, due_at))


def _now() -> float:
    return asyncio.get_running_loop().time()
