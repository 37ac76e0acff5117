"""Rules that Prometheus refuses for something other than their query, and with them their whole file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from glassbox.lint.examples import Example, as_alert, as_record, together
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.grouped_rules import GroupedRule, RuleGroup
from glassbox.lint.words import listed
from glassbox.syntax.promql_durations import is_too_long, seconds_of

# What is filled in before Prometheus reads the file.
_FILLED_IN = re.compile(r"\$|\{\{|%\(")
_SECONDS = re.compile(r"\d+")


def _without_name() -> Example:
    (group,) = as_alert("up == 0").corpus.groups
    rules = (replace(group.rules[0], name=""),)
    return Example("expr: up == 0\nfor: 5m", Corpus(groups=(replace(group, rules=rules),)))


def _recorded(text: str, **fields: Any) -> Example:
    return _with_fields(as_record("job:up:sum", "sum by (job) (up)"), text, fields)


def _alerting(text: str, **fields: Any) -> Example:
    return _with_fields(as_alert("up == 0"), text, fields)


def _with_fields(example: Example, text: str, fields: Mapping[str, Any]) -> Example:
    (group,) = example.corpus.groups
    changed = replace(group, rules=(replace(group.rules[0], **fields),))
    return Example(f"{example.text}\n{text}", Corpus(groups=(changed,)))


@lint_rule(
    "nameless-rule",
    Severity.ERROR,
    title="A rule that is neither an alert nor a recorded series",
    why="Prometheus refuses its whole file.",
    fix="Give it `alert` or `record` with a name.",
    bad=_without_name(),
    good=as_record("job:up:sum", "sum by (job) (up)"),
)
def nameless_rule(corpus: Corpus) -> Iterator[Defect]:
    """Of rules of Prometheus."""
    for rule in corpus.rules:
        if not rule.name and not rule.is_grafana:
            yield Defect(rule.location, "The rule has neither `alert` nor `record`.")


@lint_rule(
    "not-a-duration",
    Severity.ERROR,
    title="A time that is not a duration",
    why="Prometheus refuses the whole file: none of its alerts fires.",
    fix="Write a number and a unit, such as 30s, 5m or 1h30m.",
    bad=as_alert("up == 0", for_="5 minutes"),
    good=as_alert("up == 0", for_="1h30m"),
)
def not_a_duration(corpus: Corpus) -> Iterator[Defect]:
    """`for`, `keep_firing_for` and `interval` of rules of Prometheus; what is filled in later, as by `${WAIT}`, is not judged."""
    for group in corpus.groups:
        rules = [rule for rule in group.rules if not rule.is_grafana]
        # The API of a server lists intervals as seconds.
        if rules and not _SECONDS.fullmatch(group.interval_text) and _is_wrong(group.interval_text):
            yield Defect(group.location, _said("interval", group.interval_text))
        for rule in rules:
            yield from _wrong_times(rule)


def _wrong_times(rule: GroupedRule) -> Iterator[Defect]:
    for key, text in (("for", rule.for_text), ("keep_firing_for", rule.keep_firing_text)):
        if _is_wrong(text):
            yield Defect(rule.location, _said(key, text))


def _is_wrong(text: str) -> bool:
    return seconds_of(text) is None and not _FILLED_IN.search(text)


def _said(key: str, text: str) -> str:
    why = "longer than the 292 years that Prometheus takes" if is_too_long(text) else "not a duration"
    return f"`{key}` is {text!r}, which is {why}."


@lint_rule(
    "alert-field-on-record",
    Severity.ERROR,
    title="A recorded series with a field of alerts",
    why="Prometheus refuses the whole file: a series is recorded at each evaluation, and waits for nothing.",
    fix="Remove the field.",
    bad=_recorded(for_text="5m", text="for: 5m"),
    good=as_record("job:up:sum", "sum by (job) (up)"),
)
def alert_field_on_record(corpus: Corpus) -> Iterator[Defect]:
    """`for`, `keep_firing_for` and `annotations`, which Prometheus reads for alerts alone."""
    for rule in corpus.rules:
        given = {"for": rule.for_text, "keep_firing_for": rule.keep_firing_text, "annotations": rule.annotations}
        wrong = [f"`{name}`" for name, value in given.items() if value]
        if wrong and rule.name and not rule.is_alert and not rule.is_grafana:
            yield Defect(rule.location, f"{rule.name} is a recorded series with {listed(wrong)}.")


# Those of Prometheus 3 (`model/rulefmt`), Thanos, Mimir and vmalert (their documentation of rule files).
_OF_RULES = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"}) | {
    *("debug", "update_entries_limit"),
}
_OF_GROUPS = frozenset({"name", "interval", "query_offset", "limit", "rules", "labels"}) | {
    *("partial_response_strategy", "evaluation_delay", "source_tenants", "align_evaluation_time_on_interval"),
    *("type", "concurrency", "params", "headers", "notifier_headers", "eval_offset", "eval_delay", "eval_alignment"),
    *("extra_filter_labels", "tenant", "debug"),
}
# What servers add to the groups that they list.
_OF_SERVERS = frozenset(
    {"file", "lastEvaluation", "evaluationTime", "folder_uid", "folderUid", "folder", "orgId", "title"}
)


@lint_rule(
    "unknown-field",
    Severity.ERROR,
    title="A field that rule files do not have",
    why="Prometheus refuses the whole file: none of its alerts fires.",
    fix="Correct the name of the field, or remove it.",
    bad=_alerting(keys=("alert", "expr", "label"), text="label: {severity: page}"),
    good=_alerting(keys=("alert", "expr", "labels"), text="labels: {severity: page}"),
)
def unknown_field(corpus: Corpus) -> Iterator[Defect]:
    """Of groups and rules, unless they are Grafana's or as a server lists them; fields of Thanos, Mimir and vmalert are known."""
    for group in corpus.groups:
        if any(rule.is_grafana for rule in group.rules) or _OF_SERVERS & set(group.keys):
            continue
        yield from _unknown(group.location, group.keys, _OF_GROUPS)
        for rule in group.rules:
            yield from _unknown(rule.location, rule.keys, _OF_RULES)


def _unknown(at: Location, keys: Iterable[str], known: frozenset[str]) -> Iterator[Defect]:
    for key in keys:
        # What begins so is left to anchors and tools.
        if key not in known and not key.startswith(("x-", "<<")):
            near = next(iter(get_close_matches(key, known, n=1)), "")
            yield Defect(at, f"There is no field `{key}`{f'; `{near}` is nearest' if near else ''}.")


@lint_rule(
    "duplicate-group",
    Severity.ERROR,
    title="Two groups of one name in one rule file",
    why="Prometheus refuses the whole file: none of its alerts fires.",
    fix="Give one of them another name, or join them.",
    bad=together(as_alert("up == 0"), as_alert("up == 0", name="Other", for_="1h")),
    good=as_alert("up == 0"),
)
def duplicate_group(corpus: Corpus) -> Iterator[Defect]:
    """Within one rule file or one object of Kubernetes, of rules of Prometheus."""
    first: dict[tuple[str, int, str], RuleGroup] = {}
    for group in corpus.groups:
        if group.name and not any(rule.is_grafana for rule in group.rules):
            other = first.setdefault((group.location.file, group.part, group.name), group)
            if other is not group:
                where = f" in line {other.location.line}" if other.location.line else ""
                yield Defect(group.location, f"There is a group {group.name!r}{where} already.")


RULES = (nameless_rule, not_a_duration, alert_field_on_record, unknown_field, duplicate_group)
