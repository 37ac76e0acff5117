"""What a push would change: the bundle compared with what Grafana has. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from kit.errors import GlassboxError
from kit.promql import duration_seconds
from kit.settings import GrafanaTarget
from pipeline.bundle import Bundle, Json

Version = tuple[int, int, int]

# Fields that older servers do not know: they would drop them without a word, and every push would find a difference.
_RULE_FIELDS_SINCE: dict[str, Version] = {"keep_firing_for": (12, 0, 0), "missingSeriesEvalsToResolve": (12, 0, 0)}
_KEEP_LAST_SINCE: Version = (10, 4, 1)
_SET_BY_SERVER = ("id", "updated", "provenance", "orgID", "notification_settings", "record")
_DURATIONS = ("for", "keep_firing_for")
# Who may have written a rule that a push replaces: nobody in particular, or the API as we do.
_OURS_TO_WRITE = (None, "", "api")
_OUR_RULES = "glassbox-"


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
        known = live.rule_group(target.folder_uid, group["title"]) if folder else None
        changes.append(_group_change(fitted(group, version), known))
    return changes


def _folder_change(target: GrafanaTarget, live: Json | None) -> Change:
    content = {"uid": target.folder_uid, "title": target.folder_title}
    return _change("folder", target.folder_title, content, live, lambda found: found["title"] == target.folder_title)


def _dashboard_change(board: Json, folder_uid: str, live: Json | None) -> Change:
    if live and live["meta"].get("provisioned"):
        raise GlassboxError(
            f"Dashboard {board['uid']!r} is provisioned from a file on the Grafana server: remove it there, or it wins."
        )
    content = {"dashboard": board, "folderUid": folder_uid}

    def equal(found: Json) -> bool:
        stored = {key: value for key, value in found["dashboard"].items() if key not in ("id", "version")}
        return stored == board and found["meta"].get("folderUid") == folder_uid

    return _change("dashboard", board["title"], content, live, equal)


def _group_change(group: Json, live: Json | None) -> Change:
    for rule in (live or {}).get("rules", []):
        _refuse_foreign(rule, group["title"])
    return _change("rule group", group["title"], group, live, lambda found: _comparable(found) == _comparable(group))


def _refuse_foreign(rule: Json, group: str) -> None:
    if rule.get("provenance") not in _OURS_TO_WRITE:
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is managed by {rule['provenance']!r}: "
            "remove it there, or set another folder (grafana.folder_uid) in the settings."
        )
    if not rule["uid"].startswith(_OUR_RULES):
        raise GlassboxError(
            f"Rule {rule['title']!r} in group {group!r} is not ours and a push would delete it: move it to another group."
        )


def fitted(group: Json, version: Version | None) -> Json:
    """The group without what this server's version does not know; an unknown version counts as the newest."""
    if version is None:
        return group
    unknown = [name for name, since in _RULE_FIELDS_SINCE.items() if version < since]
    rules = [{key: value for key, value in rule.items() if key not in unknown} for rule in group["rules"]]
    if version < _KEEP_LAST_SINCE:
        rules = [rule | {"execErrState": "OK"} for rule in rules]
    return group | {"rules": rules}


def _comparable(group: Json) -> Json:
    return {"interval": group["interval"], "rules": [_comparable_rule(rule) for rule in group["rules"]]}


def _comparable_rule(rule: Mapping[str, Any]) -> Json:
    kept = {key: value for key, value in rule.items() if key not in _SET_BY_SERVER and value not in (None, {})}
    for name in _DURATIONS:
        if name in kept:
            kept[name] = duration_seconds(kept[name])
    return kept


def _change(kind: str, name: str, content: Json, live: Json | None, equal: Callable[[Json], bool]) -> Change:
    if live is None:
        return Change(Action.CREATE, kind, name, content)
    return Change(Action.KEEP if equal(live) else Action.UPDATE, kind, name, content, live)
