"""Which folders are ours, since Grafana has no place for a mark on a folder: what it says of one that a push created is noted in the backup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.deploying.backups import Backup, note_creation
from glassbox.deploying.change import Action, Change
from glassbox.errors import GlassboxError
from glassbox.grafana.client import Grafana
from glassbox.grafana.kinds.folder_kind import FolderKind, last_edit
from glassbox.grafana.kinds.kind import Edit

_DISTINGUISHING = ("id", "created")


def noting(
    grafana: Grafana, identity: str, backups: Path, complain: Callable[[str], object]
) -> Callable[[Change], None]:
    """What is called after each change of an apply with the backup of this id: it notes which folder was created.

    It does not raise; `complain` gets a sentence where that cannot be noted.
    """

    def note(change: Change) -> None:
        found = grafana.created_folders.get(change.identity) if change.kind.name == FolderKind.name else None
        if not found or change.action is not Action.CREATE:
            return
        created = {key: found[key] for key in _DISTINGUISHING if key in found}
        try:
            note_creation(identity, backups, change.identity, created)
        except GlassboxError as error:
            complain(
                f"That folder {change.title!r} was created by this push could not be noted, so destroy and rollback leave it without --force: {error}"
            )

    return note


def edit_unless_created(backups: Sequence[Backup]) -> Callable[[Json], Edit | None]:
    """Why a folder is kept without `--force`: None for one that the push of one of these backups created."""
    objects = [each for backup in backups for each in backup.objects]
    noted = [
        (each["uid"], each["created"]) for each in objects if each["kind"] == FolderKind.name and each.get("created")
    ]

    def edit(folder: Json) -> Edit | None:
        ours = any(uid == folder["uid"] and _is_same(created, folder) for uid, created in noted)
        return None if ours else last_edit(folder, of_others=True)

    return edit


def _is_same(created: Json, folder: Json) -> bool:
    """Whether the folder is the one that was created, and no other that got its uid since."""
    known = [key for key in _DISTINGUISHING if created.get(key) and folder.get(key)]
    return bool(known) and all(_comparable(created[key]) == _comparable(folder[key]) for key in known)


def _comparable(value: Any) -> Any:
    """A time to the second, which is what Grafana 12 keeps of one."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0)
    except (TypeError, ValueError):
        return value
