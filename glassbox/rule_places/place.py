"""What the command line knows about a place where rules are evaluated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.rule_places.group_changes import GroupChange

Content = Mapping[str, Any]
"""What a place holds of ours, by the names of its parts: groups of a ruler, texts of files."""


class RulePlace(ABC):
    """One place; `files` are rule files by their names in a build. Every method may raise GlassboxError."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What people call the place: `/etc/prometheus/rules`."""

    @property
    @abstractmethod
    def origin(self) -> dict[str, str]:
        """What distinguishes the place from all others, whatever people call it.

        "data_source" (its uid) and "namespace", which find it again through Grafana; "ruler" (its URL), "tenant" and
        "namespace"; or "folder", an absolute path without links.
        """

    @abstractmethod
    def held(self) -> dict[str, Any]:
        """What the place holds of ours; reads only."""

    @abstractmethod
    def content_of(self, files: Mapping[str, Json]) -> Content:
        """What the place holds once it has these files; reads only. GlassboxError where that would replace what is not ours."""

    @abstractmethod
    def plan_to(self, content: Content) -> list[GroupChange]:
        """Every group of ours with its change; reads only."""

    @abstractmethod
    def touched(self, content: Content) -> dict[str, Any]:
        """The parts that differ from this content, each as it is; None for one that is not there. Reads only."""

    @abstractmethod
    def push_to(self, content: Content, tell: Callable[[str], None]) -> list[GroupChange]:
        """Write what differs, and read it back; the same list as `plan_to`. After a failure everything is as it was before.

        `tell` gets a sentence of what is waited for, and of what is wrong without having been changed.
        """

    def plan(self, files: Mapping[str, Json]) -> list[GroupChange]:
        """What a push of these files changes."""
        return self.plan_to(self.content_of(files))

    def push(self, files: Mapping[str, Json], tell: Callable[[str], None]) -> list[GroupChange]:
        """Bring these files there, as `push_to` does."""
        return self.push_to(self.content_of(files), tell)

    def back_to(self, before: Content) -> dict[str, Any]:
        """The content with these parts as they were, None for those that were not there; the rest as it is."""
        kept = {name: part for name, part in self.held().items() if name not in before}
        return kept | {name: part for name, part in before.items() if part is not None}
