"""The whole plan as JSON, by the schema in `plan.schema.json`; it is also what `--out` saves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from glassbox.compile.bundle import Json
from glassbox.deploying.change import Action, Change
from glassbox.deploying.plan import PushPlan
from glassbox.deploying.plan_words import remarks
from glassbox.deploying.selection import Selection
from glassbox.grafana.differences.difference import Difference

SCHEMA = "glassbox-plan/2"


def plan_json(plan: PushPlan, selection: Selection, *, prune: bool, places: Sequence[Json] = ()) -> Json:
    """Every change with what was compared, what differs, and what others edited; `places` are those of rules beside Grafana."""
    edited = [change for change in plan.pending if change.edit]
    return {
        "schema": SCHEMA,
        "server": {
            "url": plan.server.url,
            "version": plan.server.version,
            "organisation": plan.server.organisation.name,
        },
        "folder_uid": plan.folder_uid,
        **({"rules_folder_uid": plan.rules_folder_uid} if plan.rules_folder_uid != plan.folder_uid else {}),
        "options": {"only": selection.pattern, "prune": prune},
        "count": {action.value: plan.count[action] for action in Action} | {"edited_by_others": len(edited)},
        "changes": [_change(change) for change in plan.changes],
        "remarks": remarks(plan, plan.allowed(force=False)),
        "places": list(places),
    }


def json_of(value: Json) -> str:
    """JSON in ASCII: no text of others can command a terminal."""
    return json.dumps(value, indent=2, ensure_ascii=True)


def _change(change: Change) -> Json:
    edit = change.edit and {
        "by": change.edit.by, "at": change.edit.at, "of_others": change.edit.of_others,
        "differences": [_difference(each) for each in change.edit.differences],
    }  # fmt: skip  # one object
    return {
        "action": change.action.value,
        "kind": change.kind.name,
        "uid": change.identity,
        "title": change.title,
        "wanted": _fingerprint(change.content),
        "found": _fingerprint(change.live and change.kind.shown_to_all(change.live)),
        "differences": [_difference(each) for each in change.differences],
        "lost": list(change.lost),
        "edit": edit,
    }


def _difference(difference: Difference) -> Json:
    return {
        "part": difference.part, "text": difference.text, "before": difference.before, "after": difference.after,
    }  # fmt: skip  # one object


def _fingerprint(value: Any) -> str:
    """Of a state that was compared; "" for none."""
    text = json.dumps(value, sort_keys=True)
    return "" if value is None else hashlib.sha256(text.encode()).hexdigest()[:16]
