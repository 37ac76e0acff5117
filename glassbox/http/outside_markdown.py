"""Text that others wrote, such as the name of a model, in Markdown for a pull request."""

import re
from collections.abc import Iterable

from glassbox.http.outside_text import one_line

_MARKUP = re.compile(r"[\\`*_\[\]()#!<&~|]")


def escaped(text: str) -> str:
    """The text on one line, with every sign of Markdown and HTML escaped."""
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


def table_row(cells: Iterable[str]) -> str:
    """A row of a table; its cells are Markdown."""
    return f"| {' | '.join(cells)} |"
