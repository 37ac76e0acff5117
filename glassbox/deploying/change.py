"""What happens to one object of Grafana."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import Difference
from glassbox.grafana.kinds.kind import Edit, ObjectKind


class Action(Enum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"


class ToldChange(Protocol):
    """What is told of a change, whatever it was compared with."""

    @property
    def action(self) -> Action: ...
    @property
    def kind_name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def differences(self) -> tuple[Difference, ...]: ...
    @property
    def lost(self) -> tuple[str, ...]: ...
    @property
    def edit(self) -> Edit | None: ...


@dataclass(frozen=True)
class Change:
    """One object of Grafana and what happens to it: `content` is sent, `live` is there already (None: nothing).

    `lost` are the titles of what is deleted for good with it. `edit` is what others changed and this would overwrite.
    `remarks` are sentences to read in any case, `consequences` those to read where this is carried out.
    """

    action: Action
    kind: ObjectKind
    content: Json | None
    live: Json | None = None
    differences: tuple[Difference, ...] = ()
    lost: tuple[str, ...] = ()
    edit: Edit | None = None
    remarks: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()

    @property
    def kind_name(self) -> str:
        """What reports call its kind."""
        return self.kind.name

    @property
    def title(self) -> str:
        """What people call the object."""
        return self.kind.title(self._any_state)

    @property
    def identity(self) -> str:
        """What names the object in Grafana for good."""
        return self.kind.identity(self._any_state)

    @property
    def name(self) -> str:
        """Kind and title: "dashboard LLM serving"."""
        return f"{self.kind_name} {self.title}"

    def leaves(self, folder_uid: str) -> list[str]:
        """The folder that it leaves for good, for each rule that it takes out of one; `folder_uid` is that of the installation."""
        return list(self.kind.taken_from(self.content, self.live, folder_uid)) if self.live else []

    @property
    def _any_state(self) -> Json:
        state = self.live if self.content is None else self.content
        if state is None:
            raise ValueError("a change without content and without a live object")
        return state
