"""Bringing rules to the places that the command line names: after lint, and before what reads them goes to Grafana."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassbox.cli.exit_codes import DONE, FINDINGS
from glassbox.cli.lint_command import lint_and_report
from glassbox.cli.output import complain, say
from glassbox.cli.rule_options import RuleOptions, named_places
from glassbox.cli.session import Session

if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle, DataSource, Json
    from glassbox.grafana.client import Grafana
    from glassbox.rule_places.group_changes import GroupChange
    from glassbox.rule_places.place import RulePlace


Places = Sequence[tuple[str, Sequence["GroupChange"]]]
"""Places of rules by their titles, each with its groups and what happens to them."""
WantedAtPlaces = Sequence[tuple["RulePlace", Mapping[str, Any]]]
"""Places of rules, each with what it should hold of ours."""


def push_rules_alone(rules: RuleOptions, session: Session, backups: Path) -> int:
    """Lint, and bring the rules to their places, without a Grafana; what changes there is kept first. Returns the exit code."""
    # Other commands than a push start without an HTTP client.
    from glassbox.cli.carrying_out import keep_backup_of_rules

    bundle = session.compiled()
    if lint_and_report(bundle):
        complain("Nothing was pushed: correct the findings first.")
        return FINDINGS
    with wanted_at_places(rules, session, bundle, None) as places:
        keep_backup_of_rules(session.settings.grafana.folder_uid, kept_places(places), backups)
        bring(places)
    return DONE


@dataclass(frozen=True)
class BehindGrafana:
    """The Grafana of a push and its data source, whose ruler gets the rules where the options name no other place."""

    grafana: Grafana
    source: DataSource


def bring(places: Iterable[tuple[RulePlace, Mapping[str, Any]]]) -> bool:
    """Make each place hold its content, and say what changed there; returns whether there was one."""
    brought = False
    for place, content in places:
        for line in place_lines(place.title, place.push_to(content, complain)):
            say(line)
        brought = True
    return brought


def kept_places(places: WantedAtPlaces) -> list[Json]:
    """What a backup keeps of the places that would change."""
    touched = ((place, place.touched(content)) for place, content in places)
    return [{"title": place.title, "origin": place.origin, "before": before} for place, before in touched if before]


def plan_rules(rules: RuleOptions, session: Session, bundle: Bundle, behind: BehindGrafana | None = None) -> Places:
    """What a push would change, by the title of each place; reads only."""
    with wanted_at_places(rules, session, bundle, behind) as places:
        return planned_at(places)


def planned_at(places: WantedAtPlaces) -> Places:
    """What `bring` would change; reads only."""
    return [(place.title, place.plan_to(content)) for place, content in places]


@contextmanager
def wanted_at_places(
    rules: RuleOptions, session: Session, bundle: Bundle, behind: BehindGrafana | None
) -> Iterator[WantedAtPlaces]:
    """Where rules go, and what each place should hold."""
    # Only a push and a plan need these.
    from glassbox.rule_places.behind_grafana import place_behind
    from glassbox.rule_places.wanted_rules import wanted_files

    settings, files = session.settings, wanted_files(bundle, session.settings)
    with ExitStack() as resources:
        places = list(named_places(rules, settings, resources))
        if behind and not places:
            found = place_behind(behind.grafana, behind.source, files, settings, complain)
            places = [found] if found else []
        yield [(place, place.content_of(files)) for place in places]


def place_lines(title: str, changes: Sequence[GroupChange], *, planned: bool = False) -> Iterator[str]:
    """What changed at a place, by group and rule, and a line of counts; `planned` is what a push would change."""
    marks = {"create": "+", "update": "~", "delete": "-"}
    yield f"Rules in {title}:"
    for change in changes:
        if mark := marks.get(change.action.value):
            yield f"  {mark} {change.name}"
            yield from (f"      {each.rule}: {each.what}" if each.rule else f"      {each.what}" for each in change.differences)  # fmt: skip  # one thing is one line
    count = Counter(change.action.value for change in changes)
    words = ("to create", "to update", "to delete") if planned else ("created", "updated", "deleted")
    told = (f"{count[action]} {word}" for action, word in zip(("create", "update", "delete"), words, strict=True))
    yield f"  Groups: {', '.join(told)}, {count['keep']} unchanged."
