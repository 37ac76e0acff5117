"""`adopt`: what others edited in Grafana, by file and line of the code that declares it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.grafana_options import destination, to_grafana
from glassbox.cli.output import say
from glassbox.cli.session import Session
from glassbox.http.outside_text import one_line

if TYPE_CHECKING:
    from glassbox.reviewing.adopting import Adoption, AdoptionStep


@click.command("adopt")
@to_grafana
@click.argument("uid", metavar="[UID]", default="")
@click.pass_obj
def command(session: Session, *, url: str, token_file: Path | None, uid: str) -> int:
    """See what others edited in Grafana as what would have to change in the code or the settings. It only reads, and changes no file.

    UID is the uid of a dashboard or of a rule, or the title of a rule group; without it, everything that others edited is shown.

    Exit codes: 0 nobody edited it, 2 somebody did or something is not compared, 1 error.
    """
    from glassbox.compile.compiler import compile_bundle  # a broken module of ours is reported by `compiled`
    from glassbox.deploying.plan import plan
    from glassbox.reviewing.adopting import Adopting, edited
    from glassbox.reviewing.moved_settings import Recompile

    with destination(session, url, token_file, prune=True, read_only=True) as found:
        made = plan(found.grafana, found.deployment)
    not_compared = [sentence for sentence in made.left_out if not uid or f"({uid})" in sentence]
    for sentence in not_compared:
        say(one_line(sentence))
    changes = [] if uid and not_compared else edited(made.changes, uid)
    if not_compared and not changes:
        return FINDINGS
    if not changes:
        say("Nobody edited it in Grafana since our last push." if uid else "Nobody has edited anything of ours in Grafana since our last push.")  # fmt: skip  # one sentence
        return DONE
    recompile = Recompile(session.settings, lambda settings: compile_bundle(session.content, settings, found.source))
    adopting = Adopting(found.bundle, recompile)
    for change in changes:
        for line in _lines(adopting.adoption(change, uid)):
            say(line)
    say("Make these changes, then plan again: what the code has is not an edit. `--force` overwrites them instead.")  # fmt: skip  # one sentence
    return FINDINGS


def _lines(adoption: Adoption) -> Iterator[str]:
    from glassbox.deploying.plan_words import edit_sentence

    change = adoption.change
    if change.edit:
        yield one_line(f"{change.name}: {edit_sentence(replace(change.edit, differences=()))}")
    for step in adoption.steps:
        yield from _step(step)
    yield ""


def _step(step: AdoptionStep) -> Iterator[str]:
    words = ": ".join(filter(None, (step.part, step.text)))
    place = step.place or "no line of Python names it"
    yield f"  {one_line(place)}{f': {one_line(words)}' if words else ''}"
    yield from (f"    {line}" for line in step.lines)
    yield from (f"    or in the settings: {one_line(each)}" for each in step.settings)
