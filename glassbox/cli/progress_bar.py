"""What a terminal shows while changes are carried out: a bar, and how many objects were created, updated and deleted so far."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, TextIO, cast

import click

if TYPE_CHECKING:
    from glassbox.deploying.change import Action, Change


class _Terminal(io.TextIOBase):
    """The terminal of stderr; one that is gone must not end a push half-way."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()

    def isatty(self) -> bool:
        return True


def _nothing(_change: Change) -> None:
    """Logs and pipes take no bar."""


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[Change], None]]:
    """A bar on stderr for this many changes; yields a function to call after each, in any thread, which does not raise."""
    if not (total and sys.stderr and sys.stderr.isatty()) or os.environ.get("TERM") == "dumb":
        yield _nothing
        return
    from glassbox.deploying.change import Action

    count: Counter[Action] = Counter()
    lock, file = Lock(), cast("TextIO", _Terminal())

    def told(_change: Change | None) -> str:
        return f"{count[Action.CREATE]} created, {count[Action.UPDATE]} updated, {count[Action.DELETE]} deleted"

    with click.progressbar(length=total, file=file, show_pos=True, show_eta=False, item_show_func=told) as bar:

        def advance(change: Change) -> None:
            with lock:
                count[change.action] += 1
                bar.update(1, change)

        yield advance
