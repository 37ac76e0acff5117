"""What a rollback may go back through: the rest of a rollback that did not finish, or the newest pushes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassbox.deploying.backups import Backup


@dataclass(frozen=True)
class WayBack:
    """Backups to go back through, the newest first, and the ids of newer ones that are passed over.

    `unfinished` is the rollback that is continued.
    """

    backups: tuple[Backup, ...]
    passed_over: tuple[str, ...] = ()
    unfinished: Backup | None = None

    def since(self, backups: Sequence[Backup]) -> Sequence[Backup]:
        """Those that are newer than the way's oldest; `backups` are the newest first."""
        return backups[: backups.index(self.backups[-1])]


def ways_back(found: Sequence[Backup]) -> Iterator[WayBack]:
    """All ways, that through the fewest backups first; `found` are all of an installation, the newest first."""
    for number, newest in enumerate(found):
        passed_over = tuple(backup.identity for backup in found[:number])
        older = [backup.identity for backup in found[number + 1 :]]
        if newest.is_unfinished and newest.goes_back_to in older:
            yield WayBack(through(found, newest.goes_back_to), passed_over, newest)
        yield WayBack(tuple(found[: number + _runs(found[number:])]), passed_over)


def through(found: Sequence[Backup], identity: str) -> tuple[Backup, ...]:
    """The backups to the one of this id. Rollbacks to it changed nothing that those do not hold, and may have stopped half-way."""
    end = [backup.identity for backup in found].index(identity) + 1
    return tuple(backup for backup in found[:end] if backup.goes_back_to != identity)


def _runs(found: Sequence[Backup]) -> int:
    """How many backups are of the first one's apply: a rollback may have taken several runs, of which only the last finished."""
    newest, *older = found
    number = 1
    for backup in older:
        if not (newest.goes_back_to and backup.is_unfinished and backup.goes_back_to == newest.goes_back_to):
            break
        number += 1
    return number
