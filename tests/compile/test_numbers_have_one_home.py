"""A number of the settings is written once: each text that states it, and each colour that begins at it, moves with it.

A text is about a setting where it names the setting, where it belongs to an alert or signal whose rule the setting changes, and on
each panel that names such an alert, is linked to it, or draws what it reads. No such text may state the old number after the setting has moved. The same
holds for colours, also on panels that draw what such a panel draws.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pytest

from deploy import content
from glassbox.settings.model import Settings
from tests.support.moved_numbers import MovedNumber, moved_numbers
from tests.support.ours import our_bundle

Place = tuple[str, str]


class Compiled:
    """What the settings make of the content, as far as a number can show in it."""

    def __init__(self, settings: Settings) -> None:
        self.bundle = our_bundle(settings)
        self.alert_groups = content().alerts(settings)
        files = (*self.bundle.recording_rules.values(), *self.bundle.alerts.values())
        self.rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
        self.records = [record for group in content().recording_rules(settings) for record in group.records]

    @cached_property
    def alerts(self) -> dict[str, str]:
        return {rule["alert"]: f"{rule['expr']} for {rule['for']}" for rule in self.rules if "alert" in rule}

    @cached_property
    def recorded(self) -> dict[str, str]:
        """By name, and by name and signal: the queries of all rules that record it."""
        texts: dict[str, str] = {}
        for rule in self.rules:
            if "record" in rule:
                name = " ".join((rule["record"], *filter(None, [rule.get("labels", {}).get("signal")])))
                texts[name] = texts.get(name, "") + rule["expr"] + "\n"
        return texts

    @cached_property
    def panels(self) -> dict[Place, dict]:
        return {
            (uid, panel["title"]): panel
            for uid, board in self.bundle.dashboards.items()
            for panel in board["panels"]
            if panel["type"] != "row"
        }

    @cached_property
    def linked(self) -> dict[str, set[Place]]:
        """The panels that explain each alert."""
        return {
            alert.name: {(f"glassbox-{slug}", title) for slug, title in (alert.panel, *alert.also_explained_on)}
            for group in self.alert_groups
            for alert in group.alerts
        }


default_compiled = lru_cache(maxsize=1)(lambda: Compiled(Settings()))


@dataclass(frozen=True)
class Text:
    """What a user reads, and the alerts or the signal that it is about."""

    place: Place
    text: str
    alerts: frozenset[str] = frozenset()
    signal: str = ""


def texts(compiled: Compiled) -> Iterator[Text]:
    for rule in compiled.rules:
        for name, text in rule.get("annotations", {}).items():
            if name in ("summary", "description"):
                yield Text((rule["alert"], name), text, frozenset({rule["alert"]}))
    for record in compiled.records:
        yield Text((record.name, str(record.labels)), record.help, signal=dict(record.labels).get("signal", ""))
    read = {alert: read_in(rule) for alert, rule in compiled.alerts.items()}
    for place, panel in compiled.panels.items():
        drawn = metrics(panel)
        lines = panel["description"].split("\n")
        # The lists of cases and signals are held where each is declared.
        own = "\n".join(line for line in lines if not line.startswith("- **"))
        about = {
            alert for alert in compiled.alerts if alert in own or place in compiled.linked[alert] or read[alert] & drawn
        }
        yield Text(place, f"{panel['title']}\n{own}", frozenset(about))


def steps(panel: dict) -> dict[str, list[float]]:
    """Where colours begin, by column; by the empty name for the whole panel."""
    config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
    found = {"": config["defaults"].get("thresholds", {})}
    for override in config["overrides"]:
        for each in override["properties"]:
            if each["id"] == "thresholds":
                found[override["matcher"]["options"]] = each["value"]
    return {column: [step["value"] for step in each.get("steps", [])] for column, each in found.items()}


def read_in(query: str) -> set[str]:
    """The recorded series and metrics of vLLM that a query reads."""
    return set(re.findall(r"[a-zA-Z_]\w*(?::\w+)+", query))


def metrics(panel: dict) -> set[str]:
    return set().union(*(read_in(target["expr"]) for target in panel["targets"]))


def changed(before: Compiled, after: Compiled) -> tuple[set[str], set[str]]:
    """The alerts and the signals whose rules differ, or read a recorded series whose rules do.

    The diagnosis reads nearly all, and no alert reads the diagnosis.
    """
    ours = {name: text for name, text in after.recorded.items() if not name.startswith("model:diagnosis_")}
    moved = {name for name, text in ours.items() if before.recorded.get(name) != text}
    while more := {name for name in ours if name not in moved and any(read in ours[name] for read in moved)}:
        moved |= more

    def differing(old: dict[str, str], new: dict[str, str]) -> set[str]:
        return {name for name, text in new.items() if old.get(name) != text or any(read in text for read in moved)}

    signals = {name.split()[1] for name in differing(before.recorded, after.recorded) if " " in name}
    return differing(before.alerts, after.alerts), signals


@pytest.mark.parametrize("number", moved_numbers(), ids=lambda number: number.name)
def test_texts_and_colours_move_with_the_setting(number: MovedNumber) -> None:
    before = default_compiled() if number.before == Settings() else Compiled(number.before)
    after = Compiled(number.after)
    alerts, signals = changed(before, after)
    old_texts = {text.place: text.text for text in texts(before)}
    stale = {}
    new_texts = list(texts(after))
    for text in new_texts:
        about = text.alerts & alerts or text.signal in signals or number.key in text.text
        moves = old_texts.get(text.place) != text.text
        if (about or moves) and (old := number.stated_in(text.text)):
            stale[text.place] = f"{old!r} in {text.text!r}"
    about_panels = {text.place for text in new_texts if text.alerts & alerts and text.place in after.panels}
    colours = {place: steps(panel) for place, panel in before.panels.items()}
    drawn = {m for p in about_panels if colours[p] != steps(after.panels[p]) for m in metrics(after.panels[p])}
    for place, panel in after.panels.items():
        kin = place in about_panels or metrics(panel) & drawn
        kept = [
            column
            for column, bounds in steps(panel).items()
            if number.old in bounds and number.old in colours[place][column]
        ]
        if kin and kept:
            stale[place] = f"a colour of {kept} still begins at {number.old:g}"
    assert not stale
