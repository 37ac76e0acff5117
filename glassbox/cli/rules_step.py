"""Bringing rules to the places that the command line names: after lint, and before what reads them goes to Grafana."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.lint_command import lint_and_report
from glassbox.cli.output import complain, say
from glassbox.cli.rule_options import RuleOptions, rule_places
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle
    from glassbox.rule_places.group_changes import GroupChange


def push_rules_alone(rules: RuleOptions, session: Session) -> int:
    """Lint, and bring the rules to their places, without a Grafana; returns the exit code."""
    bundle = session.compiled()
    if lint_and_report(bundle):
        complain("Nothing was pushed: correct the findings first.")
        return FINDINGS
    bring_rules(rules, session, bundle)
    return DONE


def bring_rules(rules: RuleOptions, session: Session, bundle: Bundle) -> None:
    """Bring the rules of a bundle without findings to their places, and say what changed there."""
    from glassbox.rule_places.wanted_rules import wanted_files  # noqa: PLC0415  # only a push needs it

    files = wanted_files(bundle, session.settings)
    with ExitStack() as resources:
        for place in rule_places(rules, session, resources):
            changes = place.push(files, complain)
            for line in place_lines(place.title, changes):
                say(line)


def plan_rules(rules: RuleOptions, session: Session, bundle: Bundle) -> list[tuple[str, list[GroupChange]]]:
    """What `bring_rules` would change, by the title of each place; reads only."""
    from glassbox.rule_places.wanted_rules import wanted_files  # noqa: PLC0415  # only a plan needs it

    files = wanted_files(bundle, session.settings)
    with ExitStack() as resources:
        return [(place.title, place.plan(files)) for place in rule_places(rules, session, resources)]


def place_lines(title: str, changes: Sequence[GroupChange]) -> Iterator[str]:
    """What changes at a place, by group and rule, and a line of counts."""
    marks = {"create": "+", "update": "~", "delete": "-"}
    yield f"Rules in {title}:"
    for change in changes:
        if mark := marks.get(change.action.value):
            yield f"  {mark} {change.name}"
            yield from (f"      {each.rule}: {each.what}" if each.rule else f"      {each.what}" for each in change.differences)  # fmt: skip  # one thing is one line
    count = Counter(change.action.value for change in changes)
    yield f"  {count['create']} groups created, {count['update']} updated, {count['delete']} deleted, {count['keep']} unchanged."
