"""`plan`: what a push would change, without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from glassbox.cli.grafana_options import FILE, choosing, to_grafana
from glassbox.cli.option_values import one_form
from glassbox.cli.planning import PlanOptions, plan_here
from glassbox.cli.rule_options import rule_options
from glassbox.cli.session import Session


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
@click.option("--all-environments", is_flag=True, help="One plan for each environment of the settings.")
@click.pass_obj
def command(
    session: Session, /, *, all_environments: bool, url: str | None, token_file: Path | None, **chosen: Any
) -> int:
    """See what a push would change. It only reads.

    Exit codes: 0 no changes, 2 changes, 1 error.
    """
    wanted = PlanOptions(url, token_file, **chosen)
    wanted.rules.check(None)
    if not all_environments:
        return plan_here(session, wanted)
    # Most plans are of one.
    from glassbox.cli.all_environments import plan_everywhere

    return plan_everywhere(session, wanted)
