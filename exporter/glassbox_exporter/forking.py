"""What a forked child does with what it has of its parent.

It has none of the parent's threads, and copies of its sockets and locks, which stay open for as long as one copy does:
with them a child would hold a port that nobody answers on, and a place that nobody can take.
"""

import os
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from threading import Lock

_Action = Callable[[], object]

_in_children: dict[object, _Action] = {}
# What this process, a forked child, does before the first request that it answers itself: a pool's child never does.
before_first_request: deque[_Action] = deque()
# No fork while it is held: between opening something and saying here how a child closes it.
opening = Lock()


def in_children(action: _Action, resources: ExitStack) -> None:
    """Do this in each child that is forked before `resources` close. It must not wait: a lock may be held for ever there."""
    key = object()
    _in_children[key] = action
    resources.callback(_in_children.pop, key, None)


def answer_first_request() -> None:
    """This process answers requests."""
    # Two threads may both have a first request.
    with suppress(IndexError):
        while True:
            before_first_request.popleft()()


def _after_in_child() -> None:
    opening.release()
    before_first_request.clear()
    for action in list(_in_children.values()):
        action()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=opening.acquire, after_in_parent=opening.release, after_in_child=_after_in_child)
