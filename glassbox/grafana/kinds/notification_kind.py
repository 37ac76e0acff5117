"""What contact points, mute timings and templates have in common: Grafana keeps no history of them, and refuses hardly any write."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from glassbox.compile.bundle import Json
from glassbox.grafana.kinds.kind import ObjectKind
from glassbox.grafana.kinds.provisioned import (  # fmt: skip  # one import
    in_use,
    is_editable,
    left_to_provisioner,
    refuse_changed,
    refuse_provisioned,
)
from glassbox.grafana.managers import provisioner_of

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana


class NotificationKind(ObjectKind):
    """An object that is compared by what it says, and is left alone where files provision it or somebody uses it."""

    @abstractmethod
    def said(self, found: Json) -> Any:
        """What the object says, without what the server sets; takes its content and its live state."""

    @abstractmethod
    def delete(self, grafana: Grafana, now: Json) -> None:
        """Delete the object."""

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        if now is None or live is None:
            return now is live
        return bool(self.said(now) == self.said(live))

    def equal(self, content: Json, live: Json) -> bool:
        return bool(self.said(content) == self.said(live))

    def owned(self, live: Json, folder_uid: str) -> Json | None:
        return None if live.get("used_by") else live

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        if live.get("used_by"):
            yield in_use(self.name.capitalize(), live, live["used_by"])

    def left_out(self, content: Json | None, live: Json) -> str:
        by, what = provisioner_of(live), f"{self.name.capitalize()} {self.title(live)!r}"
        return left_to_provisioner(what, by, "change" if content else "delete") if by else ""

    def check_ours(self, live: Json, folder_uid: str) -> None:
        """The uid or the name says whose it is."""
        refuse_provisioned(self.name.capitalize(), live)

    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        now = self.now(grafana, live)
        if now is None:
            return
        self.check_ours(now, folder_uid)
        refuse_changed(self, now, live)
        self.delete(grafana, now)

    def checked(self, grafana: Grafana, content: Json, live: Json | None) -> bool:
        """Whether Grafana's page may change what is about to be written; GlassboxError where it is not what was read as `live`."""
        refuse_changed(self, self.now(grafana, content), live)
        return bool(content["editable"]) if live is None else is_editable(live)
