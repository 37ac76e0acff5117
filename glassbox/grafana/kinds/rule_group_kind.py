"""Groups of alert rules that Grafana evaluates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from glassbox.compile.bundle import Json
from glassbox.errors import GlassboxError
from glassbox.grafana.kinds.kind import Deployment, ObjectKind, Version
from glassbox.query.promql import duration_seconds

if TYPE_CHECKING:
    from glassbox.grafana.client import Grafana

# Older servers drop these fields silently, and every push would find a difference.
_RULE_FIELDS_SINCE: dict[str, Version] = {"keep_firing_for": (12, 0, 0), "missingSeriesEvalsToResolve": (12, 0, 0)}
_KEEP_LAST_SINCE: Version = (10, 4, 1)
_SET_BY_SERVER = ("id", "updated", "provenance", "orgID", "record")
_DURATIONS = ("for", "keep_firing_for")
# The provenance of rules that a push may replace: none, or the API, which is how we write them.
_WRITABLE_PROVENANCES = (None, "", "api")
_KEPT_FIELDS = ("isPaused", "notification_settings")


class RuleGroupKind(ObjectKind):
    """{"title", "folderUid", "interval" in seconds, "rules"}; live the same. A rule whose uid starts with the folder's is ours.

    Writing a group deletes the rules that it does not list, and removing it deletes all of them.
    """

    name = "rule group"

    def wanted(self, deployment: Deployment) -> Iterable[Json]:
        return [fitted(group, deployment.version) for group in deployment.bundle.grafana_groups]

    def title(self, found: Json) -> str:
        return str(found["title"])

    def live(self, grafana: Grafana, content: Json) -> Json | None:
        return grafana.rule_group(content["folderUid"], content["title"])

    def ours(self, grafana: Grafana, folder_uid: str) -> Iterable[Json]:
        """The groups that hold a rule of ours; `check_ours` refuses one that holds other rules too."""
        names = {
            rule["ruleGroup"]
            for rule in grafana.alert_rules()
            if rule["folderUID"] == folder_uid and rule["uid"].startswith(f"{folder_uid}-")
        }
        found = (grafana.rule_group(folder_uid, name) for name in sorted(names))
        return [group for group in found if group]

    def check_ours(self, live: Json) -> None:
        for rule in live["rules"]:
            _check_rule(rule, live["title"], live["folderUid"])

    def merged(self, content: Json, live: Json) -> Json:
        known = {rule["uid"]: rule for rule in live["rules"]}
        return content | {"rules": [_with_kept_fields(rule, known.get(rule["uid"], {})) for rule in content["rules"]]}

    def equal(self, content: Json, live: Json) -> bool:
        if content["interval"] != live["interval"] or len(content["rules"]) != len(live["rules"]):
            return False
        return all(_same_rule(*pair) for pair in zip(content["rules"], live["rules"], strict=True))

    def write(self, grafana: Grafana, content: Json, live: Json | None) -> None:
        grafana.put_rule_group(content)

    def remove(self, grafana: Grafana, live: Json) -> None:
        self.check_ours(live)
        grafana.delete_rule_group(live["folderUid"], live["title"])


def fitted(group: Json, version: Version | None) -> Json:
    """The group without the fields that this server does not know; an unknown version counts as the newest."""
    if version is None:
        return group
    unknown = [name for name, since in _RULE_FIELDS_SINCE.items() if version < since]
    rules = [{key: value for key, value in rule.items() if key not in unknown} for rule in group["rules"]]
    if version < _KEEP_LAST_SINCE:
        rules = [rule | {"execErrState": "OK"} for rule in rules]
    return group | {"rules": rules}


def _check_rule(rule: Json, group: str, folder_uid: str) -> None:
    if rule.get("provenance") not in _WRITABLE_PROVENANCES:
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is managed by {rule['provenance']!r}: "
            "remove it there, or set another folder (grafana.folder_uid) in the settings."
        )
    if not rule["uid"].startswith(f"{folder_uid}-"):
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is not ours and would be deleted: move it to another group."
        )


def _with_kept_fields(rule: Json, live: Json) -> Json:
    return rule | {key: live[key] for key in _KEPT_FIELDS if live.get(key)}


def _same_rule(ours: Json, live: Json) -> bool:
    # A server that hides its version may be one that drops these fields.
    known = {key: value for key, value in ours.items() if key in live or key not in _RULE_FIELDS_SINCE}
    return _comparable(known) == _comparable(live)


def _comparable(rule: Json) -> Json:
    kept = {key: value for key, value in rule.items() if key not in _SET_BY_SERVER and value not in (None, {})}
    for name in _DURATIONS:
        if name in kept:
            kept[name] = duration_seconds(kept[name])
    return kept
