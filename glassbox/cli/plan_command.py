"""`plan`: what a push would change, without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.exit_codes import DONE, ERROR, FINDINGS
from glassbox.cli.grafana_options import FILE, choosing, destination, to_grafana
from glassbox.cli.option_values import one_form
from glassbox.cli.output import complain, is_result_lost, say
from glassbox.cli.plan_output import say_plan
from glassbox.cli.rule_options import RuleOptions, rule_options
from glassbox.cli.rules_step import BehindGrafana, place_lines, plan_rules
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.plan import PushPlan


@click.command("plan")
@to_grafana
@choosing
@rule_options
@click.option("--json", is_flag=True, expose_value=False, callback=one_form, help="The whole plan as JSON, to stdout.")
@click.option(
    "--markdown",
    is_flag=True,
    expose_value=False,
    callback=one_form,
    help="As Markdown, for a comment on a pull request.",
)
@click.option("--out", type=FILE, metavar="PLAN", help="Save the plan to a file, for a push with --plan.")
@click.pass_obj
def command(
    session: Session,
    *,
    url: str,
    token_file: Path | None,
    only: str,
    no_prune: bool,
    form: str | None,
    out: Path | None,
    rules: RuleOptions,
) -> int:
    """See what a push would change. It only reads.

    Exit codes: 0 no changes, 2 changes, 1 error.
    """
    from glassbox.deploying.plan import plan  # noqa: PLC0415  # see `destination`
    from glassbox.deploying.plan_json import plan_json  # noqa: PLC0415
    from glassbox.deploying.saved_plan import save  # noqa: PLC0415
    from glassbox.deploying.selection import Selection  # noqa: PLC0415
    from glassbox.rule_places.group_changes import differing  # noqa: PLC0415

    rules.check(None)
    selection = Selection(only)
    with destination(session, url, token_file, prune=not no_prune, read_only=True) as found:
        made = plan(found.grafana, found.deployment, selection)
        places = plan_rules(rules, session, found.bundle, BehindGrafana(found.grafana, found.source))
    whole = plan_json(made, selection, prune=not no_prune)
    if out:
        save(whole, out)
    _print(made, whole, form)
    for title, changes in places:
        for line in place_lines(title, changes, planned=True):
            # The other forms are documents of their own.
            (complain if form else say)(line)
    if is_result_lost():
        return ERROR
    return FINDINGS if made.pending or any(differing(changes) for _, changes in places) else DONE


def _print(made: PushPlan, whole: Json, form: str | None) -> None:
    from glassbox.deploying.plan_json import json_of  # noqa: PLC0415  # see `destination`
    from glassbox.deploying.plan_markdown import plan_markdown  # noqa: PLC0415

    if form == "json":
        say(json_of(whole))
    elif form == "markdown":
        say(plan_markdown(made))
    else:
        say_plan(made, made.allowed(force=False))
