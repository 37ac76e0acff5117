"""In which order changes are carried out: as they are compared, deletions last."""

from __future__ import annotations

from collections.abc import Sequence

from glassbox.deploying.change import Action, Change
from glassbox.grafana.kinds.dashboard_kind import DashboardKind
from glassbox.grafana.kinds.kind import Version
from glassbox.grafana.kinds.unique_titles import board_titles_may_repeat


def in_order(version: Version | None, compared: Sequence[Change], removals: Sequence[Change]) -> list[Change]:
    """The changes with the removals behind them; before the dashboards those whose title another one takes, where Grafana allows it once."""
    boards = [change for change in compared if change.kind.name == DashboardKind.name]
    taken = {change.title for change in boards if change.action in (Action.CREATE, Action.UPDATE)}
    early = [
        change for change in removals
        if change.kind.name == DashboardKind.name and change.title in taken and not board_titles_may_repeat(version)
    ]  # fmt: skip  # a clause is one line
    first = compared.index(boards[0]) if boards else 0
    return [*compared[:first], *early, *compared[first:], *(change for change in removals if change not in early)]
