"""The few forms of Markdown that the pages use, readable without a renderer."""

import re
from collections.abc import Iterable, Iterator, Sequence

# A sentence ends before a blank and a capital letter, so `e.g. this` and `0.9` stay whole.
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z`])")
_ITEM = "- "


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells keep their Markdown, and a `|` in them is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def one_sentence_a_line(text: str, indent: str = "") -> str:
    """The text with each sentence on a line of its own; lines and lists in it stay."""
    return "\n".join(f"{indent}{line}".rstrip() for line in _sentences(text))


def _sentences(text: str) -> Iterator[str]:
    for line in text.splitlines():
        first, *more = _SENTENCE_END.split(line)
        yield first
        yield from (f"{'  ' if line.startswith(_ITEM) else ''}{sentence}" for sentence in more)


def code(text: str) -> str:
    """The text as code in a line."""
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    """Several codes with commas between them."""
    return ", ".join(map(code, texts))


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
