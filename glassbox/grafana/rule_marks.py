"""The mark of an alert rule: whose it is, and what we pushed last, since alert rules have no version message.

It is the annotation `__glassbox__` with the folder's uid, a fingerprint of the rule and its group's interval in seconds.
An annotation is not part of what Grafana's scheduler takes for another rule, so that a mark costs no pending or firing state.
"""

from __future__ import annotations

import hashlib

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import json_text
from glassbox.grafana.ownership import ANNOTATION, owner_of_rule
from glassbox.grafana.returned_durations import in_seconds

SET_BY_SERVER = frozenset({"id", "updated", "provenance", "orgID", "record"})
KEPT_FIELDS = ("isPaused", "notification_settings")
"""What people set in Grafana and a push keeps."""
DURATIONS = ("for", "keep_firing_for")
"""Fields that Grafana writes as durations; `comparable` has them in seconds."""
# What a rule has on a server that knows the field and in one that drops it.
_ABSENT = {"keep_firing_for": 0, "missingSeriesEvalsToResolve": 1}


def marked(rule: Json, folder_uid: str, interval_seconds: int) -> Json:
    """The rule with its mark; `interval_seconds` is its group's."""
    mark = f"{folder_uid} {rule_fingerprint(rule)} {interval_seconds}"
    return rule | {"annotations": {**(rule.get("annotations") or {}), ANNOTATION: mark}}


def unmarked(rule: Json) -> Json:
    """The rule without its mark."""
    return rule | {"annotations": {name: text for name, text in (rule.get("annotations") or {}).items() if name != ANNOTATION}}  # fmt: skip  # one thing is one line


def comparable(rule: Json) -> Json:
    """The rule without what the server sets, what is empty left out, and durations in seconds."""
    kept = {key: value for key, value in rule.items() if key not in SET_BY_SERVER and value not in (None, {})}
    for name in DURATIONS:
        if name in kept:
            kept[name] = in_seconds(kept[name])
    return kept


def rule_fingerprint(rule: Json) -> str:
    """The rule in 12 hexadecimal digits, without its mark and without what people set."""
    content = {key: value for key, value in comparable(unmarked(rule)).items() if key not in KEPT_FIELDS}
    return hashlib.sha256(json_text(_ABSENT | content).encode()).hexdigest()[:12]


def was_edited(rule: Json, interval_seconds: int | None) -> bool:
    """Whether the rule is not what its mark says that we pushed; False where it has no mark, since then it is not known."""
    if owner_of_rule(rule) is None:
        return False
    fingerprint, _, interval = str(rule["annotations"][ANNOTATION]).partition(" ")[2].partition(" ")
    same_interval = interval_seconds is None or interval == str(interval_seconds)
    return fingerprint != rule_fingerprint(rule) or not same_interval
