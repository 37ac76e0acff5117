"""What plan, push and report know about a kind of object in Grafana."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from glassbox.compile.bundle import Bundle, Json
from glassbox.settings.model import GrafanaTarget

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Deployment:
    """The content to push, the folder it goes to, and the server's version, None where the server hides it."""

    bundle: Bundle
    target: GrafanaTarget
    version: Version | None


class ObjectKind(ABC):
    """One kind of object: how it is found, compared, written and removed.

    `content` is one object as we want it, `live` the same object as Grafana returns it; their shapes may differ. Both
    hold what identifies the object. Every method may raise GrafanaError; only `write` and `remove` change anything.
    """

    name: ClassVar[str]
    """What reports call it: "dashboard"."""

    @abstractmethod
    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        """Every object of this kind that the deployment holds, in the order of writing."""

    @abstractmethod
    def title(self, found: Json) -> str:
        """What people call the object; takes its content and its live state."""

    @abstractmethod
    def live(self, grafana: Grafana, content: Json) -> Json | None:
        """The object that `content` would replace, or None."""

    @abstractmethod
    def ours(self, grafana: Grafana, folder_uid: str) -> Iterable[Json]:
        """The live state of every object of this kind in the folder that is ours, wanted or not."""

    @abstractmethod
    def check_ours(self, live: Json) -> None:
        """Raise GlassboxError where writing or removing the object would destroy work that is not ours."""

    def merged(self, content: Json, live: Json) -> Json:
        """The content with the fields that people set in Grafana and a push keeps."""
        return content

    @abstractmethod
    def equal(self, content: Json, live: Json) -> bool:
        """Whether writing `content` would change nothing. Fields that the server sets do not count."""

    @abstractmethod
    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Create the object, or update the one that was read as `live`."""

    @abstractmethod
    def remove(self, grafana: Grafana, live: Json) -> None:
        """Delete the object that was read as `live`; one that is gone already is fine.

        Raises GlassboxError, and deletes nothing, where `check_ours` refuses it.
        """
