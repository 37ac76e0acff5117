"""Carry out a plan, kind by kind, and read back what was written. Unchanged objects are not written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import groupby

from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.writing import removed, written
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana

Done = Callable[[Change], None]


def apply(grafana: Grafana, plan: PushPlan, changes: Iterable[Change], done: Done) -> None:
    """Carry out these changes of the plan; `done` is called after each, in this thread.

    The first error ends it: what was begun is finished and passed to `done`, and nothing more is begun.
    """
    wrote_rules = False
    for (kind, action), alike in groupby(changes, lambda change: (change.kind, change.action)):
        work = _removed(grafana, plan.folder_uid) if action is Action.DELETE else _written(grafana)
        _together(kind.at_once, work, list(alike), done)
        wrote_rules |= kind.name == "rule group" and action is not Action.DELETE
    if wrote_rules and grafana.folder(plan.folder_uid) is None:
        raise GlassboxError(
            f"The folder {plan.folder_uid!r} was deleted while rules were written, and Grafana keeps rules of a folder "
            "that does not exist: run again, and it is created again."
        )


def _written(grafana: Grafana) -> Done:
    return lambda change: written(grafana, change)


def _removed(grafana: Grafana, folder_uid: str) -> Done:
    return lambda change: removed(grafana, change, folder_uid)


def _together(workers: int, work: Done, changes: list[Change], done: Done) -> None:
    if workers == 1:
        for change in changes:
            work(change)
            done(change)
        return
    with ThreadPoolExecutor(workers) as pool:
        begun = {pool.submit(work, change): change for change in changes}
        try:
            _report(begun, done)
        finally:
            # An error or a signal: what runs is finished, the rest is not begun.
            pool.shutdown(wait=True, cancel_futures=True)


def _report(begun: dict[Future[None], Change], done: Done) -> None:
    """Pass each change to `done` as it ends; raise the first error after all that had begun have ended."""
    left, errors = set(begun), []
    while left:
        ended, left = wait(left, return_when="FIRST_COMPLETED")
        for future in sorted(ended, key=list(begun).index):
            if future.cancelled():
                continue
            if error := future.exception():
                errors.append(error)
                for waiting in left:
                    waiting.cancel()
            else:
                done(begun[future])
    if errors:
        raise errors[0]
