"""Every dashboard: its question, its variables, and its panels with unit and reason, from the compiled bundle."""

from collections.abc import Mapping, Sequence

from glassbox.compile.bundle import Bundle, Json, every_panel
from glassbox.reference.markdown import anchor, code, one_sentence_a_line

# Grafana's value of `hide` for a variable that is not shown.
_HIDDEN = 2

_UNITS = {
    "": "",
    "none": "",
    "short": "",
    "bool": "",
    "percentunit": "%",
    "percent": "%",
    "s": "seconds",
    "dateTimeAsIso": "time",
    "bytes": "bytes",
    "mbytes": "MiB",
    "binBps": "bytes/s",
    "reqps": "requests/s",
    "eps": "events/s",
    "watt": "watts",
    "watth": "watt hours",
    "joule": "joules",
    "celsius": "°C",
    "hertz": "hertz",
}
_TYPES = {
    "timeseries": "time series",
    "bargauge": "bar gauge",
    "barchart": "bar chart",
    "state-timeline": "state timeline",
}


def dashboards_body(bundle: Bundle, folder_uid: str) -> str:
    """The page; dashboards in the order of their titles."""
    boards = sorted(bundle.dashboards.values(), key=lambda board: str(board["title"]))
    return "\n\n".join(
        _board(board, board["uid"].removeprefix(f"{folder_uid}-"), alerts_by_panel(bundle)) for board in boards
    )


def alerts_by_panel(bundle: Bundle) -> dict[tuple[str, int], list[str]]:
    """The names of the alerts that lead to each panel, by the dashboard's uid and the panel's id."""
    found: dict[tuple[str, int], list[str]] = {}
    for file in bundle.alerts.values():
        for rule in (rule for group in file["groups"] for rule in group["rules"]):
            if panel := panel_of(rule):
                found.setdefault(panel, []).append(rule["alert"])
    return found


def panel_of(rule: Json) -> tuple[str, int] | None:
    """The dashboard's uid and the panel's id that a compiled alert leads to; None where its dashboard is left out."""
    path = rule["annotations"].get("dashboard", "").partition("{{")[0]
    uid, _, panel_id = path.removeprefix("/d/").partition("?viewPanel=")
    return (uid, int(panel_id)) if panel_id else None


def _board(board: Json, slug: str, alerts: Mapping[tuple[str, int], list[str]]) -> str:
    variables = ", ".join(
        str(shown.get("label") or shown["name"])
        for shown in board["templating"]["list"]
        if shown.get("hide") != _HIDDEN
    )
    intro = (
        f"## {board['title']}",
        one_sentence_a_line(board.get("description", "")),
        f"Slug {code(slug)}.\nVariables: {variables}.",
    )
    panels = (_panel(panel, alerts.get((board["uid"], panel["id"]), ())) for panel in every_panel(board["panels"]))
    return "\n\n".join(intro) + "\n\n" + "\n".join(panels)


def _panel(panel: Json, alerts: Sequence[str]) -> str:
    if panel["type"] == "row":
        return f"\n### {panel['title']}\n"
    unit = _unit(panel.get("fieldConfig", {}).get("defaults", {}).get("unit", ""))
    lines = [f"- **{panel['title']}** ({_TYPES.get(panel['type'], panel['type'])}{f', {unit}' if unit else ''})"]
    if why := panel.get("description", ""):
        lines.append(one_sentence_a_line(why, indent="  "))
    if alerts:
        links = ", ".join(f"[{name}](alerts.md#{anchor(name)})" for name in alerts)
        lines += ["", f"  Alerts that lead here: {links}."]
    return "\n".join(lines)


def _unit(grafana_id: str) -> str:
    """A Grafana unit id in words; `suffix:` and `currency` ids hold theirs, and an unknown id stands for itself."""
    for prefix in ("suffix:", "currency"):
        if grafana_id.startswith(prefix):
            return grafana_id.removeprefix(prefix)
    return _UNITS.get(grafana_id, grafana_id)
