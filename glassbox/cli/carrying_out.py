"""Carrying out a plan at a terminal: the question, the backup, the writes, and what is said of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.output import complain, say
from glassbox.cli.plan_output import complain_of_the_rest, say_result
from glassbox.cli.progress_bar import progress_bar
from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.change import Change
    from glassbox.deploying.plan import PushPlan
    from glassbox.grafana.client import Grafana


def ask(
    wanted: Sequence[Change],
    *,
    yes: bool,
    otherwise: str = "--no-prune to delete nothing",
    always: str = "",
    also: bool = False,
) -> None:
    """Ask once where something is deleted or others' edits are overwritten; GlassboxError without a terminal or a yes.

    `always` is a question to ask even if nothing is lost; `also` says that something else changes too.
    """
    lost = sum(len(change.lost) for change in wanted)
    edited = sum(change.edit is not None for change in wanted)
    told = [f"deletes {_objects(lost)}"] * bool(lost) + [f"overwrites {_objects(edited)} edited by others"] * bool(edited)  # fmt: skip  # one thing is one line
    if yes or not (told or (always and (wanted or also))):
        return
    question = f"This {' and '.join(told)}." if told else f"{always}."
    if not sys.stdin.isatty():
        instead = f", or {otherwise}" if lost and otherwise else ""
        raise GlassboxError(f"{question} There is no terminal to ask at: give --yes{instead}.")
    if not click.confirm(f"{question} Go on?", err=True):
        raise GlassboxError("Nothing was changed, as you said.")


def _objects(number: int) -> str:
    return f"{number} object{'s' * (number != 1)}"


def keep_backup(
    grafana: Grafana,
    plan: PushPlan,
    wanted: Sequence[Change],
    folder: Path,
    places: Sequence[Json] = (),
    *,
    goes_back_to: str = "",
    in_parts: str = "push in parts with --only GLOB",
) -> str:
    """Keep the present state of all that is about to change, and say how to go back to it; returns its id, "" where nothing changes.

    `in_parts` is what to do where that is too much for one backup.
    """
    from glassbox.deploying.backups import keep

    if not (wanted or places):
        return ""
    identity = keep(grafana, plan, wanted, folder, places, goes_back_to=goes_back_to, in_parts=in_parts)
    say(f"Backup: {identity} in {folder}")
    return identity


def keep_backup_of_rules(folder_uid: str, places: Sequence[Json], folder: Path, *, goes_back_to: str = "") -> str:
    """The same for rules that are changed without a Grafana."""
    from glassbox.deploying.backups import keep_places

    if not places:
        return ""
    identity = keep_places(folder_uid, places, folder, goes_back_to=goes_back_to)
    say(f"Backup: {identity} in {folder}")
    return identity


def carry_out(
    grafana: Grafana, plan: PushPlan, wanted: Sequence[Change], backup: tuple[str, Path], verb: str = "Pushed"
) -> int:
    """Carry out these changes of the plan, and say what was done and what was not; returns the exit code.

    `backup` is its id and its folder.
    """
    from glassbox.deploying.apply import apply
    from glassbox.deploying.created_folders import noting

    held = [change for change in plan.pending if change not in wanted]
    done: list[Change] = []
    if not plan.pending:
        return FINDINGS if plan.left_out else DONE
    note_created = noting(grafana, *backup, complain)

    try:
        with progress_bar(len(wanted)) as advance:

            def note(change: Change) -> None:
                done.append(change)
                note_created(change)
                advance(change)

            apply(grafana, plan, wanted, note)
    except BaseException as error:
        # If the first write was refused, its error says everything.
        if done or not isinstance(error, GlassboxError):
            complain_of_the_rest(done, wanted)
        raise
    say_result(plan, done, held, verb=verb)
    for sentence in plan.left_out:
        say(sentence)
    return FINDINGS if held or plan.left_out else DONE
