"""`destroy`: delete all that is ours from Grafana, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from glassbox.cli.carrying_out import ask, carry_out, keep_backup
from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.grafana_options import connection, to_backups, to_grafana
from glassbox.cli.plan_output import say_plan
from glassbox.cli.session import Session


@click.command("destroy")
@to_grafana
@to_backups
@click.option("--dry-run", is_flag=True, help="Print the plan, and change nothing.")
@click.option("--force", is_flag=True, help="Delete what others edited, and folders that may be theirs, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(
    session: Session, *, url: str | None, token_file: Path | None, backups: Path, dry_run: bool, force: bool, yes: bool
) -> int:
    """Delete every dashboard and rule with our mark, and our folder where nothing else is in it.

    Exit codes: 0 done, 2 a dry run with changes or kept edits of others, 1 error.
    """
    from glassbox.deploying.backups import all_backups
    from glassbox.deploying.destroying import destroy_plan

    with connection(session, url, token_file, read_only=dry_run) as grafana:
        plan = destroy_plan(grafana, session.settings.grafana, all_backups(backups))
        wanted = plan.allowed(force=force)
        say_plan(plan, wanted)
        if dry_run or not plan.pending:
            return FINDINGS if plan.pending or plan.left_out else DONE
        ask(wanted, yes=yes, otherwise="--dry-run to delete nothing")
        kept = keep_backup(grafana, plan, wanted, backups, in_parts="delete a part of it in Grafana first")
        return carry_out(grafana, plan, wanted, (kept, backups), "Destroyed")
