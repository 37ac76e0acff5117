"""Rule groups as files hold them: those of Prometheus and its relatives, and those of Grafana."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from glassbox.http.json_text import objects_in
from glassbox.lint.finding import Location
from glassbox.lint.reading.asked_sources import DataSourceKinds, is_log_ql
from glassbox.lint.reading.grafana_conditions import compares_a_line, loses_labels, reads_nothing, threshold_of
from glassbox.lint.reading.located import line_of, object_in, text_in
from glassbox.lint.subjects.grouped_rules import GroupedRule, RuleGroup
from glassbox.lint.subjects.queries import Query, QueryKind
from glassbox.syntax.metrics_ql import is_metrics_ql

_NO_BOARD = DataSourceKinds({})
_COMPARING = frozenset({"threshold", "classic_conditions", "math"})
# By one of these a rule is known among other objects that a list called `rules` may hold.
_OF_RULES = frozenset({"alert", "record", "expr", "data", "grafana_alert"})
# What stands beside the groups of a rule file: for a ruler, and in Grafana's provisioning.
_BESIDE_GROUPS = frozenset({"groups", "namespace", "apiVersion", "deleteRules"})
# vmalert's documentation of rule files: what groups have there alone, and the type of those that ask in PromQL or MetricsQL.
_OF_VMALERT = frozenset(
    {
        *("type", "concurrency", "params", "headers", "notifier_headers", "eval_offset", "eval_delay"),
        *("eval_alignment", "extra_filter_labels", "tenant", "debug"),
    }
)
_ASKING_PROMETHEUS = ("", "prometheus")


def is_rule_file(value: Mapping[str, Any]) -> bool:
    """Whether the `groups` of an object are groups of rules: other programs, such as those of users, have lists of that name too."""
    groups = value.get("groups")
    if not isinstance(groups, list):
        return False
    return any(map(_is_like_group, groups)) or (not groups and value.keys() <= _BESIDE_GROUPS)


def is_group(value: Mapping[str, Any]) -> bool:
    """Whether an object is a group, by the fields of its rules."""
    return any({"expr", "data", "grafana_alert"} & each.keys() for each in objects_in(value, "rules"))


def _is_like_group(group: Any) -> bool:
    """With `rules` that are empty, no list, or rules, or with rules under another name, as where that is misspelt."""
    if not isinstance(group, dict):
        return False
    rules = group.get("rules")
    if "rules" in group and (not rules or not isinstance(rules, list | dict)):
        return True
    if any(_OF_RULES & each.keys() for each in _objects(rules)):
        return True
    return any(
        {"alert", "record"} & each.keys() and "expr" in each for held in group.values() for each in _objects(held)
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """An object itself, and those of a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def group_of(group: Mapping[str, Any], file: str, line: int = 0, part: int = 0) -> RuleGroup:
    """A rule group from its YAML or JSON, which may be plain dicts; parts without a line of their own have that of the group."""
    name = text_in(group, "name")
    at = Location(file, line_of(group) or line, name or "a group without a name")
    common = _texts(group, "labels")
    # Others of vmalert ask VictoriaLogs or Graphite.
    listed = objects_in(group, "rules") if text_in(group, "type") in _ASKING_PROMETHEUS else []
    rules = (_rule(each, at, common) for each in listed)
    return RuleGroup(name, at, tuple(filter(None, rules)), text_in(group, "interval"), tuple(group), part)


def with_metrics_ql(groups: Sequence[RuleGroup], *, is_of_vmalert: bool = False) -> list[RuleGroup]:
    """The groups of one rule file, of which what is not PromQL is taken for MetricsQL where a query or a field of any group is of VictoriaMetrics."""
    refused = [rule.query for group in groups for rule in group.rules if rule.query.tree is None]
    known = is_of_vmalert or any(_OF_VMALERT & set(group.keys) for group in groups)
    if not refused or not (known or any(is_metrics_ql(query.text) for query in refused)):
        return list(groups)
    return [replace(group, rules=tuple(map(_of_metrics_ql, group.rules))) for group in groups]


