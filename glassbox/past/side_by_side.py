"""Work on several items at once, in threads that do not outlive an interrupt."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> Iterator[Result]:
    """What the work gives for each item, as it is done; after the first error no item is begun, and the error is raised.

    The threads are daemons: an interrupt does not wait for an answer that does not come.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    ended = threading.Event()
    count = 0
    for item in items:
        waiting.put(item)
        count += 1

    def run() -> None:
        while not ended.is_set():
            try:
                done.put(work(waiting.get_nowait()))
            except queue.Empty:
                return
            except BaseException as error:
                done.put(error)
                return

    for _ in range(min(at_once, count)):
        threading.Thread(target=run, name="side by side", daemon=True).start()
    try:
        for _ in range(count):
            result = done.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        ended.set()
