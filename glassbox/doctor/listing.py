"""Names in a line: the first of them, and how many more there are."""

from collections.abc import Sequence

_LISTED = 3


def some(names: Sequence[str]) -> str:
    """The first names, and the number of the rest; empty where there are none."""
    rest = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + rest
