"""Several things done at the same time, so many and no more."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def at_once(workers: int, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results in the order of the items, so many worked on at the same time; the first error stops it."""
    if workers == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
