"""`--grafana URL`: compile for that server, lint, plan, ask where something is lost, and carry it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.cli.carrying_out import ask, carry_out, keep_backup
from glassbox.cli.command_table import COMMANDS
from glassbox.cli.exit_codes import FINDINGS
from glassbox.cli.grafana_options import BACKUPS, Destination, destination
from glassbox.cli.lint_command import lint_and_report
from glassbox.cli.output import complain
from glassbox.cli.plan_output import say_plan
from glassbox.cli.recorded_notice import after_push, before_push
from glassbox.cli.rule_options import RuleOptions
from glassbox.cli.rules_step import BehindGrafana, Places, bring, kept_places, plan_rules, wanted_at_places
from glassbox.cli.session import Session
from glassbox.errors import GlassboxError

if TYPE_CHECKING:
    from glassbox.deploying.plan import PushPlan


@dataclass(frozen=True)
class PushOptions:
    """What the command line says about a push; `plan` is a file that `plan --out` wrote, `url` is None for that of the environment.

    `after` asks every query at the end.
    """

    url: str | None
    token_file: Path | None = None
    yes: bool = False
    force: bool = False
    no_prune: bool = False
    only: str = ""
    plan: Path | None = None
    after: bool = False
    backups: Path = BACKUPS


def push_to(options: PushOptions, session: Session, rules: RuleOptions) -> int:
    """Push what has no findings; returns the exit code. Rules go to their places first, since dashboards read them."""
    if options.plan and (options.only or options.no_prune):
        raise GlassboxError("--only and --no-prune are in the plan already: leave them out beside --plan.")
    with destination(session, options.url, options.token_file, prune=_prunes(options), read_only=False) as found:
        if lint_and_report(found.bundle):
            complain("Nothing was pushed: correct the findings first.")
            return FINDINGS
        plan = _plan(found, options, lambda: plan_rules(rules, session, found.bundle, BehindGrafana(found.grafana, found.source)))  # fmt: skip  # one thing is one line
        wanted = plan.allowed(force=options.force)
        say_plan(plan, wanted)
        always = found.bundle.content.always_recorded
        for notice in before_push(found.grafana, found.source, always):
            complain(notice)
        ask(wanted, yes=options.yes)
        with wanted_at_places(rules, session, found.bundle, BehindGrafana(found.grafana, found.source)) as places:
            kept = keep_backup(found.grafana, plan, wanted, options.backups, kept_places(places))
            brought = bring(places)
        code = carry_out(found.grafana, plan, wanted, (kept, options.backups))
        for notice in after_push(found.grafana, found.source, always, brought=brought):
            complain(notice)
        if not brought and session.settings.alerts_evaluated_by == "prometheus":
            complain("The alerts were brought nowhere, since Prometheus evaluates them: load build/alerts there, or give --prometheus-rules DIR or --mimir URL.")  # fmt: skip  # one sentence is one line
        return _verified(found, code) if options.after else code


def _verified(found: Destination, code: int) -> int:
    """Verify, and the exit code of both."""
    from glassbox.deploying.selection import EVERYTHING

    # Commands stand above the command line, which knows their modules by name.
    verified: int = import_module(COMMANDS["verify"].module).verified(found, EVERYTHING)
    return code or verified


def _prunes(options: PushOptions) -> bool:
    from glassbox.deploying.saved_plan import options_of, saved

    return options_of(saved(options.plan))[1] if options.plan else not options.no_prune


def _plan(found: Destination, options: PushOptions, places: Callable[[], Places]) -> PushPlan:
    """The plan, compared with the saved one where there is one: its rules of other places too."""
    from glassbox.deploying.plan import plan
    from glassbox.deploying.plan_json import plan_json
    from glassbox.deploying.saved_plan import options_of, refuse_other, saved
    from glassbox.deploying.selection import Selection
    from glassbox.rule_places.places_json import places_json

    reviewed = saved(options.plan) if options.plan else None
    selection = options_of(reviewed)[0] if reviewed else Selection(options.only)
    made = plan(found.grafana, found.deployment, selection)
    if reviewed and options.plan:
        now = plan_json(made, selection, prune=found.deployment.prune, places=places_json(places()))
        refuse_other(reviewed, now, options.plan)
    return made
