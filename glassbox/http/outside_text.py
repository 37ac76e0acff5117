"""Text that others wrote, such as a server's message or a dashboard's title, made fit to be shown."""

import unicodedata

_SHOWN_AS_IT_IS = frozenset("\n\t")
_COMMANDS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what steers a terminal or a reader instead of being read: controls, such as escape and the
marks that turn the direction of writing, halves of surrogate pairs, and separators of lines and paragraphs."""
_JOINERS = frozenset("\u200c\u200d")
"""Parts of words in Persian and of emoji, which steer nothing."""


def harmless(text: str) -> str:
    """The text with each character that could command a terminal written as its escape, such as `\\x1b`."""
    return text if text.isprintable() else "".join(map(_shown, text))


def one_line(text: str) -> str:
    """The text without line breaks and tabs, for a row of a table."""
    return " ".join(text.split()) if set(text) & _SHOWN_AS_IT_IS else text


def _shown(character: str) -> str:
    if character in _SHOWN_AS_IT_IS | _JOINERS or unicodedata.category(character) not in _COMMANDS:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
