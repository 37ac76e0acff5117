"""A plan for people at a terminal: a tree of objects, panels and rules, with colours where they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.deploying.change import Action, ToldChange
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_words import MARKS, by_part, count_line, edit_sentence, heading, lost_sentence
from glassbox.grafana.kinds import KINDS
from glassbox.http.outside_text import one_line

_KIND_WIDTH = max(len(kind.name) for kind in KINDS)
_COLOURS = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red", Action.KEEP: ""}


@dataclass(frozen=True)
class PlanLine:
    """A line with its colour, "" for none."""

    text: str
    colour: str = ""


def plan_lines(plan: PushPlan) -> Iterator[PlanLine]:
    """The plan, one thing a line; unchanged objects are only counted."""
    yield PlanLine(one_line(heading(plan)))
    for change in plan.pending:
        yield from change_lines(change)
    for remark in plan.remarks:
        yield PlanLine(f"  {one_line(remark)}", "cyan")
    yield PlanLine(count_line(plan))


def change_lines(change: ToldChange) -> Iterator[PlanLine]:
    """One object, and below it what differs by panel or rule."""
    title = one_line(change.title)
    yield PlanLine(f"  {MARKS[change.action]} {change.kind_name:<{_KIND_WIDTH}} {title}", _COLOURS[change.action])
    if change.edit:
        yield PlanLine(f"      ! {one_line(edit_sentence(change.edit))}; kept without --force", "magenta")
    for part, texts in by_part(change.differences).items():
        yield PlanLine(f"      {one_line(part)}: {one_line('; '.join(texts))}" if part else f"      {one_line('; '.join(texts))}")  # fmt: skip  # one thing is one line
    if change.lost and change.kind_name == "rule group":
        yield PlanLine(f"      {one_line(lost_sentence(change))}", "red")
