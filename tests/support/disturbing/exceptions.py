"""Which results may change, and why: tests/rules/disturbances.yml, and the table of it that users read in docs/alerts.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from glassbox.reference.markdown import table
from tests.support.disturbing.pairs import FIRES, JUST_BELOW
from tests.support.paths import RULE_TESTS

Entry = Mapping[str, str | list[str]]

FILE = RULE_TESTS / "disturbances.yml"


@dataclass(frozen=True)
class Exemption:
    """One result of an alert that a disturbance may change."""

    disturbance: str
    case: str
    alert: str
    reason: str


def exemptions() -> list[Exemption]:
    content: dict[str, list[Entry]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [each for disturbance, entries in content.items() for entry in entries for each in _read(disturbance, entry)]


def as_table() -> str:
    """The exceptions as a page shows them, those with one reason together."""
    alerts: dict[tuple[str, str], list[str]] = {}
    for each in exemptions():
        named = alerts.setdefault((each.disturbance, each.reason), [])
        if each.alert not in named:
            named.append(each.alert)
    rows = ((disturbance, ", ".join(sorted(named)), reason) for (disturbance, reason), named in alerts.items())
    return table(("trouble", "alerts", "exception"), rows)


def _read(disturbance: str, entry: Entry) -> Iterator[Exemption]:
    unknown = entry.keys() - {"reason", FIRES, JUST_BELOW}
    assert not unknown, f"{FILE.name} has unknown keys: {unknown}"
    for case in (FIRES, JUST_BELOW):
        for alert in entry.get(case, ()):
            yield Exemption(disturbance, case, alert, str(entry["reason"]))
