"""Every alert: when it fires, what it cannot see, whom it is for, where to look, and which settings change it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from glassbox.compile.bundle import Bundle, Json
from glassbox.reference.dashboards_page import panel_of
from glassbox.reference.markdown import anchor, code, codes, one_sentence_a_line, table

_MEANING = "## Meaning\n"
_CANNOT_SEE = "## What each alert cannot see"


def alerts_body(bundle: Bundle, folder: Path, settings_read: Mapping[str, Sequence[str]]) -> str:
    """The page as it is in `folder`; `settings_read` are the settings that change each alert, by its name."""
    rules = sorted(
        (rule for file in bundle.alerts.values() for rule in _rules(file)), key=lambda rule: str(rule["alert"])
    )
    rows = ((_link(rule["alert"]), rule["labels"]["severity"], rule["for"], rule["labels"]["owner"]) for rule in rules)
    unseen = _unseen(bundle)
    sections = (
        _alert(bundle, rule, folder, settings_read[rule["alert"]], unseen.get(rule["alert"], "")) for rule in rules
    )
    blind = _cannot_see([(rule["alert"], unseen[rule["alert"]]) for rule in rules if rule["alert"] in unseen])
    return "\n\n".join((table(("alert", "severity", "for", "owner"), rows), *blind, *sections))


def _rules(file: Json) -> list[Json]:
    return [rule for group in file["groups"] for rule in group["rules"]]


def _unseen(bundle: Bundle) -> dict[str, str]:
    """What each alert cannot see, by its name, where it says so."""
    alerts = (alert for group in bundle.content.alerts for alert in group.alerts)
    return {alert.name: alert.unseen for alert in alerts if alert.unseen}


def _cannot_see(rows: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    if not rows:
        return ()
    return (_CANNOT_SEE, table(("alert", "cannot see"), ((_link(name), text) for name, text in rows)))


def _link(name: str) -> str:
    return f"[{name}](#{anchor(name)})"


def _alert(bundle: Bundle, rule: Json, folder: Path, settings_read: Sequence[str], unseen: str) -> str:
    name, labels = rule["alert"], rule["labels"]
    runbook = next((file for runbooks in bundle.runbooks if (file := runbooks / f"{name}.md").is_file()), None)
    when = "at once" if rule["for"] == "0s" else f"after {code(rule['for'])}"
    facts = [f"- Severity {code(labels['severity'])}, {when}, for the owner {code(labels['owner'])}."]
    if place := panel_of(rule):
        facts.append(_panel(bundle.dashboards[place[0]], place[1]))
    if runbook:
        facts.append(f"- Runbook: [{name}.md]({Path(os.path.relpath(runbook, folder)).as_posix()}).")
    if unseen:
        facts.append(f"- Cannot see: {unseen}")
    if settings_read:
        facts.append(f"- Settings: {codes(settings_read)}.")
    meaning = _fires_when(runbook) if runbook else "It has no runbook that says when it fires."
    return f"## {name}\n\n{one_sentence_a_line(meaning)}\n\n" + "\n".join(facts)


def _panel(board: Json, panel_id: int) -> str:
    panel = next(panel["title"] for panel in board["panels"] if panel["id"] == panel_id)
    return f"- Panel: [{board['title']}](dashboards.md#{anchor(board['title'])}), {panel}."


def _fires_when(runbook: Path) -> str:
    """The first paragraph under Meaning."""
    text = runbook.read_text(encoding="utf-8")
    paragraph = text.partition(_MEANING)[2].strip().partition("\n\n")[0]
    lines: list[str] = []
    for line in paragraph.splitlines():
        if lines and not line.startswith("- "):
            lines[-1] = f"{lines[-1]} {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)
