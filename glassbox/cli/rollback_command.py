"""`rollback`: bring back what was in Grafana before a push, and rules outside of it or alone, including deleted ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassbox.cli.carrying_out import ask, carry_out, keep_backup
from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.grafana_options import connection, to_backups, to_grafana
from glassbox.cli.option_values import refuse_empty
from glassbox.cli.output import say
from glassbox.cli.plan_output import say_plan
from glassbox.cli.rule_options import RuleOptions, named_places, rule_options
from glassbox.cli.rules_back import RulesBack, changed_by_others
from glassbox.cli.rules_rollback import RollbackOptions, roll_rules_back, rule_lines, used
from glassbox.cli.rules_step import bring, kept_places
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Json
    from glassbox.deploying.backups import Backup, Installation
    from glassbox.deploying.rollback import GoingBack
    from glassbox.grafana.client import Grafana


@click.command("rollback")
@to_grafana
@to_backups
@rule_options
@click.option("--to", "identity", metavar="ID", default="", callback=refuse_empty, help="The state before the push of this backup; without it, before the newest that gives anything to do.")  # fmt: skip  # one option
@click.option("--list", "only_list", is_flag=True, help="List the backups.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and change nothing.")
@click.option("--force", is_flag=True, help="Overwrite and delete what others edited since the push.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def command(
    session: Session,
    *,
    url: str | None,
    token_file: Path | None,
    backups: Path,
    rules: RuleOptions,
    identity: str,
    only_list: bool,
    dry_run: bool,
    force: bool,
    yes: bool,
) -> int:
    """Bring back what was in Grafana before a push, and rules that it brought elsewhere, including what it deleted.

    With --prometheus-rules or --mimir and without --grafana: rules alone, over pushes that went to no Grafana.

    Exit codes: 0 done, 2 a dry run with changes or kept edits of others, 1 error.
    """
    from glassbox.deploying.backups import all_backups

    found = all_backups(backups)
    if only_list:
        for line in _lines(found, backups):
            say(line)
        return DONE
    rules.check(None)
    options = RollbackOptions(backups, identity, dry_run, yes, force)
    if url is None and not session.environment:
        _refuse_without_grafana(rules, {"--token-file": token_file, "--force": force})
        return roll_rules_back(session, rules, found, options)
    with connection(session, url, token_file, read_only=dry_run) as grafana, ExitStack() as resources:
        rules_back = RulesBack(grafana, list(named_places(rules, session.settings, resources)))
        return _roll_back(session, grafana, rules_back, found, options)


def _roll_back(
    session: Session, grafana: Grafana, rules_back: RulesBack, found: Sequence[Backup], options: RollbackOptions
) -> int:
    """Say what goes back, ask, and bring rules and Grafana's objects back; returns the exit code."""
    from glassbox.deploying.backups import finish

    back = _way_back(session, grafana, rules_back, found, options)
    plan, through = back.plan, back.way.backups
    places, wanted = rules_back.wanted(through), plan.allowed(force=options.force)
    kept = kept_places(places)
    say(used(back.way, is_useful=back.is_useful))
    say_plan(plan, wanted)
    left_alone = rules_back.left_alone(through)
    others = _others(session, grafana, kept, found, back)
    for line in (*rule_lines(places), *others, *left_alone):
        say(line)
    if options.dry_run or not (plan.pending or kept):
        return FINDINGS if plan.pending or kept or plan.left_out else DONE
    what = f"Grafana{' and rules beside it' * bool(kept)}"
    always = f"This brings {what} back to an earlier state"
    ask(wanted, yes=options.yes, otherwise="--dry-run to change nothing", always=always, also=bool(kept))
    in_parts = "go back over fewer pushes with --to ID"
    goes_back_to = through[-1].identity
    backup = keep_backup(grafana, plan, wanted, options.backups, kept, goes_back_to=goes_back_to, in_parts=in_parts)
    bring(rules_back.in_turn(through))
    code = carry_out(grafana, plan, wanted, (backup, options.backups), "Rolled back")
    if backup and code == DONE and not left_alone:
        finish(backup, options.backups)
    return code


def _way_back(
    session: Session, grafana: Grafana, rules_back: RulesBack, found: Sequence[Backup], options: RollbackOptions
) -> GoingBack:
    from glassbox.deploying.rollback import going_back

    return going_back(
        grafana,
        session.settings.grafana,
        rules_back.with_grafana(found, options.identity),
        options.identity,
        session.settings.notifications,
        force=options.force,
        differs=rules_back.differs,
    )


def _others(
    session: Session, grafana: Grafana, kept: Sequence[Json], found: Sequence[Backup], back: GoingBack
) -> list[str]:
    """A sentence about each newer push of another installation that brought rules to the same places."""
    from glassbox.deploying.backups import Installation
    from glassbox.deploying.rollback import since_by_others

    here = Installation(grafana.url, back.plan.server.organisation, session.settings.grafana.folder_uid)
    return changed_by_others(kept, since_by_others(found, back.way, here), grafana.url)


def _refuse_without_grafana(rules: RuleOptions, given: Mapping[str, object]) -> None:
    """UsageError where no place of rules is named either, and for options that are about Grafana."""
    if not rules.name_a_place:
        raise click.UsageError("--grafana URL is missing: give it, or --environment NAME before the command, or --prometheus-rules DIR or --mimir URL for rules alone.")  # fmt: skip  # a refusal is one line
    if unused := [option for option, value in given.items() if value]:
        raise click.UsageError(f"{unused[0]} needs --grafana URL.")


def _lines(backups: Sequence[Backup], folder: Path) -> Iterator[str]:
    """One line a backup, the newest first; a sentence where there are none."""
    if not backups:
        yield f"There are no backups in {folder}."
    for backup in backups:
        count = Counter("created" if each["before"] is None else "changed or deleted" for each in backup.objects)
        told = [f"{number} {what}" for what, number in sorted(count.items())]
        told += [f"rules in {each['title']}" for each in backup.places]
        told += ["a rollback that did not do all of it"] * backup.is_unfinished
        yield f"{backup.identity}  {_where(backup.installation)}: {', '.join(told)}"


def _where(installation: Installation) -> str:
    server = (
        f"{installation.url}  organisation {installation.organisation.name!r}" if installation.url else "no Grafana"
    )
    return f"{server}  folder {installation.folder_uid!r}"
