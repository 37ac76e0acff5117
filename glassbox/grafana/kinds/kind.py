"""What plan, apply and reports know about a kind of object in Grafana."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from glassbox.compile.bundle import Bundle, Json
from glassbox.grafana.differences.difference import Difference
from glassbox.settings.model import GrafanaTarget

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana
    from glassbox.grafana.survey import Survey

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Deployment:
    """The content to push, the folder it goes to, and the server's version, None where the server hides it.

    Without `prune`, what the content no longer has stays in Grafana.
    """

    bundle: Bundle
    target: GrafanaTarget
    version: Version | None
    prune: bool = True


@dataclass(frozen=True)
class Edit:
    """What others changed since our last push: by whom and when ("" where Grafana does not report it), and what, as far as it is known.

    `of_others` is true where nothing shows that we ever pushed the object: then it may belong to somebody else.
    """

    by: str
    at: str
    differences: tuple[Difference, ...] = ()
    of_others: bool = False


class ObjectKind(ABC):
    """One kind of object: how it is found, compared, written and removed.

    `content` is one object as we want it, `live` the same object as Grafana returns it; their shapes may differ. Both
    hold what identifies the object. Every method may raise GrafanaError; only `write` and `remove` change anything.
    """

    name: ClassVar[str]
    """What reports call it: "dashboard"."""
    at_once: ClassVar[int] = 1
    """How many objects may be written at the same time."""
    read_at_once: ClassVar[int] = 8
    """How many objects may be read at the same time."""
    needs_one_of: ClassVar[frozenset[str]] = frozenset()
    """Grafana's actions of which one is enough to write such objects; where the credential has none, a push leaves the kind out."""

    def is_readable(self, survey: Survey) -> bool:
        """Whether the credential may read such objects at all."""
        return True

    @abstractmethod
    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        """Every object of this kind that the deployment holds, in the order of writing."""

    def is_needed(self, content: Json, kinds: Collection[str]) -> bool:
        """Whether the object is needed where only objects of these kinds are taken."""
        return True

    @abstractmethod
    def identity(self, found: Json) -> str:
        """What names the object in Grafana for good; takes its content and its live state."""

    @abstractmethod
    def title(self, found: Json) -> str:
        """What people call the object; takes its content and its live state."""

    @abstractmethod
    def live(self, survey: Survey, content: Json) -> Json | None:
        """The object that `content` would replace, or None."""

    @abstractmethod
    def now(self, grafana: Grafana, content: Json) -> Json | None:
        """The object of the same identity at this moment, for reading back what was written."""

    def is_unchanged(self, now: Json | None, live: Json | None) -> bool:
        """Whether nobody wrote the object since it was read as `live`."""
        return now == live

    @abstractmethod
    def leftovers(self, survey: Survey, wanted: Iterable[Json]) -> Iterable[Json]:
        """The live state of every object of ours that is not wanted, in the order of removal."""

    def owned(self, live: Json, folder_uid: str) -> Json | None:
        """What of a leftover has our mark, and may be removed; None for nothing."""
        return live

    @abstractmethod
    def check_ours(self, live: Json, folder_uid: str) -> None:
        """Raise GlassboxError where writing or removing the object would destroy work that is not ours."""

    def left_out(self, content: Json | None, live: Json) -> str:
        """The sentence about an object that nobody but something else may change, such as Terraform; "" for any other. None is a removal."""
        return ""

    def is_as_wanted(self, content: Json, live: Json) -> bool:
        """Whether an object that is left out is as it would be written, apart from what only a push writes, such as our mark."""
        return self.equal(content, live)

    def merged(self, content: Json, live: Json, deployment: Deployment) -> Json:
        """The content with what people set in Grafana and a push keeps."""
        return content

    @abstractmethod
    def equal(self, content: Json, live: Json) -> bool:
        """Whether writing `content` would change nothing. Fields that the server sets do not count."""

    @abstractmethod
    def differences(self, content: Json, live: Json) -> Iterable[Difference]:
        """What writing `content` would change, in words."""

    def edit(self, survey: Survey, live: Json, content: Json | None) -> Edit | None:
        """What others changed since our last push; None for nothing, and where it is not known.

        What `content` has as they made it is not an edit; it is None for an object that is to be deleted.
        """
        return None

    def adopted(self, content: Json, live: Json) -> Iterable[Difference]:
        """What taking the live object into the code would change: the code's value is `before`, the live one `after`."""
        yield Difference("", "", self.readable(content), self.readable(live))

    def readable(self, found: Json) -> Any:
        """The object as people read it, without what the server sets and without marks; takes its content and its live state."""
        return found

    def is_what_we_pushed(self, grafana: Grafana, content: Json, live: Json) -> bool:
        """Whether `content` is what we pushed last and nobody wrote since: then a difference is the server's own."""
        return False

    def shown_to_all(self, live: Json) -> Json:
        """The live object without what depends on who asks, such as their rights: one credential may save a plan and another push it."""
        return live

    def lost(self, content: Json | None, live: Json) -> tuple[str, ...]:
        """The titles of what writing `content` deletes for good, the object itself where it is None."""
        return (self.title(live),) if content is None else ()

    def remarks(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        """Sentences about the object that people should read: what is left alone, and why."""
        return ()

    def consequences(self, content: Json, live: Json) -> Iterable[str]:
        """Sentences about what writing `content` brings with it, said only where it is written."""
        return ()

    def taken_from(self, content: Json | None, live: Json, folder_uid: str) -> Iterable[str]:
        """The folder that a write, or a removal where `content` is None, leaves for good, for each object that it takes out of it."""
        return ()

    def missing(self, content: Json, live: Json | None) -> str:
        """What this machine lacks to write the object, as a sentence, such as a secret; "" for nothing. Asked before the first write."""
        return ""

    def kept(self, live: Json, content: Json | None) -> Json:
        """What a backup holds of the live object, of which `content` is written: no secret."""
        return live

    @abstractmethod
    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        """Create the object, or update the one that was read as `live`."""

    @abstractmethod
    def remove(self, grafana: Grafana, live: Json, folder_uid: str) -> None:
        """Delete the object that was read as `live`; one that is gone already is fine.

        Raises GlassboxError, and deletes nothing, where `check_ours` refuses it.
        """
