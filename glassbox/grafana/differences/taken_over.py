"""Whether the code has what somebody changed in Grafana, whatever else it changes."""

from __future__ import annotations

from typing import Any


def is_taken_over(before: Any, theirs: Any, ours: Any) -> bool:
    """Whether each value that differs between `before` and `theirs`, two states of JSON, is in `ours` as in `theirs`.

    Lists that are not of one length are one value each.
    """
    if theirs in (before, ours):
        return True
    states = before, theirs, ours
    if all(isinstance(each, dict) for each in states):
        return all(is_taken_over(*(each.get(key) for each in states)) for key in {*before, *theirs})
    if all(isinstance(each, list) for each in states) and len({len(each) for each in states}) == 1:
        return all(is_taken_over(*each) for each in zip(*states, strict=True))
    return False
