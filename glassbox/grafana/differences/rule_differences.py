"""What differs in a group of alert rules: rules by uid, whatever group they are in, and the number that a rule compares with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.grafana.differences.difference import THRESHOLD, Difference, changed, named_items, other_fields
from glassbox.grafana.differences.query_excerpts import both_states
from glassbox.grafana.rule_marks import DURATIONS

# Numbers of PromQL that are not durations: 0.95 but not the 5 of [5m].
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])", re.IGNORECASE)
_COMPARED = re.compile(r"(?:[<>]=?|[!=]=)\s*(?:bool\s*)?-?\s*$")
_TOLD = frozenset({"uid", "data", "labels", "annotations", "isPaused", "ruleGroup", "folderUID", "provenance"})
_WORDS = {
    "for": "for", "keep_firing_for": "keep firing for", "execErrState": "state on errors", "noDataState": "state without data",
    "notification_settings": "contact point", "title": "title",
}  # fmt: skip  # a table


def rule_differences(before: Json, after: Json) -> Iterator[Difference]:
    """Everything that differs between two states of one rule; both without what the server sets."""
    part = str(after.get("title"))
    if before.get("ruleGroup") != after.get("ruleGroup"):
        yield Difference(part, f"moves here from group {before.get('ruleGroup')}", before.get("ruleGroup"), after.get("ruleGroup"))  # fmt: skip  # one thing is one line
    if before.get("folderUID") != after.get("folderUID"):
        yield changed(part, "folder", before.get("folderUID"), after.get("folderUID"))
    yield from _queries(part, before, after)
    for field, word in (("labels", "label"), ("annotations", "annotation")):
        old, new = before.get(field) or {}, after.get(field) or {}
        yield from (changed(part, f"{word} {name}", old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name))  # fmt: skip  # one thing is one line
    if bool(before.get("isPaused")) != bool(after.get("isPaused")):
        yield Difference(part, "paused" if after.get("isPaused") else "resumed", before.get("isPaused"), after.get("isPaused"))  # fmt: skip  # one thing is one line
    for name in (name for name in _WORDS if before.get(name) != after.get(name)):
        told = changed(part, _WORDS[name], *(_with_unit(name, rule.get(name)) for rule in (before, after)))
        yield replace(told, before=before.get(name), after=after.get(name))
    yield from other_fields(part, before, after, _TOLD | _WORDS.keys())


def _with_unit(name: str, value: Any) -> Any:
    """Durations are compared in seconds."""
    return f"{value} s" if name in DURATIONS and isinstance(value, int) else value


def _queries(part: str, before: Json, after: Json) -> Iterator[Difference]:
    old, new = _nodes(before), _nodes(after)
    for ref_id in sorted(old.keys() & new.keys()):
        one, other = (nodes[ref_id].get("model", {}).get("expr") for nodes in (old, new))
        if one != other:
            yield query_change(part, str(one), str(other))
    plain = [{ref_id: _without_expr(node) for ref_id, node in nodes.items()} for nodes in (old, new)]
    yield from named_items(part, "node", *plain)


def _nodes(rule: Json) -> dict[str, Json]:
    return {str(node.get("refId")): node for node in rule.get("data") or ()}


def _without_expr(node: Json) -> Json:
    return node | {"model": {key: value for key, value in (node.get("model") or {}).items() if key != "expr"}}


def query_change(part: str, before: str, after: str) -> Difference:
    """ "threshold 0.9 -> 0.95" where one number behind a comparison differs and nothing else, or "query changed"."""
    if moved := _moved_threshold(before, after):
        numbers = (float(moved[0]), float(moved[1]))
        return Difference(part, f"{THRESHOLD} {moved[0]} -> {moved[1]}", before, after, what=THRESHOLD, numbers=numbers)
    return Difference(part, "query changed", before, after, detail=both_states(before, after))


def _moved_threshold(before: str, after: str) -> tuple[str, str] | None:
    """The number behind a comparison in both queries, as it is written, where nothing else differs."""
    old, new = list(_NUMBER.finditer(before)), list(_NUMBER.finditer(after))
    if _NUMBER.sub("0", before) == _NUMBER.sub("0", after):
        pairs = {(one[0], other[0]) for one, other in zip(old, new, strict=True) if one[0] != other[0]}
        compared = all(_COMPARED.search(before[: one.start()]) for one, other in zip(old, new, strict=True) if one[0] != other[0])  # fmt: skip  # one thing is one line
        if len(pairs) == 1 and compared:
            return next(iter(pairs))
    return None


def group_differences(before: Json, after: Json, leaving: Mapping[str, str]) -> Iterator[Difference]:
    """Everything that differs between two states of a group; `leaving` maps the uid of a rule to the group that it moves to."""
    if before["interval"] not in (None, after["interval"]):
        yield Difference("", f"interval {before['interval']} s -> {after['interval']} s", before["interval"], after["interval"])  # fmt: skip  # one thing is one line
    old, new = ({rule["uid"]: rule for rule in group["rules"]} for group in (before, after))
    for uid, rule in old.items():
        if uid not in new:
            text = f"moves to group {leaving[uid]}" if uid in leaving else "rule removed"
            yield Difference(str(rule["title"]), text, rule, None)
    for uid, rule in new.items():
        if uid not in old:
            yield Difference(str(rule["title"]), "rule added", None, rule)
        else:
            yield from rule_differences(old[uid], rule)
    stayed = [[uid for uid in one if uid in other] for one, other in ((old, new), (new, old))]
    if stayed[0] != stayed[1]:
        yield Difference("", "order of rules changed", *stayed)
