"""The rules of one version: its alerts, and what it records for them to read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glassbox.backtest.alert_rule import AlertRule, alert_rules
from glassbox.compile.bundle import Bundle, Json
from glassbox.doctor.needs import names_in as names_of_selector
from glassbox.errors import GlassboxError
from glassbox.http.json_text import objects_in
from glassbox.lint.reading.files_read import read
from glassbox.lint.subjects.grouped_rules import RuleGroup
from glassbox.past.rule_order import RecordingRule
from glassbox.prometheus.times import interval_seconds
from glassbox.syntax.parsing import selectors_of


@dataclass(frozen=True)
class RuleSet:
    """Alerts and recorded series in the order of their files."""

    alerts: tuple[AlertRule, ...]
    records: tuple[RecordingRule, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, AlertRule]:
        """The alerts by their names; of several with one name, the last."""
        return {rule.name: rule for rule in self.alerts}

    @cached_property
    def recorded(self) -> dict[str, tuple[str, ...]]:
        """The queries of each recorded series; one of them is enough."""
        return {name: tuple(rule.expr for rule in rules) for name, rules in self._rules_of.items()}

    @cached_property
    def _rules_of(self) -> dict[str, list[RecordingRule]]:
        found: dict[str, list[RecordingRule]] = {}
        for rule in self.records:
            found.setdefault(rule.record, []).append(rule)
        return found

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

    def unlike(self, other: "RuleSet") -> frozenset[str]:
        """The series that the two record by different rules, or that only one records; the order of the rules does not count."""
        names = self._rules_of.keys() | other._rules_of.keys()
        return frozenset(name for name in names if self._what(name) != other._what(name))

    def _what(self, name: str) -> set[tuple[str, int, tuple[tuple[str, str], ...]]]:
        return {(rule.expr, rule.interval_seconds, rule.labels) for rule in self._rules_of.get(name, ())}

    def records_alike(self, other: "RuleSet", query: str) -> bool:
        """Whether both record the same of what the query reads."""
        return not self.unlike(other) & (self.read_by(query).keys() | other.read_by(query).keys())

    def only(self, alerts: Sequence[AlertRule]) -> "RuleSet":
        """These alerts, and what is recorded for them."""
        read = {name for rule in alerts for name in self.read_by(rule.query)}
        return RuleSet(tuple(alerts), tuple(rule for rule in self.records if rule.record in read))


def rule_set(files: Mapping[str, Any]) -> RuleSet:
    """The rules in the content of Prometheus rule files, by file name; raises GlassboxError for an alert that cannot be read."""
    return RuleSet(alert_rules(files), tuple(_records(files)))


def rules_of_bundle(bundle: Bundle) -> RuleSet:
    """Our rules as compiled."""
    return rule_set({**bundle.recording_rules, **bundle.alerts})


def rules_in_files(paths: Sequence[Path]) -> RuleSet:
    """The rules of any files, also Kubernetes objects; raises GlassboxError for what cannot be read, and if there are no alerts."""
    found = read(paths)
    for refused in found.unreadable:
        raise GlassboxError(f"{refused.location.file}: {refused.message} {refused.fix}")
    rules = rules_of_groups(found.corpus.groups, " and ".join(map(str, paths)))
    if not rules.alerts:
        raise GlassboxError(f"{paths[0]} holds no alerts of Prometheus: name a file with groups of them.")
    return rules


def rules_of_groups(groups: Iterable[RuleGroup], name: str) -> RuleSet:
    """The rules of groups that were read, under this name in messages; without rules of Grafana."""
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


def _records(files: Mapping[str, Any]) -> Iterator[RecordingRule]:
    for file, content in files.items():
        for group in objects_in(content, "groups"):
            for place, rule in enumerate(objects_in(group, "rules")):
                if isinstance(rule.get("record"), str) and isinstance(rule.get("expr"), str):
                    yield _record(file, group, place, rule)


def _record(file: str, group: Mapping[str, Any], place: int, rule: Mapping[str, Any]) -> RecordingRule:
    labels = rule.get("labels") or {}
    try:
        return RecordingRule(
            group=str(group.get("name", "")),
            place=place,
            interval_seconds=interval_seconds(group),
            record=rule["record"],
            expr=rule["expr"].strip(),
            labels=tuple(sorted((str(name), str(value)) for name, value in labels.items())),
        )
    except (AttributeError, GlassboxError) as error:
        said = str(error).rstrip(".") if isinstance(error, GlassboxError) else "its labels are not a table"
        raise GlassboxError(
            f"{file}: the recorded series {rule['record'][:80]!r} cannot be read ({said}): correct it."
        ) from None
