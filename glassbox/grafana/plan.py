"""What a push would change: the bundle compared with what Grafana has. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from glassbox.compile.bundle import Bundle, Json
from glassbox.errors import GlassboxError
from glassbox.query.promql import duration_seconds
from glassbox.settings.model import GrafanaTarget

Version = tuple[int, int, int]

# Fields that older servers do not know: they would drop them without a word, and every push would find a difference.
_RULE_FIELDS_SINCE: dict[str, Version] = {"keep_firing_for": (12, 0, 0), "missingSeriesEvalsToResolve": (12, 0, 0)}
_KEEP_LAST_SINCE: Version = (10, 4, 1)
_SET_BY_SERVER = ("id", "updated", "provenance", "orgID", "record")
_DURATIONS = ("for", "keep_firing_for")
# Who may have written a rule that a push replaces: nobody in particular, or the API as we do.
_OURS_TO_WRITE = (None, "", "api")
# What people set on a rule in Grafana and a push leaves as it is.
_LEFT_TO_PEOPLE = ("isPaused", "notification_settings")


class Action(Enum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    KEEP = "keep"


@dataclass(frozen=True)
class Change:
    """One object of Grafana and what a push does to it; `content` is what is sent, `live` what is there (None: nothing)."""

    action: Action
    kind: str
    name: str
    content: Json
    live: Json | None = None


class LiveState(Protocol):
    """What a plan asks of Grafana."""

    def folder(self, uid: str) -> Json | None: ...
    def dashboard(self, uid: str) -> Json | None: ...
    def rule_group(self, folder_uid: str, name: str) -> Json | None: ...


def plan(bundle: Bundle, target: GrafanaTarget, live: LiveState, version: Version | None) -> list[Change]:
    """Every object of the bundle with its change, in the order in which they must be written."""
    folder = live.folder(target.folder_uid)
    changes = [_folder_change(target, folder)]
    changes += [
        _dashboard_change(board, target.folder_uid, live.dashboard(uid)) for uid, board in bundle.dashboards.items()
    ]
    for group in bundle.grafana_groups:
        # Also without a folder: who may not read rules must hear so before anything is written.
        known = live.rule_group(target.folder_uid, group["title"])
        changes.append(_group_change(fitted(group, version), known, target.folder_uid))
    return changes


def _folder_change(target: GrafanaTarget, live: Json | None) -> Change:
    content = {"uid": target.folder_uid, "title": target.folder_title}
    return _change("folder", target.folder_title, content, live, lambda found: found["title"] == target.folder_title)


def _dashboard_change(board: Json, folder_uid: str, live: Json | None) -> Change:
    if live:
        _refuse_foreign_dashboard(board, live)
    content = {"dashboard": board, "folderUid": folder_uid}

    def equal(found: Json) -> bool:
        stored = {key: value for key, value in found["dashboard"].items() if key not in ("id", "version")}
        return stored == board and found["meta"].get("folderUid") == folder_uid

    return _change("dashboard", board["title"], content, live, equal)


def _refuse_foreign_dashboard(board: Json, live: Json) -> None:
    if live["meta"].get("provisioned"):
        raise GlassboxError(
            f"Dashboard {board['uid']!r} is provisioned from a file on the Grafana server: remove it there, or it wins."
        )
    if not set(board["tags"]) <= set(live["dashboard"].get("tags") or ()):
        raise GlassboxError(
            f"Dashboard {board['uid']!r} ({live['dashboard'].get('title')}) lacks our tag {board['tags'][0]!r} and may be "
            "somebody else's: give it the tag, delete it, or set another grafana.folder_uid in the settings."
        )


def _group_change(group: Json, live: Json | None, folder_uid: str) -> Change:
    known = {rule["uid"]: rule for rule in (live or {}).get("rules", [])}
    for rule in known.values():
        _refuse_foreign_rule(rule, group["title"], folder_uid)
    kept = [_as_people_left_it(rule, known.get(rule["uid"], {})) for rule in group["rules"]]
    content = group | {"rules": kept}
    return _change("rule group", group["title"], content, live, lambda found: _same_group(content, found))


def _refuse_foreign_rule(rule: Json, group: str, folder_uid: str) -> None:
    if rule.get("provenance") not in _OURS_TO_WRITE:
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is managed by {rule['provenance']!r}: "
            "remove it there, or set another folder (grafana.folder_uid) in the settings."
        )
    if not rule["uid"].startswith(f"{folder_uid}-"):
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is not ours and a push would delete it: move it to another group."
        )


def _as_people_left_it(rule: Json, live: Json) -> Json:
    return rule | {key: live[key] for key in _LEFT_TO_PEOPLE if live.get(key)}


def fitted(group: Json, version: Version | None) -> Json:
    """The group without what this server's version does not know; an unknown version counts as the newest."""
    if version is None:
        return group
    unknown = [name for name, since in _RULE_FIELDS_SINCE.items() if version < since]
    rules = [{key: value for key, value in rule.items() if key not in unknown} for rule in group["rules"]]
    if version < _KEEP_LAST_SINCE:
        rules = [rule | {"execErrState": "OK"} for rule in rules]
    return group | {"rules": rules}


def _same_group(ours: Json, live: Json) -> bool:
    if ours["interval"] != live["interval"] or len(ours["rules"]) != len(live["rules"]):
        return False
    return all(_same_rule(*pair) for pair in zip(ours["rules"], live["rules"], strict=True))


def _same_rule(ours: Json, live: Json) -> bool:
    # A server that hides its version may be one that drops these fields.
    known = {key: value for key, value in ours.items() if key in live or key not in _RULE_FIELDS_SINCE}
    return _comparable(known) == _comparable(live)


def _comparable(rule: Mapping[str, Any]) -> Json:
    kept = {key: value for key, value in rule.items() if key not in _SET_BY_SERVER and value not in (None, {})}
    for name in _DURATIONS:
        if name in kept:
            kept[name] = duration_seconds(kept[name])
    return kept


def _change(kind: str, name: str, content: Json, live: Json | None, equal: Callable[[Json], bool]) -> Change:
    if live is None:
        return Change(Action.CREATE, kind, name, content)
    return Change(Action.KEEP if equal(live) else Action.UPDATE, kind, name, content, live)
