"""A number of the settings is written once: each text that states it, and each colour that begins at it, moves with it.

A text is about a setting where it names the setting, where it belongs to an alert or signal whose rule the setting changes, and on
each panel that names such an alert, is linked to it, or draws what it reads. No such text may state the old number after the setting has moved. The same
holds for colours, also on panels that draw what such a panel draws.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from glassbox.settings.model import Settings
from tests.support.compiled_content import Compiled, Place, changed, default_compiled
from tests.support.moved_numbers import MovedNumber, moved_numbers
from tests.support.own_targets import own_targets


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
    return set().union(*(read_in(target["expr"]) for target in own_targets(panel)))


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
