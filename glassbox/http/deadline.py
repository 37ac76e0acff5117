"""A bound on the whole time of work that cannot be interrupted, such as reading from a server that drips."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What the work gives or raises; TimeoutError after that time, and the work's thread ends with the process."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="bounded work", daemon=True).start()
    return future.result(seconds)
