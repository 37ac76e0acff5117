"""A plan for people at a terminal: a tree of objects, panels and rules, with colours where they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glassbox.deploying.change import Action, Change, ToldChange
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_words import (
    FORCED,
    MARKS,
    by_part,
    count_line,
    edit_sentence,
    heading,
    lost_sentence,
    remarks,
)
from glassbox.http.outside_text import one_line

_KIND_WIDTH = len("rule group")
"""Of the kinds that every push has; a longer one widens its plan."""
_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red", Action.KEEP: ""}


@dataclass(frozen=True)
class PlanLine:
    """A line with its colour, "" for none."""

    text: str
    colour: str = ""


def plan_lines(plan: PushPlan, wanted: Sequence[Change]) -> Iterator[PlanLine]:
    """The plan, one thing a line; `wanted` are the changes that are carried out. Unchanged objects are only counted."""
    yield PlanLine(one_line(heading(plan)))
    width = max([_KIND_WIDTH, *(len(change.kind_name) for change in plan.pending)])
    for change in plan.pending:
        yield from change_lines(change, forced=change in wanted, width=width)
        if change not in wanted and not change.edit:
            yield PlanLine("      ! stays, since what is kept without --force needs it", "magenta")
    for remark in remarks(plan, wanted):
        yield PlanLine(f"  {one_line(remark)}", "cyan")
    yield PlanLine(count_line(plan, wanted))


def change_lines(change: ToldChange, *, forced: bool = False, width: int = _KIND_WIDTH) -> Iterator[PlanLine]:
    """One object, and below it what differs by panel or rule; `forced` where the edits of others are overwritten."""
    title = one_line(change.title)
    yield PlanLine(f"  {MARKS[change.action]} {change.kind_name:<{width}} {title}", _COLOURS[change.action])
    if change.edit:
        fate = FORCED[change.action] if forced else "kept without --force"
        yield PlanLine(f"      ! {one_line(edit_sentence(change.edit))}; {fate}", "magenta")
    for part, texts in by_part(change.differences).items():
        yield PlanLine(f"      {one_line(part)}: {one_line('; '.join(texts))}" if part else f"      {one_line('; '.join(texts))}")  # fmt: skip  # one thing is one line
    if change.lost and change.kind_name == "rule group":
        yield PlanLine(f"      {one_line(lost_sentence(change))}", "red")
