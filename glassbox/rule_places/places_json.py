"""What would change at places of rules outside of Grafana, as JSON for a plan."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence

from glassbox.compile.bundle import Json
from glassbox.rule_places.group_changes import GroupAction, GroupChange


def places_json(places: Iterable[tuple[str, Sequence[GroupChange]]]) -> list[Json]:
    """Each place by its title, with its groups, what differs, and fingerprints of both sides."""
    return [_place(title, changes) for title, changes in places]


def _place(title: str, changes: Sequence[GroupChange]) -> Json:
    count = Counter(change.action for change in changes)
    return {
        "title": title,
        "count": {action.value: count[action] for action in GroupAction},
        "groups": [
            {
                "action": change.action.value,
                "name": change.name,
                "wanted": _fingerprint(change.wanted),
                "found": _fingerprint(change.live),
                "differences": [{"rule": each.rule, "text": each.what} for each in change.differences],
            }
            for change in changes
        ],
    }


def _fingerprint(group: Json | None) -> str:
    """Of a group that was compared; "" for none."""
    return "" if group is None else hashlib.sha256(json.dumps(group, sort_keys=True).encode()).hexdigest()[:16]
