"""What a push would change: the bundle compared with what Grafana has. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.grafana.kinds import KINDS
from glassbox.grafana.kinds.kind import Deployment, ObjectKind

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana


class Action(Enum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"


@dataclass(frozen=True)
class Change:
    """One object of Grafana and what a push does to it: `content` is sent, `live` is there already (None: nothing)."""

    action: Action
    kind: ObjectKind
    content: Json
    live: Json | None = None

    @property
    def title(self) -> str:
        """What people call the object."""
        return self.kind.title(self.content)


def plan(grafana: Grafana, deployment: Deployment, kinds: Iterable[ObjectKind] = KINDS) -> list[Change]:
    """Every object of the deployment with its change, in the order of writing.

    All of them are read and checked first, so that an object that may not be written stops the push before it starts.
    """
    return [_change(grafana, kind, content) for kind in kinds for content in kind.wanted(deployment)]


def _change(grafana: Grafana, kind: ObjectKind, content: Json) -> Change:
    live = kind.live(grafana, content)
    if live is None:
        return Change(Action.CREATE, kind, content)
    kind.check_ours(live)
    merged = kind.merged(content, live)
    return Change(Action.KEEP if kind.equal(merged, live) else Action.UPDATE, kind, merged, live)
