"""Which backups a rollback without a Grafana goes back through: those of places of rules that were changed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glassbox.deploying.backups import Backup
from glassbox.deploying.rollback import Differs
from glassbox.deploying.ways_back import WayBack, through, ways_back
from glassbox.errors import GlassboxError


@dataclass(frozen=True)
class RulesGoingBack:
    """The way that rules go back; `is_useful` is false where no way gives anything to do."""

    way: WayBack
    is_useful: bool = True


def rules_going_back(
    backups: Sequence[Backup], folder_uid: str, identity: str = "", *, differs: Differs
) -> RulesGoingBack:
    """Back to before the backup of this id; without one, to before the newest that gives anything to do.

    `backups` are those of the places that go back, the newest first, of any Grafana and of none; those of another
    installation, which is called after the uid of its folder, do not count. GlassboxError where one in the way is of a
    push to Grafana, which goes back only as a whole.
    """
    found = [backup for backup in backups if backup.installation.folder_uid == folder_uid]
    if not found:
        raise GlassboxError(f"There is no backup of these rules and the folder {folder_uid!r}: name another folder of backups with --backups DIR, or another place.")  # fmt: skip  # a refusal is one line
    if identity and identity not in (backup.identity for backup in found):
        raise GlassboxError(f"There is no backup {identity!r} of these rules and the folder {folder_uid!r}: rollback --list shows those that there are, and of which rules.")  # fmt: skip  # a refusal is one line
    if identity:
        return RulesGoingBack(_without_grafana(WayBack(through(found, identity))))
    for way in ways_back(found):
        if differs(_without_grafana(way).backups, not way.unfinished):
            return RulesGoingBack(way)
    return RulesGoingBack(way, is_useful=False)


def _without_grafana(way: WayBack) -> WayBack:
    """The way; GlassboxError where a push to Grafana is in it."""
    for backup in way.backups:
        if url := backup.installation.url:
            raise GlassboxError(f"Backup {backup.identity} holds what a push to Grafana changed, rules among it: give --grafana {url}, so that all of it goes back, or name a newer backup with --to ID. Nothing was changed.")  # fmt: skip  # a refusal is one line
    return way
