"""Results as text for people. stdout is the result."""

from collections import Counter
from collections.abc import Sequence

from glassbox.grafana.kinds import KINDS
from glassbox.grafana.plan import Action, Change

_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.KEEP: "="}
_KIND_WIDTH = max(len(kind.name) for kind in KINDS)


def change_line(change: Change) -> str:
    """One object and what was done to it."""
    return f"  {_MARKS[change.action]} {change.kind.name:<{_KIND_WIDTH}} {change.title}"


def push_summary(changes: Sequence[Change]) -> str:
    """The closing sentence of a push."""
    count = Counter(change.action for change in changes)
    if count[Action.KEEP] == len(changes):
        return f"Nothing to do: all {len(changes)} objects are up to date."
    return f"Pushed: {count[Action.CREATE]} created, {count[Action.UPDATE]} updated, {count[Action.KEEP]} unchanged."
