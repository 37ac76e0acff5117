"""Patterns of matchers as plain texts, for a parser that compiles every one anew, which takes it longer than all else of a query.

`{job=~"a|b"}` is handed to it as `{job="a|b"}` with a mark before the value, if it takes a selector of that pattern alone.
"""

import re
from collections.abc import Callable

from glassbox.syntax.grafana_variables import TEXT

# Of those that Unicode leaves to everybody, so that nobody writes it.
_MARK = "\ue000"
# A pattern where most people write it, and what only looks like one, within a text or a comment. The parser treats names in a way of its own.
_TEXT_OR_PATTERN = re.compile(rf'{TEXT.pattern}|(?<=\w)(?<!__name__)=~("(?:[^"\\]|\\.)*")')


def patterns_as_texts(query: str, is_taken: Callable[[str], bool]) -> str:
    """The query with a marked text in place of every pattern for whose quoted text `is_taken` says that the parser accepts it."""

    def replaced(found: re.Match[str]) -> str:
        pattern = found[1]
        return f'="{_MARK}{pattern[1:]}' if pattern and is_taken(pattern) else found[0]

    return _TEXT_OR_PATTERN.sub(replaced, query) if "=~" in query else query


def operator_and_value(operator: str, value: str) -> tuple[str, str]:
    """What a matcher is as it was written, of what the parser made of it."""
    return ("=~", value[len(_MARK) :]) if value.startswith(_MARK) else (operator, value)
