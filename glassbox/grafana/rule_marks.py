"""The mark of an alert rule: whose it is, and what we pushed last, since alert rules have no version message.

It is the annotation `__glassbox__` with the folder's uid, a fingerprint of the rule, its group's interval in seconds, and
the folder that the rule was pushed to where that is another: so rules in a folder that the settings have left are known.
An annotation is not part of what Grafana's scheduler takes for another rule, so that a mark costs no pending or firing state.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from glassbox.compile.bundle import Json
from glassbox.compile.outputs import json_text
from glassbox.grafana.ownership import ANNOTATION
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
    elsewhere = [] if rule["folderUID"] == folder_uid else [rule["folderUID"]]
    mark = " ".join([folder_uid, rule_fingerprint(rule), str(interval_seconds), *elsewhere])
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
    """Whether the rule is not what its mark says that we pushed; False where it has no mark, since then it is not known.

    `interval_seconds` is its group's, None where it is not known.
    """
    mark = _mark_of(rule)
    has_other_content = mark is not None and mark.fingerprint != rule_fingerprint(rule)
    return has_other_content or has_other_interval(rule, interval_seconds)


def has_other_interval(rule: Json, interval_seconds: int | None) -> bool:
    """Whether the interval of the rule's group is not the one that we pushed; False where one of the two is not known."""
    mark = _mark_of(rule)
    return mark is not None and interval_seconds is not None and mark.interval != str(interval_seconds)


def with_pushed_interval(rule: Json, before_seconds: int, after_seconds: int) -> Json:
    """The rule as it is, while a push gives its group another interval; one that somebody else set stays an edit."""
    if _mark_of(rule) is None or has_other_interval(rule, before_seconds):
        return rule
    owner, fingerprint, _, *rest = str(rule["annotations"][ANNOTATION]).split(" ")
    mark = " ".join([owner, fingerprint, str(after_seconds), *rest])
    return rule | {"annotations": rule["annotations"] | {ANNOTATION: mark}}


def is_where_pushed(rule: Json, folder_uid: str) -> bool:
    """Whether the installation of this folder pushed the rule, and to the folder that it is in."""
    mark = _mark_of(rule)
    return mark is not None and (mark.owner, mark.pushed_to) == (folder_uid, rule["folderUID"])


class _Mark(NamedTuple):
    owner: str
    fingerprint: str
    interval: str
    pushed_to: str


def _mark_of(rule: Json) -> _Mark | None:
    text = (rule.get("annotations") or {}).get(ANNOTATION)
    if not text:
        return None
    owner, fingerprint, interval, elsewhere, *_ = [*str(text).split(" "), "", "", ""]
    return _Mark(owner, fingerprint, interval, elsewhere or owner)
