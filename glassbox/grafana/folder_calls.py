"""Grafana's HTTP API of folders: a part of `client.py`."""

# mypy: allow-untyped-calls
# (grafana-client's own functions carry no annotations.)

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

from grafana_client.elements import Folder

from glassbox.errors import GlassboxError
from glassbox.grafana.answer_shape import FOLDER
from glassbox.grafana.failures import GrafanaError, NotVisibleError
from glassbox.grafana.paths import absent_is_fine, path_part
from glassbox.grafana.transport import GrafanaTransport

EXISTS_ALREADY = (409, 412)
# Those of folders; not checked against source.
TITLES_MAY_REPEAT_SINCE = (11, 0, 0)


class FolderCalls(ABC):
    """What `Grafana` does with folders."""

    _transport: GrafanaTransport
    created_folders: dict[str, dict[str, Any]]

    @abstractmethod
    def version(self) -> tuple[int, int, int] | None:
        """Grafana's version as X, Y and Z; None where it is hidden."""

    def folder(self, uid: str) -> dict[str, Any] | None:
        """The folder, or None."""
        with suppress(NotVisibleError):
            return cast(
                "dict[str, Any]", Folder(self._transport.about(f"folder {uid}", FOLDER)).get_folder(path_part(uid))
            )
        return None

    def create_folder(self, uid: str, title: str, parent_uid: str = "", *, setting: str = "grafana.folder") -> None:
        """Create a folder, at the root without a parent; an existing folder with this uid is fine, whatever its title.

        Refusals name `setting` with "_uid" or "_title" behind it.
        """
        try:
            view = self._transport.about(f"folder {uid}", dict)
            self.created_folders[uid] = Folder(view).create_folder(title, uid=uid, parent_uid=parent_uid or None)
        except GrafanaError as error:
            # Grafana 10 and 11 answer 409, 12 and 13 answer 412; both also for reasons other than "exists".
            if error.status not in EXISTS_ALREADY:
                raise
            self._say_why_not_created(uid, title, setting, error)

    def _say_why_not_created(self, uid: str, title: str, setting: str, refusal: GrafanaError) -> None:
        """Raise GlassboxError unless the folder is there: what Grafana said, where it cannot be its title."""
        try:
            Folder(self._transport.about(f"folder {uid}", FOLDER)).get_folder(path_part(uid))
        except NotVisibleError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                raise GlassboxError(
                    f"Grafana has a folder {uid!r} that this credential may not see: give it rights on that folder, "
                    f"or set another {setting}_uid in the settings."
                ) from None
            version = self.version()
            if version and version >= TITLES_MAY_REPEAT_SINCE:
                raise refusal from None
            has = "has" if version else "may have"
            raise GlassboxError(
                f"Grafana {has} another folder titled {title!r}, and versions before 11 allow each title only once: "
                f"set {setting}_title in the settings."
            ) from None

    def rename_folder(self, uid: str, title: str, version: int) -> None:
        """Set the title of a folder; GrafanaError with status 409 or 412 if its version is not `version` any more."""
        body = {"title": title, "version": version, "overwrite": False}
        self._transport.about(f"folder {uid}").PUT(f"/folders/{path_part(uid)}", json=body)

    def move_folder(self, uid: str, parent_uid: str) -> None:
        """Put a folder into another one, "" being the root."""
        self._transport.about(f"folder {uid}").POST(f"/folders/{path_part(uid)}/move", json={"parentUid": parent_uid})

    def folder_counts(self, uid: str) -> dict[str, int]:
        """How many objects of each sort the folder holds, at every depth; the names of the sorts are the server's.

        Empty for a folder that does not exist.
        """
        with absent_is_fine():
            answer = self._transport.about(f"folder {uid}", dict).GET(f"/folders/{path_part(uid)}/counts")
            return {str(name): count for name, count in answer.items() if isinstance(count, int)}
        return {}

    def delete_folder(self, uid: str) -> None:
        """Delete a folder and the dashboards inside, but none that holds alert rules; an absent folder is fine."""
        with absent_is_fine():
            Folder(self._transport.about(f"folder {uid}")).delete_folder(path_part(uid))
