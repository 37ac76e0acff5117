"""The documents that people read, taken apart: their code, links and headings."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from glassbox.reference.markdown import anchor
from tests.support.paths import ROOT

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^    (\S.*)$", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One Markdown file, by its path below the repository."""

    name: str
    text: str

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """Language and text of every fenced block."""
        return _FENCE.findall(self.text)

    @cached_property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def inline_code(self) -> list[str]:
        return _INLINE.findall(self.prose)

    @cached_property
    def command_lines(self) -> list[str]:
        """Every line that a reader may type: those of blocks, and inline code; continued lines are joined."""
        lines = [line for _, text in self.blocks for line in text.replace("\\\n", " ").splitlines()]
        return [*lines, *_INDENTED.findall(self.prose), *self.inline_code]

    @cached_property
    def links(self) -> list[str]:
        return [link for link in _LINK.findall(self.prose) if "://" not in link]

    @cached_property
    def anchors(self) -> set[str]:
        return {anchor(heading.replace("`", "")) for heading in _HEADING.findall(self.prose)}


def document(path: Path) -> Document:
    """The file as a document."""
    return Document(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def documents() -> list[Document]:
    """All documents of the repository, runbooks left out: these have tests of their own."""
    paths = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "install").rglob("README.md"),
        *(ROOT / "examples").rglob("README.md"),
        ROOT / "exporter" / "README.md",
        ROOT / "demo" / "expositions" / "README.md",
    ]
    return [document(path) for path in sorted(paths)]
