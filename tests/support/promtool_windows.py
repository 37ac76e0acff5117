"""One meaning of windows for promtool 2 and 3, so that the expected numbers are those of either."""

import re
from typing import Any

from glassbox.prometheus import promtool


def evaluates_half_open() -> bool:
    """From version 3 on, a window leaves out the sample that lies exactly on its start."""
    return promtool.version(promtool.find("promtool")) >= (3, 0, 0)


def closed(text: str) -> str:
    """Rules or a test whose windows hold the sample on their start: for promtool 3 each is a millisecond longer."""
    return re.sub(r"\[(\d\w*)(:\w*)?\]", r"[\g<1>1ms\g<2>]", text) if evaluates_half_open() else text


def tolerance() -> dict[str, Any]:
    """What a test file needs so that the millisecond does not show."""
    return {"fuzzy_compare": True} if evaluates_half_open() else {}
