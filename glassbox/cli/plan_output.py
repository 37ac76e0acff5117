"""Printing a plan, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from glassbox.cli.output import complain, say
from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_text import plan_lines


def say_plan(plan: PushPlan, wanted: Sequence[Change]) -> None:
    """The plan as text, in colours on a terminal; `wanted` are the changes that are carried out."""
    for line in plan_lines(plan, wanted):
        say(line.text, colour=line.colour)


def say_result(plan: PushPlan, done: Sequence[Change], held: Sequence[Change], *, verb: str) -> None:
    """The closing sentences of an apply ("Pushed"): counts, what was kept for others, and where to look."""
    count, kept = Counter(change.action for change in done), plan.count[Action.KEEP] + len(held)
    told = f"{count[Action.CREATE]} created, {count[Action.UPDATE]} updated, {count[Action.DELETE]} deleted"
    say(f"{verb}: {told}, {kept} unchanged.")
    for sentence in _of_held(plan, held):
        say(sentence)
    if not any(change.kind.name == "folder" and change.action is Action.DELETE for change in done):
        say(f"Look: {plan.server.url}/dashboards/f/{plan.folder_uid}")


def _of_held(plan: PushPlan, held: Sequence[Change]) -> Iterator[str]:
    """What was kept, and what to do about it."""
    edited = [change for change in held if change.edit and not change.edit.of_others]
    of_others = [change for change in held if change.edit and change.edit.of_others]
    folders = [change for change in of_others if (change.kind.name, change.action) == ("folder", Action.DELETE)]
    rest = [change for change in of_others if change not in folders]
    if edited:
        yield f"Others edited {_names(edited)}: not overwritten. Take their edits into the code, or use --force."
    if folders:
        yield f"May belong to somebody else, and is not deleted: {_names(folders)}. Delete it in Grafana if nobody needs it, or use --force."
    if rest:
        settings = " or ".join(sorted({_uid_setting(plan, change) for change in rest}))
        yield f"May belong to somebody else, and is not overwritten: {_names(rest)}. Set another {settings} in the settings, or use --force."


def _uid_setting(plan: PushPlan, change: Change) -> str:
    """The setting to change where an object has the place or the uid of somebody else's."""
    is_rules_folder = change.kind.name == "folder" and change.identity != plan.folder_uid
    return "grafana.rules_folder_uid" if is_rules_folder else "grafana.folder_uid"


def complain_of_the_rest(done: Sequence[Change], wanted: Sequence[Change]) -> None:
    """After an error or a signal: what was done, what was not, and that a further run does the rest."""
    rest = [change for change in wanted if change not in done]
    complain(f"Done: {_names(done) or 'nothing'}.")
    complain(
        f"Not known to be done: {_names(rest) or 'nothing'}. Run again: it compares first, and does only what is left."
    )


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(change.name for change in changes)
