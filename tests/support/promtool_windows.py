"""One meaning of windows for promtool 2 and 3, so that the expected numbers are those of either."""

import math
import re
from collections.abc import Iterable
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


# promtool writes each sample as its labels and its value.
_VALUE = re.compile(r"(?<=} )[-+.\dE]+(?=,|$)", re.MULTILINE)
# A rate over a minute and a millisecond is smaller by 17 millionths.
_SHOWN_RATIO = 2e-5


def unexplained(problems: Iterable[str]) -> list[str]:
    """Those that are not the millisecond: other samples, or values further apart."""
    return [each for each in problems if not (evaluates_half_open() and all(map(_is_the_millisecond, _cases(each))))]


def _cases(problem: str) -> list[str]:
    """What is wrong with each case of a file: what belongs to it is indented."""
    return re.split(r"\n(?=\S)", problem)


def _is_the_millisecond(case: str) -> bool:
    expected, _, found = case.partition("exp: ")[2].partition("\n    got: ")
    if not found or _VALUE.sub("", expected) != _VALUE.sub("", found):
        return False
    pairs = zip(_VALUE.findall(expected), _VALUE.findall(found), strict=True)
    return all(math.isclose(float(one), float(other), rel_tol=_SHOWN_RATIO) for one, other in pairs)
