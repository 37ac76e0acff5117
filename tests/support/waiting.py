"""Waiting for what sends no signal when it happens: a scrape, an evaluation, a message."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def eventually(check: Callable[[], Result], timeout_seconds: float, poll_seconds: float = 0.5) -> Result:
    """The first truthy result of the check, or the last one when the time is over."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := check()) and time.monotonic() < deadline:
        time.sleep(poll_seconds)
    return result
