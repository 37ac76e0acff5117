"""Which objects a run is about: `--only GLOB`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from glassbox.errors import GlassboxError
from glassbox.grafana.kinds import KINDS

ALWAYS = "folder"
"""Everything else needs it."""


@dataclass(frozen=True)
class Selection:
    """A pattern for titles and uids, or with a kind before a slash ("dashboard/*"); "" takes everything. The folder is always taken."""

    pattern: str = ""

    def has_kind(self, kind: str) -> bool:
        """Whether any object of this kind can be taken: those of others are not even read."""
        before, slash, _ = self.pattern.lower().partition("/")
        # A title may hold a slash too.
        names_a_kind = slash and any(fnmatchcase(_slug(each.name), before) for each in KINDS)
        return not names_a_kind or kind == ALWAYS or fnmatchcase(_slug(kind), before)

    def takes(self, kind: str, title: str, identity: str) -> bool:
        """Whether this object is taken."""
        if not self.pattern or kind == ALWAYS:
            return True
        pattern = self.pattern.lower()
        names = [name.lower() for each in (title, identity) for name in (each, f"{_slug(kind)}/{each}")]
        # A title with brackets is no pattern.
        return any(name == pattern or fnmatchcase(name, pattern) for name in names)

    def refuse_nothing(self, found: Sequence[object]) -> None:
        """GlassboxError where the pattern takes nothing; `found` is what it takes beside folders."""
        if self.pattern and not found:
            raise GlassboxError(
                f"--only {self.pattern!r} fits no object: give the title or the uid of a dashboard or rule group, "
                "or a pattern such as 'dashboard/*' or 'rule-group/inference-*'."
            )


EVERYTHING = Selection()


def _slug(kind: str) -> str:
    return kind.replace(" ", "-")
