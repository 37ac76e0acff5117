"""What settings make of our content, and which alerts and signals a setting changes."""

from functools import cached_property, lru_cache

from deploy import content
from glassbox.settings.model import Settings
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
