"""Two versions of recorded series side by side in one Prometheus, where series that they record differently have separate names."""

import re
from collections.abc import Mapping
from dataclasses import replace

from glassbox.backtest.rule_set import RuleSet, names_in
from glassbox.doctor.needs import PATTERN
from glassbox.errors import GlassboxError


class NotWorkedOutError(GlassboxError):
    """Why series cannot be worked out here; a part of a sentence."""


def beside(version: RuleSet, base: RuleSet, mark: str) -> tuple[RuleSet, Mapping[str, str]]:
    """The version with new names for what it records differently from the base, and for what depends on that; and the old names by the new.

    Raises NotWorkedOutError if such a name could be a label's in a query's text, or a pattern of names would still read the old one.
    """
    unlike = version.unlike(base)
    names = {name for name in version.recorded if unlike & version.read_by(name).keys()}
    if plain := sorted(name for name in names if ":" not in name):
        raise NotWorkedOutError(f"{plain[0]} has no colon, so that it could be a label as well")
    new = {name: f"{name}:{mark}" for name in names}
    _check_patterns(version, names)
    return _renamed(version, new), {changed: name for name, changed in new.items()}


def _check_patterns(version: RuleSet, names: set[str]) -> None:
    queries = [*(rule.query for rule in version.alerts), *(rule.expr for rule in version.records)]
    patterns = {each for query in queries for each in names_in(query) if PATTERN.search(each)}
    for pattern in patterns:
        if any(_may_fit(pattern, name) for name in names):
            raise NotWorkedOutError(f"a rule reads it by the pattern {pattern}")


def _may_fit(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return True


def _renamed(version: RuleSet, new: Mapping[str, str]) -> RuleSet:
    if not new:
        return version
    # A name with a colon cannot be a label; the bounds keep longer names that contain it apart.
    found = re.compile(rf"(?<![\w:])(?:{'|'.join(map(re.escape, new))})(?![\w:])")

    def with_new(query: str) -> str:
        return found.sub(lambda name: new[name[0]], query)

    return RuleSet(
        tuple(replace(rule, query=with_new(rule.query)) for rule in version.alerts),
        tuple(
            replace(rule, record=new.get(rule.record, rule.record), expr=with_new(rule.expr))
            for rule in version.records
        ),
    )
