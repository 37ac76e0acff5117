"""What others edited in Grafana, as what would have to change in the code or the settings to keep it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from glassbox.compile.bundle import Bundle, every_panel
from glassbox.deploying.change import Change
from glassbox.errors import GlassboxError
from glassbox.grafana.differences.difference import THRESHOLD, Difference
from glassbox.grafana.differences.panel_differences import panel_title
from glassbox.grafana.kinds.rule_edits import LEFT_THE_CODE, all_rules
from glassbox.lint.declared_places import DeclaredPlaces
from glassbox.lint.finding import Location
from glassbox.reviewing.declared_values import line_of
from glassbox.reviewing.moved_settings import Recompile, settings_that_give

_SETTINGS = {
    "folder": "grafana.folder_title",
    "template": "notifications.templates",
    "contact point": "notifications.contact_points",
    "mute timing": "notifications.mute_timings",
    "route": "notifications.routes",
}
"""Where the settings declare objects that no Python does, by kind."""
_LONGEST = 90
"""Characters of a value that is shown behind its name; a longer one is shown below it."""


@dataclass(frozen=True)
class AdoptionStep:
    """One change to make: at `place`, "FILE:LINE" or "settings: KEY" or "" where it is not known; `lines` are a diff, "-" as the code has it.

    `settings` are keys of the settings that would do instead, with their numbers where they are known.
    """

    place: str
    part: str
    text: str
    lines: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Adoption:
    """An object that others edited, and what it takes to adopt their edit."""

    change: Change
    steps: tuple[AdoptionStep, ...]


def edited(changes: tuple[Change, ...], uid: str) -> list[Change]:
    """The changes that others made to the object of this uid or title, or with such a rule; "" for all. GlassboxError if there is no such object."""
    if uid and not any(_is(change, uid) for change in changes):
        raise GlassboxError(f"There is no object of ours {uid!r} in Grafana: give the uid of a dashboard or of a rule, or the title of a rule group.")  # fmt: skip  # a refusal is one line
    return [change for change in changes if change.edit and change.live and (not uid or _is(change, uid))]  # fmt: skip  # one thing is one line


def _is(change: Change, uid: str) -> bool:
    rules = ((change.content or change.live or {}).get("rules") or ()) if change.kind_name == "rule group" else ()
    return uid in (change.identity, change.title) or any(rule["uid"] == uid for rule in rules)


class Adopting:
    """Finds the places of edits in a bundle's code and settings."""

    def __init__(self, bundle: Bundle, recompile: Recompile) -> None:
        self._recompile = recompile
        self._places = DeclaredPlaces(bundle)

    def adoption(self, change: Change, uid: str) -> Adoption:
        """What it takes to adopt one edited object; with a rule's uid, that rule alone. One that left the code is wanted again as a whole."""
        if change.content is None:
            return Adoption(change, (AdoptionStep("", "", LEFT_THE_CODE),))
        return Adoption(change, tuple(self._step(change, each) for each in _edits(change, uid)))

    def _step(self, change: Change, edit: Difference) -> AdoptionStep:
        place = self._place(change, edit)
        return AdoptionStep(place, edit.part, edit.text, tuple(_lines(edit)), tuple(self._settings(change, edit)))

    def _place(self, change: Change, edit: Difference) -> str:
        if change.kind_name == "folder" and (change.content or {}).get("holds") == "rule group":
            return "settings: grafana.rules_folder_title"
        if change.kind_name in _SETTINGS:
            return f"settings: {_SETTINGS[change.kind_name]}"
        at = self._location(change, edit.part)
        found = self._places.declared(at)
        if found == at or not found.line:
            return ""
        # The call of a whole dashboard or group holds values of its other parts too.
        is_known = not edit.part or (found.file, found.line) != self._whole(change)
        line = line_of(found.file, found.line, _value(edit)) if is_known else None
        return f"{found.file}:{line or found.line}"

    def _whole(self, change: Change) -> tuple[str, int]:
        found = self._places.declared(self._location(change, ""))
        return found.file, found.line

    def _location(self, change: Change, part: str) -> Location:
        if change.kind_name == "dashboard":
            board = change.title
            name = f"{board} / {_declared_title(change, part)}" if part else board
            return Location(f"dashboards/{change.identity}.json", 0, name)
        name = f"{change.title} / {_declared_name(change, part)}" if part else change.title
        return Location(f"alerts/{change.title}.yaml", 0, name)

    def _settings(self, change: Change, edit: Difference) -> Iterator[str]:
        """The settings that would do, those of an alert first; a threshold is tried by compiling with the new number."""
        if change.kind_name == "rule group" and edit.part:
            yield from _alert_settings(_declared_name(change, edit.part), edit)
        if edit.numbers and change.kind_name in ("dashboard", "rule group"):
            yield from settings_that_give(self._recompile, *edit.numbers, _has(change, edit))


