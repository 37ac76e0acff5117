"""Making a plan of a push as the command line says, saving it and printing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS
from glassbox.cli.grafana_options import destination
from glassbox.cli.output import is_result_lost, say
from glassbox.cli.plan_output import say_plan
from glassbox.cli.rule_options import RuleOptions
from glassbox.cli.rules_step import BehindGrafana, Places, place_lines, plan_rules
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.plan import PushPlan


@dataclass(frozen=True)
class PlanOptions:
    """What the command line says about a plan; `url` is None for that of the environment, `form` "json", "markdown" or None."""

    url: str | None
    token_file: Path | None
    only: str
    no_prune: bool
    form: str | None
    out: Path | None
    rules: RuleOptions


@dataclass(frozen=True)
class MadePlan:
    """A plan of what goes to Grafana, its JSON, and what would change at other places of rules, by their titles."""

    plan: PushPlan
    whole: Json
    places: Places

    @property
    def has_changes(self) -> bool:
        """Whether a push would change anything, or something could not be compared."""
        from glassbox.rule_places.group_changes import differing

        return bool(self.plan.pending or self.plan.left_out) or any(differing(changes) for _, changes in self.places)


def plan_here(session: Session, wanted: PlanOptions) -> int:
    """Make the plan of one Grafana, save and print it; returns the exit code."""
    from glassbox.deploying.saved_plan import save

    made = make_plan(session, wanted)
    if wanted.out:
        save(made.whole, wanted.out)
    say_made(made, wanted.form)
    if is_result_lost():
        return ERROR
    return FINDINGS if made.has_changes else DONE


def make_plan(session: Session, wanted: PlanOptions) -> MadePlan:
    """Compare, and change nothing."""
    from glassbox.deploying.plan import plan
    from glassbox.deploying.plan_json import plan_json
    from glassbox.deploying.selection import Selection
    from glassbox.rule_places.places_json import places_json

    selection, prune = Selection(wanted.only), not wanted.no_prune
    with destination(session, wanted.url, wanted.token_file, prune=prune, read_only=True) as found:
        made = plan(found.grafana, found.deployment, selection)
        places = plan_rules(wanted.rules, session, found.bundle, BehindGrafana(found.grafana, found.source))
    return MadePlan(made, plan_json(made, selection, prune=prune, places=places_json(places)), places)


def say_made(made: MadePlan, form: str | None) -> None:
    """Print a plan in the chosen form, and what would change at other places of rules."""
    from glassbox.deploying.plan_json import json_of
    from glassbox.deploying.plan_markdown import plain_markdown, plan_markdown

    if form == "json":
        say(json_of(made.whole))
        return
    lines = [line for title, changes in made.places for line in place_lines(title, changes, planned=True)]
    if form == "markdown":
        say(plan_markdown(made.plan))
        for line in lines:
            # A place's title is a line of its own; what it holds are items of a list.
            say(f"- {plain_markdown(line.strip())}" if line.startswith(" ") else f"\n**{plain_markdown(line)}**\n")
        return
    say_plan(made.plan, made.plan.allowed(force=False))
    for line in lines:
        say(line)
