"""The bundle as text for people who review a change: one file for each dashboard and each group of rules.

Panels show their queries as content declares them, before the dashboard's variables narrow them.
"""

from collections.abc import Iterator, Mapping

from glassbox.board.annotation import QueriedEvents
from glassbox.board.assembling import AssembledDashboard, Header, PlacedPanel
from glassbox.board.variables import Variable
from glassbox.compile.bundle import Bundle, Json
from glassbox.compile.review_text import chosen_fields, field_lines, query_lines
from glassbox.query.layout import layout
from glassbox.query.rules import RecordGroup

FOLDER = "review"
# They follow from the alert's name, its panel and the settings.
_DERIVED = ("runbook", "dashboard", "runbook_url", "dashboard_url")
# They stand at a place of their own.
_OF_A_PANEL = ("title", "why", "size", "query", "queries", "columns")
_OF_AN_ANNOTATION = ("name", "query", "narrowed_by")


def render_review(bundle: Bundle) -> dict[str, str]:
    """Every text by its path below the output folder."""
    content = bundle.content
    panels = {alert.name: alert.panel for group in content.alerts for alert in group.alerts}
    files = {f"dashboards/{uid}": _dashboard(board) for uid, board in content.dashboards.items()}
    files |= {f"recording_rules/{group.name}": _record_group(group) for group in content.records}
    for file in bundle.alerts.values():
        files |= {f"alerts/{group['name']}": _alert_group(group, panels) for group in file["groups"]}
    return {f"{FOLDER}/{name}.txt": "\n".join(lines) + "\n" for name, lines in files.items()}


def _alert_group(group: Json, panels: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield f"alerts {group['name']}, every {group['interval']}"
    for rule in group["rules"]:
        yield from ("", f"alert {rule['alert']}")
        slug, title = panels[rule["alert"]]
        yield from field_lines({"for": rule["for"], **rule["labels"], "panel": f'"{title}" of {slug}'})
        yield "  expr:"
        yield from query_lines(rule["expr"])
        yield from field_lines({name: text for name, text in rule["annotations"].items() if name not in _DERIVED})


def _record_group(group: RecordGroup) -> Iterator[str]:
    yield f"recorded series {group.name}" + (f", every {group.interval_seconds}s" if group.interval_seconds else "")
    for record in group.records:
        yield from ("", f"record {record.name}")
        yield from field_lines({"labels": dict(record.labels), "unit": record.unit, "help": record.help})
        yield "  expr:"
        yield from query_lines(record.expr)


def _dashboard(board: AssembledDashboard) -> Iterator[str]:
    declared = board.declared
    yield f"dashboard {declared.title} ({declared.slug})"
    yield from field_lines({"question": declared.question, "leads to": declared.leads_to})
    for variable in declared.offered:
        yield from ("", f"variable {variable.name}", *field_lines(_choice(variable)))
    for item in board.items:
        yield ""
        yield from (f"row {item.title}",) if isinstance(item, Header) else _panel(item)
    for annotation in board.annotations:
        yield from ("", f"annotation {annotation.name}", *field_lines(chosen_fields(annotation, _OF_AN_ANNOTATION)))
        if isinstance(annotation, QueriedEvents):
            yield "  query:"
            yield from query_lines(annotation.query)


def _choice(variable: Variable) -> Json:
    return {
        "title": variable.title,
        "values": layout(variable.query),
        "all": variable.all_value if variable.has_all else "cannot be chosen",
        "several": not variable.single,
        "first": "last value" if variable.last_first else None,
    }


def _panel(item: PlacedPanel) -> Iterator[str]:
    panel = item.declared
    yield f'panel "{panel.title}"'
    kind = f"{type(panel).__name__.lower()}, {item.place.width} x {item.place.height}"
    yield from field_lines({"type": kind, "why": panel.why, "unit": panel.unit, **chosen_fields(panel, _OF_A_PANEL)})
    for target in item.targets:
        query = panel.named_queries[target.name].as_recorded
        name = f' "{target.name}"' if target.name else ""
        unit = "" if panel.unit else f", unit {query.shape.unit.value}"
        yield from field_lines({f"query {target.ref_id}{name}": f"legend {target.legend}{unit}"})
        yield from query_lines(query)