def _edits(change: Change, uid: str) -> Iterator[Difference]:
    """What they changed: of a dashboard since the version that we pushed, where Grafana still has it."""
    known = change.edit.differences if change.edit and change.kind_name == "dashboard" else ()
    found = known or tuple(change.kind.adopted(change.content or {}, change.live or {}))
    titles = {rule["title"] for rule in (change.content or {}).get("rules") or () if rule["uid"] == uid}
    return (each for each in found if not titles or _declared_name(change, each.part) in titles)


def _declared_title(change: Change, part: str) -> str:
    """The title that the code gives to a panel which Grafana shows under this title."""
    live = (change.live or {}).get("dashboard", {}).get("panels")
    ours = (change.content or {}).get("dashboard", {}).get("panels")
    numbers = [panel.get("id") for panel in every_panel(live) if panel_title(panel) == part]
    return next((panel_title(panel) for panel in every_panel(ours) if panel.get("id") in numbers), part)


def _declared_name(change: Change, part: str) -> str:
    """The name that the code gives to an alert which Grafana shows under this title."""
    uids = {rule["uid"] for rule in all_rules(change.live or {"rules": ()}) if rule["title"] == part}
    return next((str(rule["title"]) for rule in (change.content or {}).get("rules") or () if rule["uid"] in uids), part)


def _value(edit: Difference) -> Any:
    """The value as a line of Python would have it."""
    return edit.before.get("value") if isinstance(edit.before, dict) else edit.before


def _alert_settings(name: str, edit: Difference) -> Iterator[str]:
    key = f"alerts.{name}"
    if edit.what == "for":
        yield f"{key}.for"
    elif edit.what == "label severity":
        yield f"{key}.severity"
    elif edit.what.startswith("label ") and edit.after is not None:
        yield f"{key}.labels"


def _has(change: Change, edit: Difference) -> Callable[[Bundle], bool]:
    """Whether a bundle has the object with this edit."""
    if change.kind_name == "rule group":
        name = _declared_name(change, edit.part)
        return lambda bundle: any(
            node.get("model", {}).get("expr") == edit.after
            for group in bundle.grafana_groups for rule in group["rules"] if rule["title"] == name for node in rule["data"]
        )  # fmt: skip  # a clause is one line
    title = _declared_title(change, edit.part)
    return lambda bundle: any(
        edit.after["value"] in [step.get("value") for step in _steps_of(panel)]
        for panel in every_panel(bundle.dashboards.get(change.identity, {}).get("panels")) if panel_title(panel) == title
    )  # fmt: skip  # a clause is one line


def _steps_of(panel: dict[str, Any]) -> list[dict[str, Any]]:
    return ((panel.get("fieldConfig") or {}).get("defaults") or {}).get("thresholds", {}).get("steps") or []


def _lines(edit: Difference) -> Iterator[str]:
    """Both values, where the words do not have them."""
    if " -> " in edit.text and all(isinstance(each, str | int | float) and len(str(each)) <= _LONGEST for each in (edit.before, edit.after)):  # fmt: skip  # one thing is one line
        return
    if edit.what == THRESHOLD or edit.before == edit.after:
        return
    old, new = (_as_text(each).splitlines() for each in (edit.before, edit.after))
    yield from (line for line in difflib.unified_diff(old, new, n=1, lineterm="") if line[:3] not in ("---", "+++") and line[:2] != "@@")  # fmt: skip  # one thing is one line


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=True, allow_unicode=True, width=10**9).rstrip("\n")
