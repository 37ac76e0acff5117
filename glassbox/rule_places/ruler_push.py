"""Bring groups of rules to a ruler (Mimir, Cortex, Grafana Cloud), into a namespace of ours: all of them, or none."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.rule_places.group_changes import GroupAction, GroupChange, differing, group_changes
from glassbox.rule_places.place import Content, RulePlace
from glassbox.rule_places.wanted_rules import RuleGroups, groups_of

# A ruler keeps its rules in an object store, and may read an older copy for a moment.
_READING_BACK_SECONDS = 10.0
_POLL_SECONDS = 0.5
# Cortex' and Mimir's pkg/ruler/ruler.go.
_LIMITS = {
    r"rules per rule group limit": "raise ruler_max_rules_per_rule_group of this tenant, or set ruler.rules_per_group to that limit",
    r"rule groups limit": "raise ruler_max_rule_groups_per_tenant of this tenant, or name the engines that you run in `engines`",
}


class Ruler(Protocol):
    """The API of one ruler; every method raises GlassboxError."""

    @property
    def title(self) -> str:
        """What people call it: `Mimir at http://mimir:8080/prometheus`."""
        ...

    @property
    def origin(self) -> dict[str, str]:
        """{"data_source": uid} of a ruler that Grafana asks, {"ruler": URL, "tenant": its tenant} of others."""
        ...

    def groups(self, namespace: str) -> list[Json]:
        """The groups of a namespace; empty if the namespace does not exist."""
        ...

    def put(self, namespace: str, group: Json) -> None:
        """Create the group, or replace the one of its name."""
        ...

    def delete(self, namespace: str, name: str) -> None:
        """Delete the group; an absent one is fine."""
        ...


@dataclass(frozen=True)
class RulerPlace(RulePlace):
    """A namespace of a ruler. `rules_per_group` splits longer groups in their order; 0 leaves them whole."""

    ruler: Ruler
    namespace: str
    rules_per_group: int = 0
    pause: Callable[[float], object] = time.sleep

    @property
    def title(self) -> str:
        return f"{self.ruler.title}, namespace {self.namespace}"

    @property
    def origin(self) -> dict[str, str]:
        return {**self.ruler.origin, "namespace": self.namespace}

    def held(self) -> dict[str, Any]:
        return {group["name"]: group for group in self.ruler.groups(self.namespace)}

    def content_of(self, files: Mapping[str, Json]) -> Content:
        wanted, live = split(groups_of(files), self.rules_per_group), self.held()
        if live and not live.keys() & wanted.keys():
            raise GlassboxError(f"{self.title} holds other groups, such as {min(live)!r}, and none of ours: set another ruler.namespace, or delete them there.")  # fmt: skip  # a refusal is one line
        return wanted

    def plan_to(self, content: Content) -> list[GroupChange]:
        return group_changes(content, self.held())

    def touched(self, content: Content) -> dict[str, Any]:
        return {change.name: change.live for change in differing(self.plan_to(content))}

    def push_to(self, content: Content, tell: Callable[[str], None]) -> list[GroupChange]:
        changes = self.plan_to(content)
        pending = sorted(differing(changes), key=_order)
        done: list[GroupChange] = []
        try:
            for change in pending:
                done.append(change)
                self._write(change)
            if pending:
                self._read_back(content)
        except GlassboxError as error:
            raise GlassboxError(f"{_with_advice(error)}; {self._brought_back(done)}.") from None
        except BaseException:
            tell(f"Interrupted: {self._brought_back(done)}.")
            raise
        return changes

    def _write(self, change: GroupChange) -> None:
        if change.wanted is None:
            self.ruler.delete(self.namespace, change.name)
        else:
            self.ruler.put(self.namespace, change.wanted)

    def _read_back(self, content: Content) -> None:
        for _ in range(int(_READING_BACK_SECONDS / _POLL_SECONDS)):
            left = differing(self.plan_to(content))
            if not left:
                return
            self.pause(_POLL_SECONDS)
        raise GlassboxError(f"{self.title} accepted the group {left[0].name!r} and has another one: is somebody else writing there?")  # fmt: skip  # a refusal is one line

    def _brought_back(self, done: list[GroupChange]) -> str:
        """Write what was there before, the newest change first; the end of a sentence that says how that went."""
        try:
            for change in reversed(done):
                if change.live is None:
                    self.ruler.delete(self.namespace, change.name)
                else:
                    self.ruler.put(self.namespace, change.live)
        except GlassboxError as error:
            return f"the groups from before could not be brought back, so run again once this is corrected ({str(error).rstrip('.')})"  # fmt: skip  # one thing is one line
        return "the groups are as they were before"


def split(groups: RuleGroups, rules_per_group: int) -> dict[str, Json]:
    """The groups, longer ones as several: `slo`, `slo-2`, `slo-3`; GlassboxError where such a name is taken.

    Rules keep their order. Those of different groups are evaluated at different moments, so that a rule may read what
    one before it recorded an interval ago.
    """
    if not rules_per_group:
        return dict(groups)
    parts = [part for group in groups.values() for part in _parts(group, rules_per_group)]
    named = {part["name"]: part for part in parts}
    if len(named) < len(parts):
        raise GlassboxError("ruler.rules_per_group gives two groups of rules the same name: choose another number.")
    return named


def _parts(group: Json, size: int) -> Iterator[Json]:
    rules = group["rules"]
    for number, start in enumerate(range(0, len(rules), size), start=1):
        name = group["name"] if number == 1 else f"{group['name']}-{number}"
        yield group | {"name": name, "rules": rules[start : start + size]}


def _order(change: GroupChange) -> tuple[bool, int]:
    """The longest group first, since a limit of the tenant then refuses the first write; deletions last."""
    return change.action is GroupAction.DELETE, -len((change.wanted or {}).get("rules", ()))


def _with_advice(error: GlassboxError) -> str:
    text = str(error).rstrip(".")
    advice = next((words for pattern, words in _LIMITS.items() if re.search(pattern, text)), "")
    return f"{text.partition(': correct')[0]}: {advice}" if advice else text
