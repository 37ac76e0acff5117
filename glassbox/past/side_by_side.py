"""Work on several items at once, in threads that do not outlive an interrupt."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> Iterator[Result]:
    """The results of the work on each item, in the order in which they are done.

    After an error no further item is begun. It is raised when those that were begun are done, so that the work can be tried again.
    The threads are daemons: an interrupt waits for nothing.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    done: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    ended = threading.Event()
    count = 0
    for item in items:
        waiting.put(item)
        count += 1
    run = partial(_work_through, waiting, work, done, ended)
    threads = [threading.Thread(target=run, name="side by side", daemon=True) for _ in range(min(at_once, count))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            result = done.get()
            if isinstance(result, BaseException):
                ended.set()
                for thread in threads:
                    thread.join()
                raise result
            yield result
    finally:
        ended.set()


def _work_through(
    waiting: "queue.SimpleQueue[Item]",
    work: Callable[[Item], Result],
    done: "queue.SimpleQueue[Result | BaseException]",
    ended: threading.Event,
) -> None:
    """Work on what is waiting until nothing is, one item fails, or the work has `ended`."""
    while not ended.is_set():
        try:
            done.put(work(waiting.get_nowait()))
        except queue.Empty:
            return
        except BaseException as error:
            done.put(error)
            return
