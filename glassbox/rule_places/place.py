"""What the command line knows about a place where rules are evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from glassbox.compile.bundle import Json
from glassbox.rule_places.group_changes import GroupChange


class RulePlace(ABC):
    """One place; `files` are rule files by their names in a build. Every method may raise GlassboxError."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What people call the place: `/etc/prometheus/rules`."""

    @abstractmethod
    def plan(self, files: Mapping[str, Json]) -> list[GroupChange]:
        """Every group of ours with its change; reads only."""

    @abstractmethod
    def push(self, files: Mapping[str, Json], tell: Callable[[str], None]) -> list[GroupChange]:
        """Write what differs, and read it back; the same list. After a failure everything is as it was before.

        `tell` gets a sentence of what is waited for, and of what is wrong without having been changed.
        """
