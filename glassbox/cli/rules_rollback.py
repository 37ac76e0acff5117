"""A rollback of rules without a Grafana, and what every rollback says about rules and the backups that it uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.cli.carrying_out import ask, keep_backup_of_rules
from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.output import say
from glassbox.cli.rule_options import RuleOptions, named_places
from glassbox.cli.rules_back import RulesBack, changed_by_others
from glassbox.cli.rules_step import WantedAtPlaces, bring, kept_places, place_lines, planned_at
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.deploying.backups import Backup
    from glassbox.deploying.ways_back import WayBack


@dataclass(frozen=True)
class RollbackOptions:
    """What the command line says about a rollback; without an `identity` it goes back over the newest push that gives anything to do."""

    backups: Path
    identity: str
    dry_run: bool
    yes: bool
    force: bool = False


def roll_rules_back(session: Session, rules: RuleOptions, found: Sequence[Backup], options: RollbackOptions) -> int:
    """Bring the rules of the places that the options name back, by the backups of the folder; returns the exit code."""
    from glassbox.deploying.backups import finish
    from glassbox.deploying.rollback_of_rules import rules_going_back

    folder_uid, backups = session.settings.grafana.folder_uid, options.backups
    with ExitStack() as resources:
        rules_back = RulesBack(None, list(named_places(rules, session.settings, resources)))
        of_named = rules_back.of_named(found)
        back = rules_going_back(of_named, folder_uid, options.identity, differs=rules_back.differs)
        through = back.way.backups
        places, left_alone = rules_back.wanted(through), rules_back.left_alone(through)
        kept = kept_places(places)
        others = changed_by_others(
            kept, [each for each in back.way.since(found) if each.installation.folder_uid != folder_uid], ""
        )
        for line in (used(back.way, is_useful=back.is_useful), *rule_lines(places), *others, *left_alone):
            say(line)
        if options.dry_run or not kept:
            return FINDINGS if kept else DONE
        ask((), yes=options.yes, always="This brings rules back to an earlier state", also=True)
        backup = keep_backup_of_rules(folder_uid, kept, backups, goes_back_to=through[-1].identity)
        bring(rules_back.in_turn(through))
        if not left_alone:
            finish(backup, backups)
        return DONE


def rule_lines(places: WantedAtPlaces) -> Iterator[str]:
    """What happens to rules outside of Grafana."""
    for title, changes in planned_at(places):
        yield from place_lines(title, changes, planned=True)


def used(way: WayBack, *, is_useful: bool) -> str:
    """Which backup is used, and which newer ones are passed over."""
    if not is_useful:
        return f"No backup gives anything to do: {', '.join(backup.identity for backup in way.backups)}."
    sentence = f"Back to the state before the push of backup {way.backups[-1].identity}."
    if way.unfinished:
        sentence += f" This goes on with the rollback of backup {way.unfinished.identity}, which did not do all of it: --to {way.unfinished.identity} undoes that one instead."
    passed_over = ", ".join(way.passed_over)
    return f"{sentence} Passed over, since they give nothing to do: {passed_over}." if passed_over else sentence
