"""Carry out a plan, kind by kind, and read back what was written. Unchanged objects are not written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import groupby
from threading import Event

from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.writing import removed, written
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana

Done = Callable[[Change], None]


def apply(grafana: Grafana, plan: PushPlan, changes: Iterable[Change], done: Done) -> None:
    """Carry out these changes of the plan; `done` is called after each, in the thread that wrote it, and must not raise.

    The first error ends it: what was begun is finished and passed to `done`, and nothing more is begun.
    """
    folders_of_rules, wanted = set(), list(changes)
    for change in wanted:
        if change.content is not None and (missing := change.kind.missing(change.content, change.live)):
            raise GlassboxError(f"{missing} Nothing was changed.")
    for (kind, action), alike in groupby(wanted, lambda change: (change.kind, change.action)):
        work = _removed(grafana, plan.folder_uid) if action is Action.DELETE else _written(grafana)
        changed = list(alike)
        _together(kind.at_once, work, changed, done)
        if kind.name == "rule group":
            folders_of_rules |= {change.content["folderUid"] for change in changed if change.content}
    for missing in (uid for uid in sorted(folders_of_rules) if grafana.folder(uid) is None):
        raise GlassboxError(
            f"The folder {missing!r} was deleted while rules were written, and Grafana keeps rules of a folder "
            "that does not exist: run again, and it is created again."
        )


def _written(grafana: Grafana) -> Done:
    return lambda change: written(grafana, change)


def _removed(grafana: Grafana, folder_uid: str) -> Done:
    return lambda change: removed(grafana, change, folder_uid)


def _together(workers: int, work: Done, changes: list[Change], done: Done) -> None:
    """Do the work, so many at the same time. After an error or a signal what runs is finished, and the rest is not begun."""
    stopped = Event()
    with ThreadPoolExecutor(workers) as pool:
        begun = [pool.submit(_unless, stopped, work, change, done) for change in changes]
        try:
            wait(begun)
        finally:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
    # An error itself, not what was left out after it.
    if errors := [error for future in begun if not future.cancelled() and (error := future.exception())]:
        raise min(errors, key=lambda error: isinstance(error, _NotBegunError))


class _NotBegunError(Exception):
    """Another change had failed."""


def _unless(stopped: Event, work: Done, change: Change, done: Done) -> None:
    """The work and its `done` in one worker, where no signal can come between them: signals interrupt the main thread only."""
    if stopped.is_set():
        raise _NotBegunError
    try:
        work(change)
        done(change)
    except BaseException:
        stopped.set()
        raise