def _of_metrics_ql(rule: GroupedRule) -> GroupedRule:
    marked = replace(rule.query, is_metrics_ql=rule.query.tree is None and bool(rule.query.text.strip()))
    return rule if rule.is_grafana else replace(rule, query=marked)


def groups_by_name(rules: Iterable[Mapping[str, Any]], file: str) -> Iterator[RuleGroup]:
    """Groups of rules that Grafana's API lists one by one, each with the name of its group."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for rule in rules:
        by_name.setdefault(text_in(rule, "ruleGroup"), []).append(rule)
    for name, listed in by_name.items():
        yield group_of({"name": name, "rules": listed}, file, line_of(listed[0]))


def is_rule_resource(value: Mapping[str, Any]) -> bool:
    """Whether this is a rule of Grafana as a resource of its own, as Git Sync and gcx write it."""
    return text_in(value, "apiVersion").startswith("rules.alerting.grafana.app/") and bool(object_in(value, "spec"))


def group_of_resource(value: Mapping[str, Any], file: str) -> RuleGroup:
    """Such a rule, in a group by itself that is called as its folder is."""
    metadata, spec = object_in(value, "metadata"), object_in(value, "spec")
    labels = {**object_in(metadata, "labels"), **object_in(metadata, "annotations")}
    name = text_in(labels, "grafana.app/folder") or text_in(metadata, "name")
    data = list(object_in(spec, "expressions").values())
    rule = {**spec, "record": text_in(spec, "metric"), "keep_firing_for": text_in(spec, "keepFiringFor"), "data": data}
    return group_of({"name": name, "rules": [rule]}, file, line_of(spec, "title"))


def is_of_grafana(rule: Mapping[str, Any]) -> bool:
    """Whether this is a rule of Grafana, which holds its queries as data."""
    return isinstance(rule.get("data"), list)


def _rule(rule: Mapping[str, Any], group: Location, common: Mapping[str, str]) -> GroupedRule | None:
    """None where it asks no Prometheus."""
    # Grafana's ruler has what rules share with those of Prometheus around the rest.
    own = object_in(rule, "grafana_alert") or rule
    recorded = text_in(own, "record") or text_in(object_in(own, "record"), "metric")
    name = text_in(own, "alert") or recorded or text_in(own, "title")
    line = line_of(rule) or group.line
    at = Location(group.file, line, group.within(name or "a rule without a name").object)
    queries = tuple(_queries(own, at, QueryKind.RECORD if recorded else QueryKind.ALERT))
    if not queries:
        return None
    return GroupedRule(
        name=name,
        query=queries[0],
        location=at,
        labels={**common, **_texts(rule, "labels")},
        annotations=_texts(rule, "annotations"),
        for_text=text_in(rule, "for"),
        keep_firing_text=text_in(rule, "keep_firing_for"),
        is_grafana=is_of_grafana(own),
        compares=any(text_in(object_in(each, "model"), "type") in _COMPARING for each in objects_in(own, "data")),
        threshold=threshold_of(own),
        loses_labels=loses_labels(own),
        without_input=reads_nothing(own),
        compared_line=compares_a_line(own),
        no_data=text_in(own, "noDataState") or text_in(own, "no_data_state"),
        more_queries=queries[1:],
        keys=tuple(rule),
    )


def _queries(rule: Mapping[str, Any], at: Location, kind: QueryKind) -> Iterator[Query]:
    holders = [object_in(each, "model") for each in objects_in(rule, "data")] if is_of_grafana(rule) else [rule]
    for holder in holders:
        key = "expr" if "expr" in holder else "query"
        text = text_in(holder, key)
        asks = _NO_BOARD.is_prometheus(holder) and not is_log_ql(text)
        if asks and (text.strip() or not is_of_grafana(rule)):
            place = Location(at.file, line_of(holder, key) or at.line, at.object)
            yield Query(text, place, kind, text_in(holder, "refId"), key=key)


def _texts(holder: Mapping[str, Any], key: str) -> dict[str, str]:
    found = object_in(holder, key)
    return {name: text_in(found, name) for name in found}
