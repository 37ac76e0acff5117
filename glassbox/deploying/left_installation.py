"""What a changed `grafana.folder_uid` leaves behind: to Grafana it is another installation, whose alerts go on firing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glassbox.deploying.change import Action, Change
from glassbox.grafana.kinds.folder_kind import FolderKind
from glassbox.grafana.kinds.rule_group_kind import RuleGroupKind
from glassbox.grafana.ownership import owner_of_rule
from glassbox.grafana.survey import Survey


def left_installations(survey: Survey, changes: Iterable[Change]) -> Iterator[str]:
    """A sentence about each other installation that has alert rules of the same names, where this one is pushed for the first time; a rollback says none."""
    made = [change for change in changes if change.action is Action.CREATE and change.content]
    if not any(type(change.kind) is FolderKind and change.identity == survey.folder_uid for change in made):
        return
    groups = [change.content or {} for change in made if isinstance(change.kind, RuleGroupKind)]
    names = {rule["uid"].removeprefix(survey.folder_uid) for group in groups for rule in group["rules"]}
    theirs: dict[str, set[str]] = {}
    for rule in survey.rules.values() if names else ():
        if owner := owner_of_rule(rule):
            theirs.setdefault(owner, set()).add(rule["uid"].removeprefix(owner))
    for owner in sorted(theirs.keys() - {survey.folder_uid}):
        if theirs[owner] & names:
            yield (
                f"The installation of the folder {owner!r} has alert rules of the same names, and stays: if grafana.folder_uid was "
                f"changed from it, run `destroy` once with that setting as it was, or those alerts go on firing beside the new ones."
            )
