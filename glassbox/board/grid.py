"""Where panels go: rows on Grafana's grid of 24 columns, and ids that stay when neighbours come and go."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from glassbox.errors import GlassboxError

COLUMNS = 24


@dataclass(frozen=True)
class Size:
    """Width in columns (0 shares what is left of the row) and height in units of 30 px plus an 8 px gap."""

    width: int = 0
    height: int = 8


def widths(sizes: Sequence[Size], where: str) -> list[int]:
    """The width of each panel of one row; what fixed widths leave is shared evenly, and the last one takes the remainder."""
    left = COLUMNS - sum(size.width for size in sizes)
    open_ends = [index for index, size in enumerate(sizes) if not size.width]
    if left < len(open_ends) or (left and not open_ends):
        raise GlassboxError(
            f"{where}: the panels of one row take {COLUMNS - left} of {COLUMNS} columns; make them fit."
        )
    result = [size.width for size in sizes]
    for position, index in enumerate(open_ends):
        share = left // (len(open_ends) - position)
        result[index] = share
        left -= share
    return result


def stable_id(key: str) -> int:
    """A panel's id from its title alone, so that links to it survive: 1 to 999,999,937."""
    return zlib.crc32(key.encode()) % 999_999_937 + 1
