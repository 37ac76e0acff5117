"""The rules of one version: its alerts, and what it records for them to read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassbox.backtest.alert_rule import AlertRule, alert_rules
from glassbox.compile.bundle import Bundle, Json
from glassbox.doctor.needs import names_in as names_of_selector
from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.lint.reading.files_read import read
from glassbox.lint.subjects import RuleGroup
from glassbox.syntax.parsing import selectors_of


@dataclass(frozen=True)
class RuleSet:
    """Alerts in the order of their files, and the queries of each recorded series, of which one is enough."""

    alerts: tuple[AlertRule, ...]
    recorded: Mapping[str, tuple[str, ...]]

    def read_by(self, query: str) -> dict[str, tuple[str, ...]]:
        """The recorded series that a query reads, and those that their rules read, each with its queries."""
        found: dict[str, tuple[str, ...]] = {}
        waiting = [query]
        for each in waiting:
            for name in names_in(each):
                if name in self.recorded and name not in found:
                    found[name] = self.recorded[name]
                    waiting += self.recorded[name]
        return found

    def records_alike(self, other: "RuleSet", query: str) -> bool:
        """Whether both record the same of what the query reads, in whatever order."""
        mine, theirs = self.read_by(query), other.read_by(query)
        return mine.keys() == theirs.keys() and all(set(mine[name]) == set(theirs[name]) for name in mine)


def rule_set(files: Mapping[str, Any]) -> RuleSet:
    """Of the content of Prometheus rule files, by file name; raises GlassboxError for an alert that cannot be read."""
    recorded: dict[str, tuple[str, ...]] = {}
    for name, query in _records(files):
        recorded[name] = (*recorded.get(name, ()), query)
    return RuleSet(alert_rules(files), recorded)


def rules_of_bundle(bundle: Bundle) -> RuleSet:
    """Ours as compiled."""
    return rule_set({**bundle.recording_rules, **bundle.alerts})


def rules_in_files(paths: Sequence[Path]) -> RuleSet:
    """Those of anybody, also as Kubernetes has them; raises GlassboxError for what cannot be read, and where there are no alerts."""
    found = read(paths)
    for refused in found.unreadable:
        raise GlassboxError(f"{refused.location.file}: {refused.message} {refused.fix}")
    rules = rules_of_groups(found.corpus.groups, " and ".join(map(str, paths)))
    if not rules.alerts:
        raise GlassboxError(f"{paths[0]} holds no alerts of Prometheus: name a file with groups of them.")
    return rules


def rules_of_groups(groups: Iterable[RuleGroup], name: str) -> RuleSet:
    """Those of groups that were read, for messages under this name; without rules of Grafana."""
    return rule_set({name: {"groups": [_as_written(group) for group in groups]}})


def _as_written(group: RuleGroup) -> Json:
    """The group as a rule file has it, without rules of Grafana."""
    return {
        "name": group.name,
        "interval": group.interval_text,
        "rules": [
            {
                "alert" if rule.is_alert else "record": rule.name,
                "expr": rule.query.text,
                "for": rule.for_text,
                "keep_firing_for": rule.keep_firing_text,
                "labels": dict(rule.labels),
                "annotations": dict(rule.annotations),
            }
            for rule in group.rules
            if not rule.is_grafana
        ],
    }


def names_in(query: str) -> Iterator[str]:
    """The names of the series that a query reads, or patterns of them; none of a text that cannot be judged."""
    try:
        selectors = selectors_of(query)
    except (GlassboxError, RecursionError):
        return
    yield from (name for selector in selectors for name in names_of_selector(selector))


def _records(files: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for content in files.values():
        for group in objects_in(content, "groups"):
            for rule in objects_in(group, "rules"):
                if isinstance(rule.get("record"), str) and isinstance(rule.get("expr"), str):
                    yield rule["record"], rule["expr"]
