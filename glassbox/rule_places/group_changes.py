"""What differs between groups of rules as we want them and as a place has them: as data, by group and rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.query.promql import duration_seconds
from glassbox.query.selectors import QueryError
from glassbox.rule_places.wanted_rules import RuleGroups

_DURATIONS = frozenset({"interval", "for", "keep_firing_for", "query_offset", "evaluation_delay"})
_LONGEST_SHOWN = 60


class GroupAction(Enum):
    """What happens to one group."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True)
class RuleDifference:
    """One rule and what changes about it, such as "expression changed"; an empty name is the group itself."""

    rule: str
    what: str


@dataclass(frozen=True)
class GroupChange:
    """One group, what happens to it, and its rules that change; `wanted` and `live` are None where it is absent."""

    action: GroupAction
    name: str
    differences: tuple[RuleDifference, ...] = ()
    wanted: Json | None = None
    live: Json | None = None


def group_changes(wanted: RuleGroups, live: RuleGroups) -> list[GroupChange]:
    """Every group of both sides: ours in our order, then those that we do not want any more."""
    ours = [_change(name, group, live.get(name)) for name, group in wanted.items()]
    gone = (name for name in live if name not in wanted)
    return ours + [GroupChange(GroupAction.DELETE, name, live=live[name]) for name in sorted(gone)]


def differing(changes: Iterable[GroupChange]) -> list[GroupChange]:
    """The changes that would write something."""
    return [change for change in changes if change.action is not GroupAction.KEEP]


def _change(name: str, wanted: Json, live: Json | None) -> GroupChange:
    if live is None:
        return GroupChange(GroupAction.CREATE, name, wanted=wanted)
    differences = tuple(_differences(wanted, live))
    return GroupChange(GroupAction.UPDATE if differences else GroupAction.KEEP, name, differences, wanted, live)


def _differences(wanted: Json, live: Json) -> Iterator[RuleDifference]:
    for what in _fields(wanted, live, frozenset({"rules"})):
        yield RuleDifference("", what)
    ours, theirs = _by_name(wanted), _by_name(live)
    for name, rule in ours.items():
        if name not in theirs:
            yield RuleDifference(name, "added")
        else:
            yield from (RuleDifference(name, what) for what in _fields(rule, theirs[name], frozenset()))
    yield from (RuleDifference(name, "removed") for name in theirs if name not in ours)
    if [name for name in ours if name in theirs] != [name for name in theirs if name in ours]:
        yield RuleDifference("", "rules in another order")


def _by_name(group: Json) -> dict[str, Json]:
    """The rules by what distinguishes them: names, and labels of recorded series; a repeated one is counted."""
    named: dict[str, Json] = {}
    seen: Counter[str] = Counter()
    for rule in group.get("rules") or ():
        name = rule_name(rule)
        seen[name] += 1
        named[name if seen[name] == 1 else f"{name} ({seen[name]})"] = rule
    return named


def rule_name(rule: Json) -> str:
    """What people call the rule: an alert's name, or a recorded series with the labels that it is given."""
    if "alert" in rule:
        return str(rule["alert"])
    labels = ", ".join(f"{label}={value!r}" for label, value in sorted((rule.get("labels") or {}).items()))
    return f"{rule.get('record')}{{{labels}}}" if labels else str(rule.get("record"))


def _fields(wanted: Mapping[str, Any], live: Mapping[str, Any], left_out: frozenset[str]) -> Iterator[str]:
    """What changes in the fields of both, each in a few words; absent and empty are the same, as servers fill them in."""
    for field in dict.fromkeys((*wanted, *live)):
        ours, theirs = wanted.get(field) or None, live.get(field) or None
        if field not in left_out and _comparable(field, ours) != _comparable(field, theirs):
            yield _words(field, ours, theirs)


def _comparable(field: str, value: Any) -> Any:
    if field in _DURATIONS:
        return _seconds(value)
    if field == "expr":
        return str(value).strip()
    return {key: str(each) for key, each in value.items()} if isinstance(value, dict) else value


def _seconds(value: Any) -> Any:
    """A duration in seconds, none being zero; what cannot be read stays as it is."""
    try:
        return duration_seconds(str(value)) if value else 0
    except QueryError:
        return value


def _words(field: str, ours: Any, theirs: Any) -> str:
    if field == "expr":
        return "expression changed"
    mine, other = ours or {}, theirs or {}
    if isinstance(mine, dict) and isinstance(other, dict):
        names = sorted(str(key) for key in {*mine, *other} if mine.get(key) != other.get(key))
        return f"{field} changed ({', '.join(names)})"
    return f"{field}: {_shown(theirs)} -> {_shown(ours)}"


def _shown(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."
