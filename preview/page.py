"""The start page: what was pushed, as a plain list."""

from html import escape

from starlette.responses import HTMLResponse

from preview.calls import Instance


def start_page(instance: Instance) -> HTMLResponse:
    """Dashboards by folder and alert rules by group."""
    state = instance.state
    dashboards = [
        f"{_folder_title(instance, dashboard.folder_uid)} / {dashboard.title} (version {dashboard.version})"
        for dashboard in state.dashboards.values()
    ]
    rules = [
        f"{_folder_title(instance, rule.folder_uid)} / {rule.group} / {rule.body['title']}"
        for rule in state.rules.values()
    ]
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Stand-in for Grafana</title>"
        f"<h1>Stand-in for Grafana {escape(instance.version)}</h1>"
        f"{_section('Dashboards', dashboards)}{_section('Alert rules', rules)}</html>"
    )


def _folder_title(instance: Instance, uid: str) -> str:
    folder = instance.state.folders.get(uid)
    return folder.title if folder else "General"


def _section(heading: str, lines: list[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in sorted(lines))
    return f"<h2>{heading} ({len(lines)})</h2><ul>{items}</ul>"
